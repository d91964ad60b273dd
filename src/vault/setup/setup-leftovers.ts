import { z } from "zod";
import { mountSlug } from "../../approvals/mint-metadata.ts";
import type { VaultClient } from "../vault-client.ts";
import { policyName, type VaultNames } from "../vault-names.ts";
import { readAuthMount } from "./auth-mount.ts";
import { readOptional } from "./read-optional.ts";

/** What is ours in Vault by its name. */
export interface OwnObjects {
  readonly hasAuthMount: boolean;
  readonly policies: readonly string[];
  /** Each with its aliases. */
  readonly entities: readonly string[];
}

/** Looks for everything that bears our names, whatever made it. */
export async function findOwnObjects(operator: VaultClient, names: VaultNames): Promise<OwnObjects> {
  const standing = ["catalog", "gate", "admin", "open", "mark"].map((name) => policyName(names, name));
  const readers = policyName(names, "reader-");
  const policies = await operator.list("sys/policies/acl");
  const entities = await operator.list("identity/entity/name");
  return {
    hasAuthMount: (await readAuthMount(operator, names)) !== null,
    policies: policies.filter((name) => standing.includes(name) || isOfReader(name, readers)),
    entities: entities.filter((name) => isOfReader(name, `${names.authMount}-reader-`)),
  };
}

/** A role on another auth mount that gives our policies. */
export interface BoundRole {
  readonly role: string;
  readonly policies: readonly string[];
}

/** Where each kind of auth mount lists its roles. */
const ROLE_LISTS: Readonly<Record<string, string>> = {
  approle: "role",
  jwt: "role",
  oidc: "role",
  kubernetes: "role",
  aws: "roles",
};
const Auth = z.object({ data: z.record(z.string(), z.unknown()) });
const Mount = z.object({ type: z.string() });
const Role = z.object({ data: z.object({ token_policies: z.array(z.string()).nullish() }) });

/** Roles of other auth mounts that are bound to our policies: an operator's own work, for other kinds of login. */
export async function findBoundRoles(operator: VaultClient, names: VaultNames): Promise<BoundRole[]> {
  const { data } = Auth.parse(await operator.read("sys/auth"));
  const found: BoundRole[] = [];
  for (const [mount, value] of Object.entries(data)) {
    const type = Mount.safeParse(value).data?.type ?? "";
    const list = ROLE_LISTS[type];
    if (list === undefined || mount === `${names.authMount}/`) continue;
    for (const name of await operator.list(`auth/${mount}${list}`)) {
      const role = `auth/${mount}role/${name}`;
      const policies = Role.safeParse(await readOptional(operator, role)).data?.data.token_policies ?? [];
      const ours = policies.filter((policy) => policy.startsWith(policyName(names, "")));
      if (ours.length > 0) found.push({ role, policies: ours });
    }
  }
  return found;
}

/** A name that `readerRoleName` could have made, and no other that only begins like ours. */
function isOfReader(name: string, prefix: string): boolean {
  return name.startsWith(prefix) && /^([a-z0-9]|_[0-9a-f]{2})+$/.test(name.slice(prefix.length));
}

/** Mounts that have a reader of ours, of those that are there. */
export async function findServedMounts<Mount extends { readonly path: string }>(
  operator: VaultClient,
  { authMount }: VaultNames,
  mounts: readonly Mount[],
): Promise<Mount[]> {
  const roles = await operator.list(`auth/${authMount}/role`);
  return mounts.filter(({ path }) => roles.includes(`reader-${mountSlug(path)}`));
}
