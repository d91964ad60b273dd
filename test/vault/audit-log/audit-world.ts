import { randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { inject, onTestFinished } from "vitest";
import { writeMounts, writeNames } from "../../../src/catalog/entry-rows.ts";
import { knownMounts } from "../../../src/catalog/usage/known-mounts.ts";
import { usageLog } from "../../../src/catalog/usage/usage-log.ts";
import { usageOfEntry } from "../../../src/catalog/usage/usage-of-entry.ts";
import { auditLineReader } from "../../../src/vault/audit-log/audit-line.ts";
import { openVaultClient, type VaultClient } from "../../../src/vault/vault-client.ts";
import { freshStore } from "../../fresh-store.ts";

/** Mounts and roles of this test's own on the shared Vault (or another), and a store to count into. */
export async function auditWorld(vault = inject("stack").vault) {
  const connection = { address: vault.address, timeoutMs: 5_000 };
  const operator = openVaultClient(connection, vault.rootToken);
  const id = randomUUID().slice(0, 8);
  const [kv2, kv1, apps] = [`use-${id}`, `use-${id}-old/kv1`, `apps-${id}`];
  await operator.write(`sys/mounts/${kv2}`, { type: "kv", options: { version: "2" } });
  await operator.write(`sys/mounts/${kv1}`, { type: "kv", options: { version: "1" } });
  await operator.write(`sys/auth/${apps}`, { type: "approle" });
  await operator.write(`sys/policies/acl/${apps}`, {
    policy: JSON.stringify({ path: { [`${kv2}/*`]: ALL, [`${kv1}/*`]: ALL } }),
  });
  const folder = await mkdtemp(join(tmpdir(), "glovebox-usage-"));
  onTestFinished(async () => {
    for (const path of [`sys/mounts/${kv2}`, `sys/mounts/${kv1}`, `sys/auth/${apps}`]) await operator.delete(path);
    await rm(folder, { recursive: true, force: true });
  });
  const accessorOf = async (mount: string): Promise<string> =>
    ((await operator.read(`sys/internal/ui/mounts/${mount}`)) as { data: { accessor: string } }).data.accessor;
  const { store, url } = await freshStore();
  /** What a crawl would have found. */
  const catalogue = async (names: Readonly<Record<string, readonly string[]>>): Promise<void> => {
    for (const [path, paths] of Object.entries(names)) {
      const engine = path === kv1 ? "kv-v1" : "kv-v2";
      const mount = { namespace: "", path, accessor: await accessorOf(path), engine };
      await writeMounts(store, [mount], new Date());
      await writeNames(store, mount, paths, new Date());
    }
  };
  const log = usageLog(store, () => new Date());
  const readerDeps = async () => ({
    log,
    readLine: auditLineReader({ mounts: await knownMounts(store), ownAuthMount: "glovebox" }),
  });
  const { size: since } = await stat(vault.auditLogPath);
  return {
    vault,
    connection,
    operator,
    store,
    url,
    kv2,
    kv1,
    apps,
    folder,
    log,
    catalogue,
    readerDeps,
    /** An application of that role, logged in for real. */
    async login(role: string): Promise<VaultClient> {
      await operator.write(`auth/${apps}/role/${role}`, { token_policies: apps, token_ttl: "1h" });
      const roleId = (await operator.read(`auth/${apps}/role/${role}/role-id`)) as { data: { role_id: string } };
      const secretId = (await operator.write(`auth/${apps}/role/${role}/secret-id`, {})) as {
        data: { secret_id: string };
      };
      const answer = (await openVaultClient(connection, "").write(`auth/${apps}/login`, {
        role_id: roleId.data.role_id,
        secret_id: secretId.data.secret_id,
      })) as { auth: { client_token: string } };
      return openVaultClient(connection, answer.auth.client_token);
    },
    /** What Vault's own log says since this world began, of our mounts alone: a log of its own for each test. */
    async auditLines(): Promise<string[]> {
      const lines: string[] = [];
      const stream = createReadStream(vault.auditLogPath, { start: since });
      for await (const line of createInterface({ input: stream })) if (line.includes(id)) lines.push(line);
      return lines;
    },
    async fileOf(lines: readonly string[], name = "audit.log"): Promise<string> {
      const path = join(folder, name);
      await writeFile(path, lines.map((line) => `${line}\n`).join(""));
      return path;
    },
    async usage(fullPath: string) {
      const entry = await store.selectFrom("entry").select("id").where("fullPath", "=", fullPath).executeTakeFirst();
      return usageOfEntry(store, entry?.id ?? 0, new Date());
    },
  };
}

const ALL = { capabilities: ["create", "read", "update", "delete", "list", "patch"] };
