import { mountSlug } from "../approvals/mint-metadata.ts";

/** What our objects in Vault are called. Two installations on one Vault differ in both. */
export interface VaultNames {
  /** Auth mount without slashes; `glovebox` unless configured. */
  readonly authMount: string;
  /** Policy prefix; `gb` unless configured. */
  readonly policyPrefix: string;
}

export const openPolicyName = ({ policyPrefix }: VaultNames): string => `${policyPrefix}-open`;
export const markPolicyName = ({ policyPrefix }: VaultNames): string => `${policyPrefix}-mark`;
export const policyName = ({ policyPrefix }: VaultNames, role: string): string => `${policyPrefix}-${role}`;
export const readerRoleName = (mount: string): string => `reader-${mountSlug(mount)}`;
/** Fixed and public: a role id opens nothing without a minted secret ID. */
export const readerRoleId = ({ authMount }: VaultNames, mount: string): string =>
  `${authMount}-${readerRoleName(mount)}`;
export const secretIdPath = ({ authMount }: VaultNames, mount: string): string =>
  `auth/${authMount}/role/${readerRoleName(mount)}/secret-id`;

/** Where a secret's value is read: KV v2 keeps it below `data/`. */
export function dataPath({ engine, mount, path }: { engine: string; mount: string; path: string }): string {
  return engine === "kv-v2" ? `${mount}/data/${path}` : `${mount}/${path}`;
}
