import { z } from "zod";
import type { VaultClient } from "../vault-client.ts";
import { readerRoleName } from "../vault-names.ts";
import { planSetup, type SetupOptions } from "./apply-setup.ts";
import { readerEntityName } from "./policies.ts";
import { readOptional } from "./read-optional.ts";
import { STANDING_ROLES } from "./role-objects.ts";
import { findBoundRoles } from "./setup-leftovers.ts";

interface Finding {
  readonly ok: boolean;
  readonly text: string;
}

/**
 * What an operator's token can see of our set-up and no identity of ours: objects that are not what `vault-setup` would
 * write, readers that are shut or live for longer than the worker waits, and other roles that give our policies.
 * @param options How it was set up. A standing AppRole that is not there is no fault: its identity logs in elsewhere.
 * @param knownRoles The roles by which this process's identities log in.
 */
export async function findDrift(
  operator: VaultClient,
  options: SetupOptions,
  knownRoles: readonly string[],
): Promise<Finding[]> {
  const { names, mounts } = options;
  const standing = STANDING_ROLES.map((role) => `role auth/${names.authMount}/role/${role}`);
  const { changes, objects } = await planSetup(operator, options);
  const drifted = changes.filter(({ object, live }) => live !== null || !standing.includes(object.title));
  const wrong: string[] = drifted.map(
    ({ object, live }) =>
      `${object.title} is ${live === null ? "missing" : "not what vault-setup would write"}: look with \`glovebox vault-setup\``,
  );
  for (const { path } of mounts) {
    if (await isReaderShut(operator, readerEntityName(names, path))) {
      wrong.push(
        `the reader of ${path} is shut (entity ${readerEntityName(names, path)} is disabled): a lost lease is being outlived, or somebody shut it. No move from there works meanwhile`,
      );
    }
  }
  for (const { role, policies } of await findBoundRoles(operator, names)) {
    if (!knownRoles.includes(role)) {
      wrong.push(`${role} gives ${policies.join(", ")}: whoever logs in there has the rights of our identity`);
    }
  }
  if (wrong.length > 0) return wrong.map((text) => ({ ok: false, text: `Vault: ${text}` }));
  return [{ ok: true, text: `Vault: all ${objects.length} objects are what vault-setup would write` }];
}

/** @returns How long a lease of the mount's reader can live at most, in seconds; null: there is no such role. */
export async function readReaderTtl(
  operator: VaultClient,
  { names }: Pick<SetupOptions, "names">,
  mount: string,
): Promise<number | null> {
  const answer = await readOptional(operator, `auth/${names.authMount}/role/${readerRoleName(mount)}`);
  const Role = z.object({ data: z.object({ token_explicit_max_ttl: z.number() }) });
  return answer === null ? null : Role.parse(answer).data.token_explicit_max_ttl;
}

async function isReaderShut(operator: VaultClient, name: string): Promise<boolean> {
  const answer = await readOptional(operator, `identity/entity/name/${name}`);
  return z.object({ data: z.object({ disabled: z.boolean() }) }).safeParse(answer).data?.data.disabled === true;
}
