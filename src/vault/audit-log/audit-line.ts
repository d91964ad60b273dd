import type { KnownMounts } from "../../catalog/usage/known-mounts.ts";
import type { Client, Use } from "../../catalog/usage/use.ts";
import { type AuditLine, parseLine } from "./parse-line.ts";
import { usedPath } from "./used-path.ts";

export interface LineReaderDeps {
  readonly mounts: Pick<KnownMounts, "mountOf">;
  /** The auth mount of our own: what its readers read are our own moves. */
  readonly ownAuthMount: string;
}

/** other: a line that is right and counts as no use. */
export type LineReading = Use | "other" | "malformed";

/** Metadata keys in which auth methods name the role: approle; jwt, oidc, kubernetes, aws; cert. */
const ROLE_KEYS = ["role_name", "role", "cert_name"] as const;
/** Longer names are cut: a client is told apart by its beginning. */
const NAME_LENGTH_MAX = 200;
const PATH_LENGTH_MAX = 2_000;
const USES = new Set(["read", "create", "update", "patch"]);

/**
 * Reads lines of Vault's audit log. What counts is a response that succeeded: a request line only says that somebody
 * asked. A line that can't be read is never quoted: it may hold a value.
 * @see https://developer.hashicorp.com/vault/docs/audit/schema
 */
export function auditLineReader(deps: LineReaderDeps): (line: string) => LineReading {
  const ownDisplayName = deps.ownAuthMount.replaceAll("/", "-"); // as Vault makes it of the mount's name
  return (raw) => {
    const line = parseLine(raw);
    const request = line?.request;
    if (line === null || typeof request !== "object" || request === null) return "malformed";
    if (line.type === "request") return "other";
    if (line.type !== "response" || typeof request.path !== "string") return "malformed";
    if (typeof request.operation !== "string" || !USES.has(request.operation)) return "other";
    if (!isDone(line)) return "other";
    const client = clientOf(line);
    if (client.displayName === ownDisplayName && client.role.startsWith("reader-")) return "other";
    const atMs = typeof line.time === "string" ? Date.parse(line.time) : Number.NaN;
    if (!Number.isFinite(atMs)) return "malformed";
    const place = placeOf(deps, line, atMs);
    if (place === null) return "other";
    const { namespace, mount, engine, below } = place;
    const used = usedPath(engine, below, request.operation);
    if (used === null || used.path.length > PATH_LENGTH_MAX || used.path.includes("\u0000")) return "other";
    return { namespace, mount, ...used, client, atMs };
  };
}

/** Vault answered with what was asked for. A path without a value has no response, a deleted version has a status in it. */
function isDone({ error, request, response }: AuditLine): boolean {
  if (typeof error === "string" && error !== "") return false;
  if (request?.operation !== "read") return true; // a write may have nothing to answer
  if (!response) return false;
  if (response.wrap_info) return true;
  const { data } = response;
  if (typeof data !== "object" || data === null) return false;
  const status = "http_raw_body" in data ? data.http_status_code : 200;
  return typeof status !== "number" || status < 400;
}

function clientOf({ auth, request }: AuditLine): Client {
  const metadata = auth?.metadata ?? {};
  const roleKey = ROLE_KEYS.find((key) => typeof metadata[key] === "string");
  return {
    entityId: nameOf(auth?.entity_id),
    role: roleKey === undefined ? "" : nameOf(metadata[roleKey]),
    displayName: nameOf(auth?.display_name),
    address: nameOf(request?.remote_address),
  };
}

function nameOf(value: unknown): string {
  if (typeof value !== "string") return "";
  const name = value.length > NAME_LENGTH_MAX ? value.slice(0, NAME_LENGTH_MAX) : value;
  return /\p{Cc}/u.test(name) ? name.replaceAll(/\p{Cc}/gu, " ") : name; // Postgres takes no U+0000
}

interface Place {
  readonly namespace: string;
  readonly mount: string;
  readonly engine: string;
  readonly below: string;
}

/** Where the call went. Older servers don't say the mount: then the catalogue's longest one is it. */
function placeOf(deps: LineReaderDeps, line: AuditLine, atMs: number): Place | null {
  const { request, response } = line;
  const namespace = trimSlash(text(request?.namespace?.path));
  const path = text(request?.path);
  const mount = mountName(deps, { namespace, path, given: text(request?.mount_point) });
  if (mount === null) return null;
  const known = deps.mounts.mountOf(namespace, mount);
  const accessor = text(request?.mount_accessor) || text(response?.mount_accessor);
  // An earlier mount of the same name had other secrets. A later one is not crawled yet.
  if (known !== null && accessor !== "" && accessor !== known.accessor && atMs < known.seenAt.getTime()) return null;
  const isSame = known !== null && (accessor === "" || accessor === known.accessor);
  const engine = isSame ? known.engine : engineOf(text(request?.mount_type), line);
  return { namespace, mount, engine, below: path.slice(mount.length + 1) };
}

function mountName(
  deps: LineReaderDeps,
  { namespace, path, given }: { namespace: string; path: string; given: string },
): string | null {
  if (given !== "") {
    // Servers with namespaces give the mount's place from the root, and the path from the namespace.
    const inNamespace =
      namespace !== "" && given.startsWith(`${namespace}/`) ? given.slice(namespace.length + 1) : given;
    const fitting = [given, inNamespace].find((name) => path.startsWith(name) && name.endsWith("/"));
    return fitting === undefined ? null : trimSlash(fitting);
  }
  for (let end = path.lastIndexOf("/"); end > 0; end = path.lastIndexOf("/", end - 1)) {
    if (deps.mounts.mountOf(namespace, path.slice(0, end)) !== null) return path.slice(0, end);
  }
  return null;
}

/** Of a mount that no crawl has seen. KV's two versions are told apart by how they answer. */
function engineOf(type: string, { request, response }: AuditLine): string {
  if (type !== "kv" && type !== "generic") return type;
  const data = response?.data;
  if (typeof data !== "object" || data === null) return "kv-v1";
  const answered = request?.operation === "read" ? data.metadata : data;
  const isVersioned = typeof answered === "object" && answered !== null && "version" in answered;
  return isVersioned && typeof answered.version === "number" ? "kv-v2" : "kv-v1";
}

const text = (value: unknown): string => (typeof value === "string" ? value : "");
const trimSlash = (name: string): string => (name.endsWith("/") ? name.slice(0, -1) : name);
