import { BadConfigError } from "../config.ts";
import type { Rules } from "../rules.ts";
import { holdToPrefixes } from "../vault/setup/hold-to-prefixes.ts";
import { listKvMounts } from "../vault/setup/list-kv-mounts.ts";
import type { ServedMount } from "../vault/setup/policies.ts";
import type { VaultClient } from "../vault/vault-client.ts";

/**
 * The KV mounts that Glovebox is to serve: those named, or all of them. With the gate off, those that have a prefix.
 * @throws {BadConfigError} A name or a prefix fits no KV mount of the server.
 */
export async function mountsToServe(
  operator: VaultClient,
  wanted: readonly string[],
  { mode, prefixes }: Pick<Rules["gate"], "mode" | "prefixes">,
): Promise<ServedMount[]> {
  const all = await listKvMounts(operator);
  const names = wanted.map((name) => name.replace(/\/$/, ""));
  const known = all.map(({ path }) => path);
  const faults = names
    .filter((name) => !known.includes(name))
    .map((name) => `--mount ${name}: Vault has no KV mount of that name. It has ${known.join(", ") || "none"}.`);
  const mounts = names.length === 0 ? all : all.filter(({ path }) => names.includes(path));
  const held = mode === "on" ? mounts : holdToPrefixes(mounts, prefixes);
  const homeless = prefixes.filter((prefix) => !held.some((mount) => mount.prefixes?.includes(prefix)));
  if (mode === "off") {
    faults.push(
      ...homeless.map((prefix) => `gate.prefixes: ${prefix} lies in none of the KV mounts ${known.join(", ")}`),
    );
  }
  if (faults.length > 0) throw new BadConfigError(faults);
  return held;
}
