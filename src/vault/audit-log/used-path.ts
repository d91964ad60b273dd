import type { Use } from "../../catalog/usage/use.ts";

/** What one call below a mount does to which path, as the catalogue names it. */
export type PathUse = Pick<Use, "path" | "kind">;

const WRITES = new Set(["create", "update", "patch"]);

/** Calls that give or use a credential, by their first folder, and the list in which the catalogue has its role. */
const LDAP = { creds: "role", "static-cred": "static-role", library: "library" };
const ROLES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  ad: { creds: "roles", library: "library" },
  aws: { creds: "roles", sts: "roles", "static-creds": "static-roles" },
  azure: { creds: "roles" },
  consul: { creds: "roles" },
  database: { creds: "roles", "static-creds": "static-roles" },
  kubernetes: { creds: "roles" },
  ldap: LDAP,
  mongodbatlas: { creds: "roles" },
  nomad: { creds: "role" },
  openldap: LDAP,
  pki: { issue: "roles", sign: "roles" },
  rabbitmq: { creds: "roles" },
  ssh: { creds: "roles", issue: "roles", sign: "roles" },
  terraform: { creds: "role" },
  totp: { code: "keys" },
  transform: { decode: "role", encode: "role" },
  transit: Object.fromEntries(
    ["datakey", "decrypt", "encrypt", "export", "hmac", "rewrap", "sign", "verify"].map((call) => [call, "keys"]),
  ),
};
/** What stands between the call and the role's name. */
const KINDS = new Set(["plaintext", "wrapped", "encryption-key", "signing-key", "hmac-key"]);
const CHECK_OUT = "/check-out";

/**
 * @param below The call's path below its mount, such as `data/app`.
 * @returns null: it neither reads nor writes what the catalogue knows (metadata, subkeys, lists, configuration).
 */
export function usedPath(engine: string, below: string, operation: string): PathUse | null {
  if (engine === "kv-v1") return ofKey(below, operation);
  if (engine === "kv-v2") return below.startsWith("data/") ? ofKey(below.slice("data/".length), operation) : null;
  const isCall = operation === "read" || WRITES.has(operation);
  return isCall ? ofRole(engine, below, operation) : null;
}

function ofKey(path: string, operation: string): PathUse | null {
  if (path === "") return null;
  if (operation === "read") return { path, kind: "read" };
  return WRITES.has(operation) ? { path, kind: "write" } : null;
}

function ofRole(engine: string, below: string, operation: string): PathUse | null {
  const lists = ROLES[engine];
  const slash = below.indexOf("/");
  if (lists === undefined || slash <= 0 || slash === below.length - 1) return null;
  const [call, rest] = [below.slice(0, slash), below.slice(slash + 1)];
  const list = Object.hasOwn(lists, call) ? lists[call] : undefined;
  if (call === "library") return ofLibrary(rest, operation);
  if (list !== undefined) return { path: `${list}/${roleName(engine, rest)}`, kind: "read" };
  // To write a role itself is a write; to read it tells no credential.
  return Object.values(lists).includes(call) && operation !== "read" ? { path: below, kind: "write" } : null;
}

/** `library/set/check-out` lends an account; the rest manages. */
function ofLibrary(rest: string, operation: string): PathUse | null {
  if (rest.endsWith(CHECK_OUT)) return { path: `library/${rest.slice(0, -CHECK_OUT.length)}`, kind: "read" };
  return WRITES.has(operation) && !rest.includes("/") ? { path: `library/${rest}`, kind: "write" } : null;
}

/** transit: `datakey/plaintext/name`, `sign/name/sha2-256`. Elsewhere the whole rest is the name. */
function roleName(engine: string, rest: string): string {
  if (engine !== "transit" && engine !== "transform") return rest;
  const [first = "", second = ""] = rest.split("/");
  return KINDS.has(first) && second !== "" ? second : first;
}
