import { createReadStream, createWriteStream } from "node:fs";
import { appendFile, copyFile, readFile, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGzip, gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { importAuditFile } from "../../../src/vault/audit-log/import-file.ts";
import { auditWorld } from "./audit-world.ts";

const VALUE = "practice-value-that-must-not-be-kept";
const NUMBER = 918_273_645;

/** A secret of each kind, written by the operator and read by two applications. */
async function readWorld() {
  const world = await auditWorld();
  const { operator, kv2, kv1 } = world;
  await operator.write(`${kv2}/data/team/db`, { data: { password: VALUE, port: NUMBER } });
  await operator.write(`${kv2}/data/Z%C3%BCrich%20%E9%8D%B5`, { data: { password: VALUE } });
  await operator.write(`${kv1}/team/old`, { password: VALUE, port: NUMBER });
  const [api, batch] = [await world.login("payments-api"), await world.login("payments-batch")];
  for (let time = 0; time < 3; time++) await api.read(`${kv2}/data/team/db`);
  await batch.read(`${kv2}/data/team/db`);
  await batch.read(`${kv1}/team/old`);
  await api.read(`${kv2}/data/Z%C3%BCrich%20%E9%8D%B5`);
  await world.catalogue({ [kv2]: ["team/db", "Zürich 鍵", "unread"], [kv1]: ["team/old"] });
  return { ...world, api, batch };
}

const NOTHING_NEW = { lineCount: 0, countedCount: 0 };

describe("importAuditFile on lines of a real Vault", () => {
  it("counts reads with role, entity, display name and address, and writers apart", async () => {
    const { usage, readerDeps, fileOf, auditLines, kv2, kv1, apps } = await readWorld();
    await importAuditFile(await readerDeps(), await fileOf(await auditLines()));
    const db = await usage(`${kv2}/team/db`);
    expect(db).toMatchObject({
      readCount: 4,
      clientCount: 2,
      addressCount: 1,
      readers: ["payments-api", "payments-batch"],
    });
    expect(db.clients).toMatchObject([
      { role: "payments-batch", displayName: apps, address: "127.0.0.1", reads: 1 },
      { role: "payments-api", displayName: apps, address: "127.0.0.1", reads: 3 },
    ]);
    for (const { entityId } of db.clients) expect(entityId).toMatch(/^[0-9a-f-]{36}$/);
    expect(db.writers).toMatchObject([{ role: null, displayName: "token" }]);
    expect(await usage(`${kv1}/team/old`)).toMatchObject({ readCount: 1, readers: ["payments-batch"] });
    expect(await usage(`${kv2}/Zürich 鍵`)).toMatchObject({ readCount: 1 });
    expect(await usage(`${kv2}/unread`)).toMatchObject({ lastReadAt: null, coverage: { to: expect.any(Date) } });
  });

  it("counts no listing, no metadata, no subkeys, and nothing that failed", async () => {
    const { usage, readerDeps, fileOf, auditLines, kv2, api, operator } = await readWorld();
    const before = (await auditLines()).length;
    await api.list(`${kv2}/metadata/team/`);
    await api.read(`${kv2}/metadata/team/db`);
    await api.read(`${kv2}/subkeys/team/db`);
    await operator.delete(`${kv2}/data/team/db`);
    await expect(api.read(`${kv2}/data/team/db`)).rejects.toThrow(); // the current version is deleted
    await expect(api.read(`${kv2}/data/unread`)).rejects.toThrow(); // nothing is there
    await expect(api.read(`${kv2}-other/data/x`)).rejects.toThrow(); // not allowed
    const lines = (await auditLines()).slice(before);
    expect(lines.length).toBeGreaterThanOrEqual(12);
    const count = await importAuditFile(await readerDeps(), await fileOf(lines));
    expect(count).toMatchObject({ lineCount: lines.length, countedCount: 0, malformedCount: 0 });
    expect(await usage(`${kv2}/team/db`)).toMatchObject({ readCount: 0, clients: [] });
  });

  it("counts nothing twice: the same file again, under another name, compressed, and grown", async () => {
    const { usage, readerDeps, fileOf, auditLines, kv2, folder, api } = await readWorld();
    const deps = await readerDeps();
    const path = await fileOf(await auditLines());
    expect(await importAuditFile(deps, path)).toMatchObject({ countedCount: 9, knownBytes: 0 });
    expect(await importAuditFile(deps, path)).toMatchObject(NOTHING_NEW);
    const [copied, zipped] = [join(folder, "audit.log.1"), join(folder, "renamed")];
    await copyFile(path, copied);
    expect(await importAuditFile(deps, copied)).toMatchObject(NOTHING_NEW);
    await pipeline(createReadStream(path), createGzip(), createWriteStream(zipped));
    expect(await importAuditFile(deps, zipped)).toMatchObject(NOTHING_NEW);

    const known = (await readFile(path)).length;
    await api.read(`${kv2}/data/team/db`);
    const grown = await fileOf(await auditLines(), "grown.log");
    expect(await importAuditFile(deps, grown)).toMatchObject({ countedCount: 1, knownBytes: known });
    await writeFile(zipped, gzipSync(await readFile(grown)));
    expect(await importAuditFile(deps, zipped)).toMatchObject(NOTHING_NEW);
    expect(await usage(`${kv2}/team/db`)).toMatchObject({ readCount: 5 });
  });

  it("counts each line once where two import the same log at once", async () => {
    const { usage, readerDeps, fileOf, auditLines, kv2 } = await readWorld();
    const path = await fileOf(await auditLines());
    const deps = { ...(await readerDeps()), stretchLines: 1 };
    await Promise.all([importAuditFile(deps, path), importAuditFile(deps, path), importAuditFile(deps, path)]);
    expect(await usage(`${kv2}/team/db`)).toMatchObject({ readCount: 4 });
  });

  it("counts what is whole where a log ends in the middle of a line, and the rest when it is there", async () => {
    const { readerDeps, fileOf, auditLines, kv2 } = await readWorld();
    const deps = await readerDeps();
    const lines = await auditLines();
    // Whoever crawls this Vault beside us may come last in the log.
    const lastRead = lines.findLastIndex((line) => line.includes(`"path":"${kv2}/data/`));
    const path = await fileOf(lines.slice(0, lastRead + 1));
    const text = await readFile(path, "utf8");
    const cut = text.lastIndexOf('"request":');
    await truncate(path, Buffer.byteLength(text.slice(0, cut)));
    const first = await importAuditFile(deps, path);
    expect(first).toMatchObject({ countedCount: 8, malformedCount: 0 });
    await appendFile(path, text.slice(cut, -1)); // whole, but for its line break
    expect(await importAuditFile(deps, path)).toMatchObject({ countedCount: 1, malformedCount: 0 });
    await appendFile(path, "\n");
    expect(await importAuditFile(deps, path)).toMatchObject(NOTHING_NEW);
  });

  it("counts broken, strange and endless lines as such, and goes on", async () => {
    const { readerDeps, fileOf, auditLines, store } = await readWorld();
    const lines = await auditLines();
    const strange = [
      `{"type":"response","broken`,
      "not JSON at all",
      `{"some":"json"}`,
      "[]",
      "null",
      "x".repeat(5_000_000),
    ];
    const path = await fileOf([...lines.slice(0, 4), ...strange, ...lines.slice(4)]);
    expect(await importAuditFile(await readerDeps(), path)).toMatchObject({
      lineCount: lines.length + strange.length,
      countedCount: 9,
      malformedCount: 5,
      overlongCount: 1,
    });
    const source = await store.selectFrom("usageSource").selectAll().executeTakeFirstOrThrow();
    expect(source).toMatchObject({ malformedCount: 5, overlongCount: 1, countedCount: 9 });
  });

  it("refuses what is no audit log, a log that was changed, and broken compression", async () => {
    const { readerDeps, fileOf, auditLines, folder, store } = await readWorld();
    const deps = await readerDeps();
    const other = await fileOf(["something", "else"], "other.log");
    await expect(importAuditFile(deps, other)).rejects.toMatchObject({ code: "NOT_AUDIT_LOG" });
    expect(await store.selectFrom("usageSource").select("id").execute()).toEqual([]);

    const lines = await auditLines();
    await importAuditFile(deps, await fileOf(lines.slice(0, 10)));
    const filtered = await fileOf(
      lines.filter((_, at) => at !== 3),
      "filtered.log",
    );
    await expect(importAuditFile(deps, filtered)).rejects.toMatchObject({ code: "AUDIT_LOG_DIFFERS" });

    const broken = join(folder, "broken.gz");
    await writeFile(broken, gzipSync(`${lines.slice(11).join("\n")}\n`).subarray(0, -40));
    await expect(importAuditFile(deps, broken)).rejects.toMatchObject({ code: "AUDIT_FILE_BROKEN" });
  });

  it("leaves out what Glovebox's own readers read", async () => {
    const { fileOf, auditLines, readerDeps } = await readWorld();
    const lines = (await auditLines()).map((line) =>
      line
        .replace(/"display_name":"apps-\w+"/, '"display_name":"glovebox"')
        .replaceAll("payments-batch", "reader-secret"),
    );
    expect(await importAuditFile(await readerDeps(), await fileOf(lines))).toMatchObject({ countedCount: 7 });
  });

  it("tells KV's versions apart where no crawl has seen the mount, and leaves out a mount of the same name before", async () => {
    const { fileOf, auditLines, readerDeps, store, kv2, kv1 } = await readWorld();
    const lines = await auditLines();
    await store.deleteFrom("mount").execute();
    await importAuditFile(await readerDeps(), await fileOf(lines));
    const paths = await store.selectFrom("usagePath").select(["mount", "path"]).orderBy("path").execute();
    expect(paths).toEqual([
      { mount: kv2, path: "Zürich 鍵" },
      { mount: kv2, path: "team/db" },
      { mount: kv1, path: "team/old" },
    ]);
    const later = new Date(Date.now() + 60_000);
    const other = { namespace: "", path: kv2, accessor: "kv_another", engine: "kv-v2", seenAt: later };
    await store.insertInto("mount").values(other).execute();
    const again = await fileOf(lines.slice(1), "again.log"); // another beginning: another log
    expect(await importAuditFile(await readerDeps(), again)).toMatchObject({ countedCount: 2 }); // of kv1 alone
  });

  it("keeps nothing of what was read or written, hashed or in clear", async () => {
    const { fileOf, auditLines, readerDeps, store } = await readWorld();
    const lines = await auditLines();
    const planted = `{"type":"response","broken ${VALUE} hmac-sha256:0`;
    await importAuditFile(await readerDeps(), await fileOf([...lines, planted]));
    expect(lines.join()).toContain(String(NUMBER)); // in clear in the log: numbers are not hashed
    const kept = await Promise.all(
      (["usageSource", "usagePath", "usageClient", "usageDay", "usageByClient", "entry"] as const).map((table) =>
        store.selectFrom(table).selectAll().execute(),
      ),
    );
    const text = JSON.stringify(kept);
    expect(text).toContain("payments-api");
    expect([VALUE, String(NUMBER), "hmac-sha256"].filter((needle) => text.includes(needle))).toEqual([]);
  });
});
