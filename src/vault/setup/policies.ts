import { mountSlug, prefixKey } from "../../approvals/mint-metadata.ts";
import type { MountInfo } from "../../catalog/catalog-source.ts";
import { roleListsOf } from "../../catalog/playbooks.ts";
import { markPolicyName, openPolicyName, readerRoleName, secretIdPath, type VaultNames } from "../vault-names.ts";

/** A policy body in Vault's JSON form. Never joined from strings: a quote in a name would inject rules. */
export interface PolicyBody {
  readonly path: Readonly<Record<string, PolicyRule>>;
}
export interface PolicyRule {
  readonly capabilities: readonly string[];
  readonly required_parameters?: readonly string[];
  readonly allowed_parameters?: Readonly<Record<string, readonly unknown[]>>;
  readonly denied_parameters?: Readonly<Record<string, readonly unknown[]>>;
}

/** A KV mount that Glovebox serves. */
export interface ServedMount {
  readonly path: string;
  readonly engine: "kv-v1" | "kv-v2";
  /** Only where `gate: off`: the literal prefixes, mount first (`secret/team-a/`), to which its reader is held. */
  readonly prefixes?: readonly string[];
}

const SELF = {
  "auth/token/lookup-self": { capabilities: ["read"] },
  "auth/token/revoke-self": { capabilities: ["update"] },
  "sys/capabilities-self": { capabilities: ["update"] }, // tells rights, gives none: doctor asks it
} as const;

/** What the catalogue lists besides the KV mounts that Glovebox serves. */
export interface Catalogued {
  /** Mounts of other engines, and every mount of the namespaces below; paths as our policies have them. */
  readonly mounts: readonly CataloguedMount[];
  /** The namespaces below ours, relative to it: "emea", "emea/retail". null: the server has none at all. */
  readonly namespaces: readonly string[] | null;
}
export type CataloguedMount = Pick<MountInfo, "path" | "engine">;
export const NOTHING_ELSE: Catalogued = { mounts: [], namespaces: null };

/** Lists, and reads metadata, never data. The list of mounts tells which of them it may not see. */
export function catalogPolicy(served: readonly CataloguedMount[], also: Catalogued = NOTHING_ELSE): PolicyBody {
  const inNamespace = (namespace: string): [string, PolicyRule][] => [
    [`${namespace}sys/mounts`, { capabilities: ["read"] }],
    ...(also.namespaces === null
      ? []
      : [[`${namespace}sys/namespaces/`, { capabilities: ["list"] }] satisfies [string, PolicyRule]]),
  ];
  const rules = [
    ...[...served, ...also.mounts].flatMap(catalogRules),
    ...["", ...(also.namespaces ?? []).map((namespace) => `${namespace}/`)].flatMap(inNamespace),
  ];
  return { path: { ...Object.fromEntries(rules), ...SELF } };
}

/** What the catalogue may do in one mount. Of an engine that is not KV: list the names of its roles. */
export function catalogRules({ path, engine }: CataloguedMount): [string, PolicyRule][] {
  if (engine === "kv-v2") {
    return [
      [`${path}/metadata/`, { capabilities: ["list"] }],
      [`${path}/metadata/*`, { capabilities: ["list", "read"] }],
      [`${path}/subkeys/*`, { capabilities: ["read"] }],
    ];
  }
  const roots = engine === "kv-v1" ? [path] : roleListsOf(engine).map((list) => `${path}/${list}`);
  return roots.flatMap((root): [string, PolicyRule][] => [
    [`${root}/`, { capabilities: ["list"] }],
    [`${root}/*`, { capabilities: ["list"] }],
  ]);
}

/** Writes one policy, and one that carries a number. Neither reads nor mints anything. */
export function gatePolicy(names: VaultNames): PolicyBody {
  return {
    path: {
      [`sys/policies/acl/${openPolicyName(names)}`]: { capabilities: ["create", "read", "update", "delete"] },
      [`sys/policies/acl/${markPolicyName(names)}`]: { capabilities: ["create", "read", "update"] },
      ...SELF,
    },
  };
}

/** @param readerEntityIds Mount path to the id of its reader's entity. */
export function adminPolicy(
  names: VaultNames,
  mounts: readonly ServedMount[],
  readerEntityIds: Readonly<Record<string, string>>,
): PolicyBody {
  const perMount = mounts.flatMap(({ path, prefixes }): [string, PolicyRule][] => [
    // With a gate nothing in here mints: that right comes and goes with the policy that the gate writes.
    [secretIdPath(names, path), { capabilities: prefixes ? ["list", "update"] : ["list"] }],
    [`${secretIdPath(names, path)}-accessor/destroy`, { capabilities: ["update"] }],
    [`identity/entity/name/${readerEntityName(names, path)}`, { capabilities: ["read"] }],
    [
      `identity/entity/id/${readerEntityIds[path]}`,
      { capabilities: ["read", "update"], allowed_parameters: { disabled: [true, false] } },
    ],
  ]);
  return {
    path: {
      ...Object.fromEntries(perMount),
      [`sys/policies/acl/${openPolicyName(names)}`]: { capabilities: ["read", "delete"] },
      "auth/token/revoke-accessor": { capabilities: ["update"] },
      "auth/token/lookup-accessor": { capabilities: ["update"] },
      ...SELF,
    },
  };
}

/**
 * The one path that the login's metadata names, and the call that proves it. With literal prefixes: the rest below each.
 * A rule on the metadata would not hold a thief to a prefix (a doubled JSON key passes it); a literal one does.
 */
export function readerPolicy(authAccessor: string, { path, engine, prefixes }: ServedMount): PolicyBody {
  const data = `${path}/${engine === "kv-v2" ? "data/" : ""}`;
  const template = (key: string): string => `{{identity.entity.aliases.${authAccessor}.metadata.${key}}}`;
  const paths = prefixes
    ? prefixes.map((prefix) => `${data}${prefix.slice(path.length + 1)}${template(prefixKey(prefix))}`)
    : [`${data}${template(`m_${mountSlug(path)}`)}`];
  return {
    path: {
      ...Object.fromEntries(paths.map((one) => [one, { capabilities: ["read"] }])),
      "sys/capabilities-self": { capabilities: ["update"] },
    },
  };
}

/**
 * The gate with exactly one path open, or none.
 * `closed` is always listed and always denied: an empty list would allow every value. The denied "" refuses values that
 * Vault splits at commas into an empty part. @see facts/vault, "The gate"
 */
export function openPolicy(names: VaultNames, open: { mount: string; metadata: string }): PolicyBody {
  return {
    path: {
      [secretIdPath(names, open.mount)]: {
        capabilities: ["update"],
        required_parameters: ["metadata"],
        allowed_parameters: { metadata: ["closed", open.metadata] },
        denied_parameters: { metadata: ["", "closed"] },
      },
    },
  };
}

export const readerEntityName = (names: VaultNames, mount: string): string =>
  `${names.authMount}-${readerRoleName(mount)}`;
