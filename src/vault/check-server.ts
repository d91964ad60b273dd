import { z } from "zod";
import type { VaultClient } from "./vault-client.ts";

export interface ServerFinding {
  readonly ok: boolean;
  readonly text: string;
}

/** The first versions with CVE-2026-89322 and CVE-2026-105820 fixed, per release line. @see facts/vault section 3 */
const FIXED: Readonly<Record<string, readonly [number, number, number]>> = {
  "2.1": [2, 1, 2],
  "1.21": [1, 21, 12],
  "1.20": [1, 20, 17],
  "1.19": [1, 19, 23],
};

/** Is it the active node, unsealed, and new enough? @param isPractice A practice server may be older; that is said. */
export async function checkServer(vault: VaultClient, isPractice: boolean): Promise<ServerFinding[]> {
  const health = z
    .object({ sealed: z.boolean(), standby: z.boolean(), version: z.string() })
    .parse(await vault.read("sys/health"));
  const isFixed = isFixedVersion(health.version);
  return [
    { ok: !health.sealed, text: health.sealed ? "Vault is sealed" : "Vault is unsealed" },
    {
      ok: !health.standby,
      text: health.standby ? "this is a standby: name the active node in VAULT_ADDR" : "Vault is the active node",
    },
    {
      ok: isFixed || isPractice,
      text: isFixed
        ? `Vault ${health.version} has the known ACL faults fixed`
        : `Vault ${health.version} has known ACL faults (CVE-2026-89322, CVE-2026-105820)${isPractice ? "; a practice server is excused" : ": upgrade it"}`,
    },
  ];
}

export function isFixedVersion(version: string): boolean {
  const [major = 0, minor = 0, patch = 0] = version.split(/[.+-]/).map(Number);
  const fixed = FIXED[`${major}.${minor}`];
  if (fixed === undefined) return major > 2 || (major === 2 && minor > 1);
  return patch >= fixed[2];
}
