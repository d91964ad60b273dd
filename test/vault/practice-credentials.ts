import { type Credentials, issueCredentials } from "../../src/vault/setup/credentials.ts";
import { STANDING_ROLES, type StandingRole } from "../../src/vault/setup/role-objects.ts";
import type { VaultClient } from "../../src/vault/vault-client.ts";
import type { VaultNames } from "../../src/vault/vault-names.ts";

export type SetupCredentials = Readonly<Record<StandingRole, Credentials>>;

/** New logins of the three standing roles, kept in memory instead of files. */
export async function practiceCredentials(operator: VaultClient, names: VaultNames): Promise<SetupCredentials> {
  const kept: Partial<Record<StandingRole, Credentials>> = {};
  await issueCredentials(operator, names, STANDING_ROLES, (drawn) => Object.assign(kept, Object.fromEntries(drawn)));
  return kept as SetupCredentials;
}
