import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { auditLog, writeAuditLog } from "../../dev/seed/audit-log.ts";
import { FRIENDLY, generateEstate } from "../../dev/seed/generate-estate.ts";
import { importAuditFile } from "../../src/vault/audit-log/import-file.ts";
import { auditWorld } from "../vault/audit-log/audit-world.ts";

const UNTIL = new Date("2026-11-28T12:00:00Z");
const past = (change: object = {}) => [...auditLog({ secrets: 80, seed: 1, days: 10, until: UNTIL, ...change })];

/** Names of fields, in their order, with the kind of what stands there. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.length === 0 ? [] : [shapeOf(value[0])];
  if (typeof value !== "object" || value === null) return typeof value;
  return Object.entries(value).map(([key, inner]) => [key, shapeOf(inner)]);
}

interface Line {
  readonly type: string;
  readonly request: { operation: string; path: string; mount_point: string; headers: object; data?: { data?: object } };
  readonly response?: { data?: { data?: object } };
}

/** A secret's own keys and a client's own headers are no part of the format. */
function formatOf(line: Line): unknown {
  const one = { key: "" };
  line.request.headers = {};
  if (line.request.data?.data) line.request.data.data = one;
  if (line.response?.data?.data) line.response.data.data = one;
  else if (line.response && line.request.operation === "read") line.response.data = one as object;
  return shapeOf(line);
}

describe("the invented audit log", () => {
  it("is the same for the same seed and end, and another for another seed", () => {
    expect(past()).toEqual(past());
    expect(past({ seed: 2 })).not.toEqual(past());
  });

  it("is written as a real Vault writes its lines, field by field", async () => {
    const { operator, kv2, kv1, login, auditLines } = await auditWorld();
    await operator.write(`${kv2}/data/app`, { data: { key: "value" } });
    await operator.write(`${kv1}/app`, { key: "value" });
    const api = await login("payments-api");
    const from = (await auditLines()).length;
    await api.read(`${kv2}/data/app`);
    await api.read(`${kv1}/app`);
    await api.write(`${kv2}/data/app`, { data: { key: "value" } });
    const uses = [`${kv2}/data/app`, `${kv1}/app`]; // others may crawl this Vault at the same time
    const lines = (await auditLines()).slice(from).map((line) => JSON.parse(line) as Line);
    const real = lines.filter(({ request }) => uses.includes(request.path));
    const accessors = { secret: "kv_1", kv: "kv_2", legacy: "kv_3" };
    const invented = past({ accessors }).map((line) => JSON.parse(line) as Line);
    const find = (operation: string, mount: string): Line[] =>
      ["request", "response"].flatMap(
        (type) =>
          invented.find(
            ({ type: found, request }) =>
              found === type && request.operation === operation && request.mount_point === `${mount}/`,
          ) ?? [],
      );
    const same = [...find("read", "secret"), ...find("read", "kv"), ...find("update", "secret")];
    expect(real).toHaveLength(6);
    expect(same.map(formatOf)).toEqual(real.map(formatOf));
  });

  it("holds no value of the estate", () => {
    const text = past().join("\n");
    const planted = [...generateEstate({ secrets: 80, seed: 1 })].flatMap((secret) => secret.planted);
    expect(planted.filter((value) => text.includes(value))).toEqual([]);
  });

  it("counts up to each secret's own traffic, and leaves some that nobody reads", { timeout: 120_000 }, async () => {
    const { readerDeps, store, log: _ } = await auditWorld();
    const folder = await mkdtemp(join(tmpdir(), "glovebox-past-"));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const file = join(folder, "past.log.gz");
    const lineCount = await writeAuditLog(file, { secrets: 80, seed: 1, days: 10, until: UNTIL });
    const count = await importAuditFile(await readerDeps(), file);
    expect(count).toMatchObject({ lineCount, countedCount: lineCount / 2, malformedCount: 0 });
    const rows = await store.selectFrom("usagePath").innerJoin("usageByClient", "pathId", "id").selectAll().execute();
    const readsOf = ({ mount, path }: { mount: string; path: string }): number =>
      rows.filter((row) => row.mount === mount && row.path === path).reduce((sum, { reads }) => sum + reads, 0);
    const estate = [...generateEstate({ secrets: 80, seed: 1 })];
    for (const secret of estate) {
      const expected = secret.traffic.readsPerDay * 10;
      expect(Math.abs(readsOf(secret) - expected), secret.path).toBeLessThanOrEqual(10);
    }
    expect(readsOf(FRIENDLY)).toBe(400);
    const unread = estate.filter((secret) => readsOf(secret) === 0);
    expect(unread.length).toBeGreaterThan(10);
    const clients = await store.selectFrom("usageClient").select(["role", "address"]).execute();
    expect(clients.filter(({ role }) => role === "payments-api")).toHaveLength(3);
  });
});
