import { z } from "zod";
import type { VaultClient } from "../vault-client.ts";
import { openPolicyName, policyName, readerRoleId, readerRoleName, type VaultNames } from "../vault-names.ts";
import type { ServedMount } from "./policies.ts";
import { readOptional } from "./read-optional.ts";
import type { Fields, SetupObject } from "./setup-object.ts";

const Role = z.object({ data: z.record(z.string(), z.unknown()) });
const RoleId = z.object({ data: z.object({ role_id: z.string() }) });

export const STANDING_ROLES = ["catalog", "gate", "admin"] as const;
export type StandingRole = (typeof STANDING_ROLES)[number];

export interface RoleOptions {
  readonly names: VaultNames;
  /** How long a reader's secret ID and token live. 60 in production. */
  readonly readerTtlSeconds: number;
  /** How long a migration's admin token lives. 120 in production. */
  readonly adminTtlSeconds: number;
  /** Addresses from which the worker and the bot may log in; empty: what is there stays. */
  readonly boundCidrs: readonly string[];
  /** "off": no gate's policy belongs to the admin. */
  readonly gate: "on" | "off";
}

/** What a role must be, on this mount or, without the secret ID's fields, on another. */
export function adminPolicies({ names, gate }: Pick<RoleOptions, "names" | "gate">): string[] {
  return [policyName(names, "admin"), ...(gate === "on" ? [openPolicyName(names)] : [])];
}

/** The login of catalog, gate or admin. */
export function standingRoleObject(operator: VaultClient, options: RoleOptions, role: StandingRole): SetupObject {
  const { names, adminTtlSeconds } = options;
  const ttl = role === "admin" ? adminTtlSeconds : 3_600;
  return roleObject(operator, options, role, {
    token_policies: role === "admin" ? adminPolicies(options) : [policyName(names, role)],
    token_no_default_policy: true,
    token_type: "service",
    token_ttl: ttl,
    token_max_ttl: ttl,
  });
}

/** One use, seconds to live, no standing credential; its id is fixed and public. */
export function readerRoleObject(operator: VaultClient, options: RoleOptions, { path }: ServedMount): SetupObject {
  const { names, readerTtlSeconds: ttl } = options;
  return roleObject(operator, options, readerRoleName(path), {
    role_id: readerRoleId(names, path),
    token_policies: [policyName(names, readerRoleName(path))],
    token_no_default_policy: true,
    token_type: "service",
    token_ttl: ttl,
    token_max_ttl: ttl,
    token_explicit_max_ttl: ttl,
    secret_id_ttl: ttl,
    secret_id_num_uses: 1,
  });
}

function roleObject(
  operator: VaultClient,
  { names, boundCidrs }: RoleOptions,
  role: string,
  fields: Fields & { readonly role_id?: string },
): SetupObject {
  const path = `auth/${names.authMount}/role/${role}`;
  const cidrs = boundCidrs.length === 0 ? {} : { secret_id_bound_cidrs: boundCidrs, token_bound_cidrs: boundCidrs };
  const wanted = { ...fields, ...cidrs };
  const { role_id, ...settings } = wanted;
  return {
    title: `role ${path}`,
    wanted: tidied(wanted),
    writes: [path, ...(role_id === undefined ? [] : [`${path}/role-id`])],
    async live() {
      const answer = await readOptional(operator, path);
      if (answer === null) return null;
      const { data } = Role.parse(answer);
      const id = role_id === undefined ? {} : RoleId.parse(await operator.read(`${path}/role-id`)).data;
      const all: Fields = { ...data, ...id };
      return tidied(Object.fromEntries(Object.keys(wanted).map((key) => [key, all[key]])));
    },
    async write() {
      await operator.write(path, settings);
      if (role_id !== undefined) await operator.write(`${path}/role-id`, { role_id });
    },
  };
}

/** Lists are sets here, and Vault names one address with or without its `/32`. */
function tidied(fields: Fields): Fields {
  return Object.fromEntries(
    Object.entries(fields).map(([key, value]) => [
      key,
      Array.isArray(value) ? value.map((item) => String(item).replace(/\/(32|128)$/, "")).toSorted() : value,
    ]),
  );
}
