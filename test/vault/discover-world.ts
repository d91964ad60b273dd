import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createReadStream } from "node:fs";
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect, inject, onTestFinished } from "vitest";
import { PRACTICE_ENGINES } from "../../dev/seed/practice-engines.ts";
import { encodePath } from "../../src/catalog/secret-path.ts";
import { type CataloguedMount, catalogPolicy } from "../../src/vault/setup/policies.ts";
import { openVaultClient, type VaultClient } from "../../src/vault/vault-client.ts";
import { freshStore } from "../fresh-store.ts";
import { runCli } from "../world/run-cli.ts";

const MAIN = fileURLToPath(new URL("../../src/main.ts", import.meta.url));

interface AuditLine {
  readonly type: string;
  readonly auth?: { readonly display_name?: string };
  readonly request: { readonly operation: string; readonly path: string };
}

/**
 * Mounts of a test's own on the shared Vault (KV v2, KV v1 below a path with slashes, and every practice engine), a token
 * with just the catalogue's rights on them, and an empty database, for `glovebox discover` as operators run it.
 */
export async function discoverWorld() {
  const { vault } = inject("stack");
  const id = randomBytes(4).toString("hex");
  const root = openVaultClient({ address: vault.address, timeoutMs: 10_000 }, vault.rootToken);
  const [kv2, kv1] = [`disc-${id}-v2`, `disc-${id}/shared/v1`];
  const mounts: CataloguedMount[] = [
    { path: kv2, engine: "kv-v2" },
    { path: kv1, engine: "kv-v1" },
    ...PRACTICE_ENGINES.map(({ mount, type }) => ({ path: `disc-${id}-${mount}`, engine: type })),
  ];
  await root.write(`sys/mounts/${kv2}`, { type: "kv", options: { version: "2" } });
  await root.write(`sys/mounts/${kv1}`, { type: "kv", options: { version: "1" } });
  for (const { mount, type, writes } of PRACTICE_ENGINES) {
    await root.write(`sys/mounts/disc-${id}-${mount}`, { type });
    for (const { path, body } of writes) await root.write(`disc-${id}-${mount}/${path}`, body);
  }
  const { store, url } = await freshStore();
  const folder = await mkdtemp(join(tmpdir(), "glovebox-discover-"));
  onTestFinished(async () => {
    for (const { path } of mounts) await root.delete(`sys/mounts/${path}`);
    await root.delete(`sys/policies/acl/disc-${id}`);
    await rm(folder, { recursive: true, force: true });
  });
  await root.write(`sys/policies/acl/disc-${id}`, { policy: JSON.stringify(catalogPolicy(mounts)) });
  const { token, name } = await catalogToken(root, `disc-${id}`);
  const tokenFile = join(folder, "token");
  await writeFile(tokenFile, token, { mode: 0o600 });
  const since = (await stat(vault.auditLogPath)).size;

  const env = (address = vault.address): NodeJS.ProcessEnv => ({
    DATABASE_URL: url,
    VAULT_ADDR: address,
    VAULT_CATALOG_LOGIN: "token-file",
    VAULT_CATALOG_LOGIN_FILE: tokenFile,
    GLOVEBOX_RULES: join(folder, "none.yaml"),
  });
  /** `operation path` of every call that this token made, by the server's own word. */
  const audited = async (): Promise<string[]> => {
    const lines: string[] = [];
    const stream = createReadStream(vault.auditLogPath, { start: since });
    for await (const line of createInterface({ input: stream })) if (line.includes(name)) lines.push(line);
    return lines
      .map((line) => JSON.parse(line) as AuditLine)
      .filter(({ type, auth }) => type === "request" && auth?.display_name === `token-${name}`)
      .map(({ request }) => `${request.operation} ${request.path}`);
  };
  const put = async (path: string): Promise<void> => {
    const write = () => root.write(`${kv2}/data/${encodePath(path)}`, { data: { password: `value of ${path}` } });
    // A new KV v2 mount answers 400 for a moment.
    await expect.poll(() => write().then(Boolean, String), { timeout: 5_000 }).toBe(true);
  };
  const putV1 = (path: string) => root.write(`${kv1}/${encodePath(path)}`, { password: `value of ${path}` });
  const discover = (args: readonly string[] = [], address?: string) =>
    runCli(["discover", ...args], env(address), 60_000);
  /** Begins one and sends the signal once `isTime`. @returns Its exit code. */
  const discoverUntil = async (signal: NodeJS.Signals, isTime: () => boolean | Promise<boolean>, address: string) => {
    const { PATH, HOME } = process.env;
    const args = [MAIN, "discover", "--calls-at-once", "2"];
    const child = spawn(process.execPath, args, { env: { PATH, HOME, ...env(address) }, stdio: "ignore" });
    const ended = once(child, "exit");
    await expect.poll(isTime, { timeout: 30_000, interval: 10 }).toBe(true);
    child.kill(signal);
    const [code] = (await ended) as [number | null];
    return code;
  };
  return { root, store, kv2, kv1, mounts, id, token, put, putV1, discover, discoverUntil, audited };
}

async function catalogToken(root: VaultClient, name: string): Promise<{ token: string; name: string }> {
  const wish = { policies: [name], ttl: "30m", display_name: name };
  const { auth } = (await root.write("auth/token/create", wish)) as { auth: { client_token: string } };
  return { token: auth.client_token, name };
}
