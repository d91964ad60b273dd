import { mkdtemp, rm } from "node:fs/promises";
import { createConnection } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { type PracticeVault, startVault } from "../../../dev/vault/start-vault.ts";
import type { UsageLog } from "../../../src/catalog/usage/usage-log.ts";
import { listenForAudit, type SocketPlace } from "../../../src/vault/audit-log/audit-socket.ts";
import { auditWorld } from "./audit-world.ts";

const WAIT_MS = 15_000;

// A Vault of our own: a socket device that hangs would hang every test that shares it.
let folder: string;
let vault: PracticeVault;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "glovebox-socket-"));
  vault = await startVault({ dataDir: join(folder, "vault"), logTo: join(folder, "vault.log") });
});
afterAll(async () => {
  await vault?.stop();
  await rm(folder, { recursive: true, force: true });
});

async function socketWorld() {
  const world = await auditWorld(vault);
  const { operator, kv2 } = world;
  await operator.write(`${kv2}/data/app`, { data: { password: "practice" } });
  await world.catalogue({ [kv2]: ["app"] });
  const listen = async (place: SocketPlace, change: { log?: UsageLog; rowsMax?: number } = {}) => {
    const deps = { ...(await world.readerDeps()), warn: () => {}, everyMs: 20, ...change };
    const socket = await listenForAudit(deps, place);
    onTestFinished(() => socket.close());
    return socket;
  };
  const counted = async (wanted: number): Promise<number> => {
    const count = async (): Promise<number> => (await world.usage(`${kv2}/app`)).readCount;
    for (const deadline = Date.now() + WAIT_MS; Date.now() < deadline && (await count()) < wanted; ) await delay(20);
    await delay(100); // more than was wanted would come now
    return count();
  };
  return { ...world, listen, counted };
}
const LOOPBACK = { host: "127.0.0.1", port: 0 };

describe("listenForAudit", () => {
  it.each(["tcp", "unix"] as const)("counts what a real Vault's socket device says, over %s", async (type) => {
    const { listen, operator, login, counted, kv2, usage } = await socketWorld();
    const path = join(folder, `${type}.sock`);
    const { port } = await listen(type === "unix" ? { path } : LOOPBACK);
    const address = type === "unix" ? path : `127.0.0.1:${port}`;
    await operator.write(`sys/audit/${type}`, { type: "socket", options: { address, socket_type: type } });
    const api = await login("payments-api");
    for (let time = 0; time < 20; time++) await api.read(`${kv2}/data/app`);
    await operator.delete(`sys/audit/${type}`);
    expect(await counted(20)).toBe(20);
    expect(await usage(`${kv2}/app`)).toMatchObject({ readers: ["payments-api"], addressCount: 1 });
  });

  it("loses nothing of a connection that ends at once after its lines", async () => {
    const { listen, login, counted, kv2, auditLines } = await socketWorld();
    const { port } = await listen(LOOPBACK);
    const api = await login("payments-api");
    for (let time = 0; time < 5; time++) await api.read(`${kv2}/data/app`);
    const text = (await auditLines()).map((line) => `${line}\n`).join("");
    const connection = createConnection({ host: "127.0.0.1", port: port ?? 0 }, () => connection.end(`${text}{"cut`));
    expect(await counted(5)).toBe(5);
  });

  it("takes every line from Vault while Postgres is away, with bounded memory, and tells what it dropped", async () => {
    const { listen, login, kv2, auditLines, log, store, counted } = await socketWorld();
    let isAway = true;
    const away: UsageLog = {
      ...log,
      open: async (name) => (isAway ? Promise.reject(new Error("away")) : log.open(name)),
    };
    const { port } = await listen(LOOPBACK, { log: away, rowsMax: 10 });
    const api = await login("payments-api");
    await api.read(`${kv2}/data/app`);
    const read = (await auditLines()).at(-1) ?? "";
    const line = (n: number) => `${read.replaceAll("data/app", `data/other-${n}`)}\n`;
    const many = `${read}\n${Array.from({ length: 5_000 }, (_, n) => line(n)).join("")}`;
    const connection = createConnection({ host: "127.0.0.1", port: port ?? 0 });
    await new Promise<void>((resolve) => connection.write(many, () => resolve())); // 8 MB: more than the kernel keeps
    for (const deadline = Date.now() + WAIT_MS; Date.now() < deadline && connection.writableLength > 0; )
      await delay(10);
    expect(connection.writableLength).toBe(0);
    await delay(100);
    isAway = false;
    connection.end();
    expect(await counted(1)).toBe(1);
    const source = async () => store.selectFrom("usageSource").selectAll().executeTakeFirstOrThrow();
    for (const deadline = Date.now() + WAIT_MS; Date.now() < deadline && (await source()).lineCount < 5_001; )
      await delay(20);
    const { lineCount, countedCount, droppedCount } = await source();
    expect(lineCount).toBe(5_001);
    expect(droppedCount).toBe(lineCount - countedCount);
    expect(droppedCount).toBeGreaterThan(4_900);
  });

  it("says when its place is taken", async () => {
    const { listen } = await socketWorld();
    const { port } = await listen(LOOPBACK);
    await expect(listen({ host: "127.0.0.1", port: port ?? 0 })).rejects.toMatchObject({ code: "EADDRINUSE" });
  });
});
