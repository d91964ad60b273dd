import { setTimeout as delay } from "node:timers/promises";
import { generateEstate, MOUNTS, type SeedSecret } from "./generate-estate.ts";
import { PRACTICE_ENGINES } from "./practice-engines.ts";

export interface SeedVaultOptions {
  address: string;
  /** May mount engines and write secrets: the practice server's root token. */
  token: string;
  /** 300 by default; the friendly secret and the oddities are among them. */
  secrets?: number;
  seed?: number;
  /** In front of every mount's name, for tests that share a server; none by default. */
  mountPrefix?: string;
  /** Hears how many secrets are written, after each. */
  onProgress?: (written: number) => void;
}
export interface SeedReport {
  secrets: number;
  /** Writes of secret data: more than secrets, as some have versions. */
  versions: number;
  withCustomMetadata: number;
  byMount: Record<string, number>;
  /** Roles in mounts of other engines. */
  roles: number;
}

const CONCURRENCY = 8;
const UPGRADE_TRIES = 50;

/**
 * Writes the practice estate into a Vault. Repeating it adds versions and harms nothing else.
 * @throws Error naming the call and Vault's answer; never a value.
 */
export async function seedVault(options: SeedVaultOptions): Promise<SeedReport> {
  const { address, token, secrets = 300, seed = 1, mountPrefix = "", onProgress = () => undefined } = options;
  const call = vaultCaller(address, token);
  const mounts = await mountsOf(call);
  await mountMissing(call, mounts, mountPrefix);
  const roles = await seedEngines(call, mounts, mountPrefix);

  const report: SeedReport = { secrets: 0, versions: 0, withCustomMetadata: 0, byMount: {}, roles };
  const estate = generateEstate({ secrets, seed });
  const writeAll = async (): Promise<void> => {
    for (let next = estate.next(); !next.done; next = estate.next()) {
      const secret = { ...next.value, mount: `${mountPrefix}${next.value.mount}` };
      await write(call, secret);
      report.secrets += 1;
      report.versions += secret.versions.length;
      report.withCustomMetadata += secret.customMetadata ? 1 : 0;
      report.byMount[secret.mount] = (report.byMount[secret.mount] ?? 0) + 1;
      onProgress(report.secrets);
    }
  };
  // All writers draw from one generator, so that no more than CONCURRENCY secrets are ever in memory.
  await Promise.all(Array.from({ length: CONCURRENCY }, writeAll)).finally(() => estate.return(undefined));
  return report;
}

type Call = (method: "GET" | "POST" | "DELETE", path: string, bodyJson?: string) => Promise<unknown>;

function vaultCaller(address: string, token: string): Call {
  return async (method, path, body) => {
    for (let tries = 1; ; tries++) {
      const headers = { "X-Vault-Token": token, "X-Vault-Request": "true" };
      const answer = await fetch(`${address}/v1/${path}`, { method, headers, ...(body === undefined ? {} : { body }) });
      const text = await answer.text();
      if (answer.ok) return text === "" ? undefined : JSON.parse(text);
      // A KV v2 mount is not ready at once: it says "Upgrading from non-versioned to versioned data".
      if (!text.includes("Upgrading") || tries >= UPGRADE_TRIES) {
        throw new Error(`Seeding failed: ${method} ${path} was answered ${answer.status} ${text.trim()}`);
      }
      await delay(100);
    }
  };
}

async function mountsOf(call: Call): Promise<ReadonlySet<string>> {
  const { data } = (await call("GET", "sys/mounts")) as { data: Record<string, unknown> };
  return new Set(Object.keys(data));
}

/** @returns How many roles there are. A mount that is there already has its own. */
async function seedEngines(call: Call, mounts: ReadonlySet<string>, prefix: string): Promise<number> {
  for (const { mount, type, writes } of PRACTICE_ENGINES) {
    if (mounts.has(`${prefix}${mount}/`)) continue;
    await call("POST", `sys/mounts/${prefix}${mount}`, JSON.stringify({ type }));
    for (const { path, body } of writes) await call("POST", `${prefix}${mount}/${path}`, JSON.stringify(body));
  }
  return PRACTICE_ENGINES.reduce((sum, { roles }) => sum + roles.length, 0);
}

async function mountMissing(call: Call, mounts: ReadonlySet<string>, prefix: string): Promise<void> {
  for (const [name, engine] of Object.entries(MOUNTS)) {
    const mount = `${prefix}${name}`;
    if (mounts.has(`${mount}/`)) continue;
    const version = engine === "kv-v2" ? "2" : "1";
    await call("POST", `sys/mounts/${mount}`, JSON.stringify({ type: "kv", options: { version } }));
  }
}

async function write(call: Call, secret: SeedSecret): Promise<void> {
  const { mount, engine, versions, customMetadata } = secret;
  const path = secret.path.split("/").map(encodeURIComponent).join("/");
  if (engine === "kv-v1") {
    for (const version of versions) await call("POST", `${mount}/${path}`, version);
    return;
  }
  // Joined as text, so that numbers keep their digits on the way.
  for (const version of versions) await call("POST", `${mount}/data/${path}`, `{"data":${version}}`);
  if (customMetadata) {
    await call("POST", `${mount}/metadata/${path}`, JSON.stringify({ custom_metadata: customMetadata }));
  }
  if (secret.isCurrentDeleted) await call("DELETE", `${mount}/data/${path}`);
}
