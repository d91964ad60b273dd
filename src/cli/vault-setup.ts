import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { applySetup, policyName, type SetupCredentials, type SetupOptions } from "../vault/setup/apply-setup.ts";
import { findForeignPolicies } from "../vault/setup/foreign-policies.ts";
import { listKvMounts } from "../vault/setup/list-kv-mounts.ts";
import {
  adminPolicy,
  catalogPolicy,
  gatePolicy,
  type PolicyBody,
  readerEntityName,
  readerPolicy,
} from "../vault/setup/policies.ts";
import type { VaultClient } from "../vault/vault-client.ts";
import { openPolicyName, readerRoleName } from "../vault/vault-names.ts";

export interface VaultSetupInput {
  readonly operator: VaultClient;
  readonly options: Omit<SetupOptions, "mounts">;
  /** Only these; all KV mounts where empty. */
  readonly mountPaths: readonly string[];
  readonly print: (line: string) => void;
}

/** Prints every object that Glovebox needs in Vault, policies whole, and who else reaches into its mount. Changes nothing. */
export async function printVaultSetup(input: VaultSetupInput): Promise<void> {
  const { options, print } = input;
  const { names } = options;
  const mounts = await mountsOf(input);
  const ids = Object.fromEntries(mounts.map(({ path }) => [path, `<id of entity ${readerEntityName(names, path)}>`]));
  const policies: [string, PolicyBody][] = [
    ["catalog", catalogPolicy(mounts)],
    ["gate", gatePolicy(names)],
    ["admin", adminPolicy(names, mounts, ids)],
    ...mounts.map((mount): [string, PolicyBody] => [
      readerRoleName(mount.path),
      readerPolicy(`<accessor of auth/${names.authMount}>`, mount),
    ]),
  ];
  print(`auth mount   auth/${names.authMount} (approle, user lockout off)`);
  for (const [role, body] of policies) {
    print(`policy       ${names.policyPrefix}-${role}`);
    print(indent(JSON.stringify(body, null, 2)));
  }
  print(
    `role         auth/${names.authMount}/role/{catalog,gate,admin} (admin also holds ${openPolicyName(names)}, which the gate writes)`,
  );
  for (const { path } of mounts) {
    print(
      `role         auth/${names.authMount}/role/${readerRoleName(path)} (one use, ${options.readerTtlSeconds} s, no standing credential)`,
    );
    print(`entity       ${readerEntityName(names, path)}, with an alias of the same name`);
  }
  for (const line of otherLogins(options)) print(line);
  await warnOfForeign(input, mounts);
  print(
    "Nothing was changed. With --apply this is written; with --credentials FOLDER the three logins go to files there.",
  );
}

/** Writes it all, then each process's login into `folder`: bot.env and worker.env, readable by their owner alone. */
export async function applyVaultSetup(input: VaultSetupInput & { readonly folder: string }): Promise<void> {
  const { operator, options, folder, print } = input;
  const mounts = await mountsOf(input);
  const credentials = await applySetup(operator, { ...options, mounts });
  writeCredentials(folder, credentials);
  print(`Vault is set up for ${mounts.length} mounts: ${mounts.map(({ path }) => path).join(", ")}.`);
  print(
    `The logins are in ${join(folder, "bot.env")} and ${join(folder, "worker.env")}. Give each process its own and no other.`,
  );
  await warnOfForeign(input, mounts);
}

/** Roles on an auth mount that is not ours are the operator's own work: these are the policies to bind there. */
function otherLogins({ names, adminTtlSeconds }: VaultSetupInput["options"]): string[] {
  const [catalog, gate, admin] = ["catalog", "gate", "admin"].map((role) => policyName(names, role));
  return [
    "A login of another kind (VAULT_…_LOGIN=aws, jwt, kubernetes or token-file) needs a role that you make on its own auth mount,",
    "one for each identity, bound to one principal, with token_type=service, token_no_default_policy=true and:",
    `  catalog    token_policies=${catalog}`,
    `  gate       token_policies=${gate}`,
    `  admin      token_policies=${admin},${openPolicyName(names)} token_ttl=${adminTtlSeconds}s token_max_ttl=${adminTtlSeconds}s`,
    `The AppRole of that name on auth/${names.authMount} is then not needed: delete it after each --apply. The readers' roles stay.`,
  ];
}

export function writeCredentials(folder: string, { catalog, gate, admin }: SetupCredentials): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const lines = (name: string, { roleId, secretId }: SetupCredentials["gate"]): string =>
    `VAULT_${name}_ROLE_ID=${roleId}\nVAULT_${name}_SECRET_ID=${secretId.reveal()}\n`;
  const write = (file: string, text: string): void => writeFileSync(join(folder, file), text, { mode: 0o600 });
  write("bot.env", lines("CATALOG", catalog) + lines("GATE", gate));
  write("worker.env", lines("ADMIN", admin));
}

async function mountsOf({ operator, mountPaths }: VaultSetupInput) {
  const all = await listKvMounts(operator);
  return mountPaths.length === 0 ? all : all.filter(({ path }) => mountPaths.includes(path));
}

async function warnOfForeign(
  { operator, options, print }: VaultSetupInput,
  mounts: Awaited<ReturnType<typeof mountsOf>>,
) {
  for (const { policy, pattern } of await findForeignPolicies(operator, options.names, mounts)) {
    print(
      `WARNING      policy ${policy} reaches into our auth mount by "${pattern}": whoever holds it could mint a lease`,
    );
  }
}

const indent = (text: string): string => text.replaceAll(/^/gm, "  ");
