import { z } from "zod";
import { Secret } from "../../secret.ts";
import type { VaultClient } from "../vault-client.ts";
import { VaultRefusedError } from "../vault-errors.ts";
import { openPolicyName, readerRoleId, readerRoleName, type VaultNames } from "../vault-names.ts";
import {
  adminPolicy,
  catalogPolicy,
  gatePolicy,
  type PolicyBody,
  readerEntityName,
  readerPolicy,
  type ServedMount,
} from "./policies.ts";

export interface SetupOptions {
  readonly names: VaultNames;
  readonly mounts: readonly ServedMount[];
  /** How long a reader's secret ID and token live. 60 in production. */
  readonly readerTtlSeconds: number;
  /** How long a migration's admin token lives. 120 in production. */
  readonly adminTtlSeconds: number;
  /** Addresses from which the worker and the bot may log in; empty: any. */
  readonly boundCidrs: readonly string[];
}

export interface Credentials {
  readonly roleId: string;
  readonly secretId: Secret;
}
export type SetupCredentials = Readonly<Record<"catalog" | "gate" | "admin", Credentials>>;

const ROLES = ["catalog", "gate", "admin"] as const;

/**
 * Makes the auth mount, policies, roles, entities and aliases, and gives each standing role a new secret ID.
 * Safe to repeat: objects are written whole; earlier secret IDs stay valid until an operator destroys them.
 * @param operator A client with an operator's token.
 */
export async function applySetup(operator: VaultClient, options: SetupOptions): Promise<SetupCredentials> {
  const { names, mounts } = options;
  const authAccessor = await ensureAuthMount(operator, names);
  const entityIds: Record<string, string> = {};
  for (const mount of mounts) {
    await writePolicy(operator, policyName(names, readerRoleName(mount.path)), readerPolicy(authAccessor, mount));
    await writeReaderRole(operator, options, mount);
    entityIds[mount.path] = await ensureEntity(operator, {
      name: readerEntityName(names, mount.path),
      aliasName: readerRoleId(names, mount.path),
      authAccessor,
    });
  }
  await writePolicy(operator, policyName(names, "catalog"), catalogPolicy(mounts));
  await writePolicy(operator, policyName(names, "gate"), gatePolicy(names));
  await writePolicy(operator, policyName(names, "admin"), adminPolicy(names, mounts, entityIds));
  const credentials: Record<string, Credentials> = {};
  for (const role of ROLES) credentials[role] = await standingRole(operator, options, role);
  return credentials as SetupCredentials;
}

export const policyName = ({ policyPrefix }: VaultNames, role: string): string => `${policyPrefix}-${role}`;

async function ensureAuthMount(operator: VaultClient, { authMount }: VaultNames): Promise<string> {
  const accessorOf = async (): Promise<string | undefined> => {
    const answer = z.object({ data: z.record(z.string(), z.unknown()) }).parse(await operator.read("sys/auth"));
    const mount = z.object({ accessor: z.string() }).safeParse(answer.data[`${authMount}/`]);
    return mount.success ? mount.data.accessor : undefined;
  };
  if ((await accessorOf()) === undefined) await operator.write(`sys/auth/${authMount}`, { type: "approle" });
  // Otherwise five wrong logins by anyone who knows a role id would lock out even the gate, which then can't close.
  await operator.write(`sys/auth/${authMount}/tune`, { user_lockout_config: { lockout_disable: true } });
  const accessor = await accessorOf();
  if (accessor === undefined) throw new Error(`the auth mount ${authMount} is still absent after it was enabled`);
  return accessor;
}

async function writePolicy(operator: VaultClient, name: string, body: PolicyBody): Promise<void> {
  await operator.write(`sys/policies/acl/${name}`, { policy: JSON.stringify(body) });
}

async function writeReaderRole(operator: VaultClient, options: SetupOptions, { path }: ServedMount): Promise<void> {
  const { names, readerTtlSeconds, boundCidrs } = options;
  const role = `auth/${names.authMount}/role/${readerRoleName(path)}`;
  const ttl = `${readerTtlSeconds}s`;
  await operator.write(role, {
    token_policies: [policyName(names, readerRoleName(path))],
    token_no_default_policy: true,
    token_type: "service",
    token_ttl: ttl,
    token_max_ttl: ttl,
    token_explicit_max_ttl: ttl,
    secret_id_ttl: ttl,
    secret_id_num_uses: 1,
    ...cidrs(boundCidrs),
  });
  await operator.write(`${role}/role-id`, { role_id: readerRoleId(names, path) });
}

async function standingRole(
  operator: VaultClient,
  { names, adminTtlSeconds, boundCidrs }: SetupOptions,
  role: (typeof ROLES)[number],
): Promise<Credentials> {
  const path = `auth/${names.authMount}/role/${role}`;
  const isAdmin = role === "admin";
  await operator.write(path, {
    token_policies: isAdmin ? [policyName(names, role), openPolicyName(names)] : [policyName(names, role)],
    token_no_default_policy: true,
    token_type: "service",
    token_ttl: isAdmin ? `${adminTtlSeconds}s` : "1h",
    token_max_ttl: isAdmin ? `${adminTtlSeconds}s` : "1h",
    ...cidrs(boundCidrs),
  });
  const roleIdAnswer = await operator.read(`${path}/role-id`);
  const secretIdAnswer = await operator.write(`${path}/secret-id`, {});
  return {
    roleId: z.object({ data: z.object({ role_id: z.string() }) }).parse(roleIdAnswer).data.role_id,
    secretId: new Secret(z.object({ data: z.object({ secret_id: z.string() }) }).parse(secretIdAnswer).data.secret_id),
  };
}

function cidrs(boundCidrs: readonly string[]): Record<string, readonly string[]> {
  return boundCidrs.length === 0 ? {} : { secret_id_bound_cidrs: boundCidrs, token_bound_cidrs: boundCidrs };
}

/** The reader's entity and alias exist before its first login, so that the kill switch has a known id. */
async function ensureEntity(
  operator: VaultClient,
  { name, aliasName, authAccessor }: { name: string; aliasName: string; authAccessor: string },
): Promise<string> {
  const Entity = z.object({ data: z.object({ id: z.string(), aliases: z.array(z.unknown()).nullish() }) });
  const existing = await operator.read(`identity/entity/name/${name}`).catch((error: unknown) => {
    if (error instanceof VaultRefusedError && error.statusCode === 404) return undefined;
    throw error;
  });
  if (existing !== undefined) {
    const { id, aliases } = Entity.parse(existing).data;
    if ((aliases ?? []).length > 0) return id;
    await operator.write("identity/entity-alias", { name: aliasName, canonical_id: id, mount_accessor: authAccessor });
    return id;
  }
  const created = z
    .object({ data: z.object({ id: z.string() }) })
    .parse(await operator.write("identity/entity", { name })).data;
  await operator.write("identity/entity-alias", {
    name: aliasName,
    canonical_id: created.id,
    mount_accessor: authAccessor,
  });
  return created.id;
}
