import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { type AuditEvent, type PastOrder, pastEvents } from "./audit-events.ts";
import { generateEstate } from "./generate-estate.ts";

export interface AuditLogOptions extends Omit<PastOrder, "secrets"> {
  readonly secrets: number;
  /** In front of every mount's name, for tests that share a server. */
  readonly mountPrefix?: string;
  /** The accessors of the mounts, as Vault gave them; left out of the lines where absent. */
  readonly accessors?: Readonly<Record<string, string>>;
}

/**
 * An invented past of the estate as Vault's file audit device would have written it: a request and a response for each
 * call, every value hashed. No line holds a secret, not even a planted one.
 */
export function* auditLog({ mountPrefix = "", accessors = {}, ...order }: AuditLogOptions): Generator<string> {
  const estate = generateEstate({ secrets: order.secrets, seed: order.seed });
  const secrets = [...estate].map(({ mount, path, engine, versions, team, traffic }) => ({
    ...{ mount: `${mountPrefix}${mount}`, path, engine, team, traffic },
    versions: versions.slice(-1),
  }));
  let number = 0;
  for (const event of pastEvents({ ...order, secrets })) {
    const id = uuidOf(`${order.seed} ${number++} ${event.atMs}`);
    yield* linesOf(event, id, accessors[event.secret.mount]);
  }
}

/** @returns How many lines were written. `.gz` at the end of the path compresses it. */
export async function writeAuditLog(path: string, options: AuditLogOptions): Promise<number> {
  let lineCount = 0;
  const chunks = function* (): Generator<string> {
    const chunk: string[] = [];
    for (const line of auditLog(options)) {
      lineCount += 1;
      chunk.push(line);
      if (chunk.length === 500) yield `${chunk.splice(0).join("\n")}\n`;
    }
    if (chunk.length > 0) yield `${chunk.join("\n")}\n`;
  };
  const file = createWriteStream(path, { mode: 0o600 });
  if (path.endsWith(".gz")) await pipeline(Readable.from(chunks()), createGzip({ level: 1 }), file);
  else await pipeline(Readable.from(chunks()), file);
  return lineCount;
}

/** Fields in the order of Vault's own lines: sorted by name. */
function linesOf({ atMs, secret, operation, role, address }: AuditEvent, id: string, accessor?: string): string[] {
  const isV2 = secret.engine === "kv-v2";
  const keys = keysOf(secret.versions[0] ?? "{}");
  const hashed = Object.fromEntries(keys.map((key) => [key, hashOf(`${secret.path} ${key}`)]));
  const policies = ["default", role];
  const auth = {
    accessor: hashOf(`${role} accessor`),
    client_token: hashOf(`${role} token`),
    display_name: "apps",
    entity_id: uuidOf(role),
    metadata: { role_name: role },
    policies,
    policy_results: {
      allowed: true,
      granting_policies: [{ type: "" }, { name: role, namespace_id: "root", type: "acl" }],
    },
    token_policies: policies,
    token_issue_time: `${new Date(atMs - 3_600_000).toISOString().slice(0, 19)}Z`,
    token_ttl: 2_764_800,
    token_type: "service",
  };
  const mount = {
    mount_class: "secret",
    mount_point: `${secret.mount}/`,
    mount_running_version: "v0.25.0+builtin",
    mount_type: "kv",
  };
  const call = {
    client_id: auth.entity_id,
    client_token: auth.client_token,
    client_token_accessor: auth.accessor,
    ...(operation === "update" && { data: isV2 ? { data: hashed } : hashed }),
    headers: { "user-agent": ["Go-http-client/1.1"] },
    id,
  };
  const where = {
    namespace: { id: "root" },
    operation,
    path: `${secret.mount}/${isV2 ? "data/" : ""}${secret.path}`,
    remote_address: address,
    remote_port: 30_000 + (atMs % 30_000),
  };
  const known = accessor === undefined ? {} : { mount_accessor: accessor };
  const response = {
    ...responseData({ isV2, operation, hashed }),
    ...known,
    mount_class: "secret",
    mount_point: mount.mount_point,
    mount_running_plugin_version: "v0.25.0+builtin",
    mount_type: "kv",
    ...(!isV2 && { secret: {} }), // KV v1 answers with a lease, an empty one
  };
  // A write looks first whether something is there, and so knows the mount before its request is logged.
  const asked = operation === "update" ? known : {};
  const hasResponse = isV2 || operation === "read";
  return [
    JSON.stringify({
      auth,
      request: { ...call, ...asked, ...mount, ...where },
      time: timeOf(atMs, 1),
      type: "request",
    }),
    JSON.stringify({
      auth,
      request: { ...call, ...known, ...mount, ...where },
      ...(hasResponse && { response }),
      time: timeOf(atMs, 2),
      type: "response",
    }),
  ];
}

function responseData({ isV2, operation, hashed }: { isV2: boolean; operation: string; hashed: object }): object {
  if (!isV2) return operation === "read" ? { data: hashed } : {};
  const metadata = {
    created_time: hashOf("created"),
    custom_metadata: null,
    deletion_time: hashOf("deleted"),
    destroyed: false,
    version: 1,
  };
  return { data: operation === "read" ? { data: hashed, metadata } : metadata };
}

const hashes = new Map<string, string>();
/** Looks like Vault's HMAC. The same few are asked for again and again. */
function hashOf(text: string): string {
  const known = hashes.get(text);
  if (known !== undefined) return known;
  const hash = `hmac-sha256:${createHash("sha256").update(text).digest("hex")}`;
  if (hashes.size > 100_000) hashes.clear();
  hashes.set(text, hash);
  return hash;
}

function uuidOf(text: string): string {
  const hex = createHash("md5").update(text).digest("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

const parsed = new Map<string, readonly string[]>();
function keysOf(version: string): readonly string[] {
  const known = parsed.get(version);
  if (known !== undefined) return known;
  const keys = Object.keys(JSON.parse(version) as object).sort();
  if (parsed.size > 100_000) parsed.clear();
  parsed.set(version, keys);
  return keys;
}

/** With nanoseconds, as Vault writes it. */
function timeOf(atMs: number, nanoseconds: number): string {
  return new Date(atMs).toISOString().replace("Z", `${String(nanoseconds).padStart(6, "0")}Z`);
}
