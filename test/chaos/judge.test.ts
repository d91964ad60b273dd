import { randomUUID } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PutSecretValueCommand, TagResourceCommand } from "@aws-sdk/client-secrets-manager";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { secretIdPath } from "../../src/vault/vault-names.ts";
import { noFindings } from "./findings.ts";
import type { Item } from "./item.ts";
import { type JudgeBench, openJudgeBench } from "./judge-bench.ts";
import { judgeItem } from "./judge-item.ts";
import { judgeLeaks } from "./judge-leaks.ts";
import { judgeLeftovers } from "./judge-leftovers.ts";
import { afterMove } from "./targets.ts";

const NONE = noFindings();

/** A judge that sees nothing would count zero as well: so each defect is made by hand, and must be seen. */
describe("the judge of a chaos run", () => {
  let bench: JudgeBench;
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "glovebox-judge-"));
    bench = await openJudgeBench();
  });
  afterAll(async () => {
    await bench?.close();
    await rm(folder, { recursive: true, force: true });
  });
  const secretData = ({ source }: Item) => `${source.mount}/data/${source.path}`;

  it("finds nothing where all is well", async () => {
    const item = await bench.moved();
    expect(await bench.findingsOf(item)).toEqual(NONE);
    expect(await judgeLeftovers(bench.world, bench.sql)).toEqual([]);
    const shown = [(await judgeItem(bench.world, bench.sql, item)).shown];
    expect(await judgeLeaks({ ...bench, logDir: folder, serverLogs: [], shown })).toEqual([]);
  });

  it.each([
    [
      "another value at the target",
      async (item: Item) =>
        bench.world.aws.send(new PutSecretValueCommand({ SecretId: item.target.name, SecretString: '{"a":1}' })),
      {
        lost: [expect.stringContaining("another value")],
        doubled: [expect.stringContaining("no attempt accounts for")],
      },
    ],
    [
      "the same value written once more",
      async (item: Item) =>
        bench.world.aws.send(new PutSecretValueCommand({ SecretId: item.target.name, SecretString: item.values[0] })),
      { doubled: [expect.stringContaining("1 version(s)")] },
    ],
    [
      "a new version in Vault",
      async (item: Item) => bench.world.vault("POST", secretData(item), { data: { a: 1 } }),
      { lost: [expect.stringContaining("Vault holds another value"), expect.stringContaining("version 2")] },
    ],
    [
      "a deleted version in Vault",
      async (item: Item) => bench.world.vault("DELETE", secretData(item)),
      { lost: [expect.stringContaining("404")] },
    ],
    [
      "a target that is open again",
      async (item: Item) =>
        bench.world.aws.send(
          new TagResourceCommand({ SecretId: item.target.name, Tags: [{ Key: "glovebox-state", Value: "open" }] }),
        ),
      { leftover: [expect.stringContaining("the target is open")] },
    ],
    [
      "a second record that it was carried out",
      async (item: Item) =>
        bench.world.store
          .insertInto("auditEvent")
          .columns(["seq", "at", "kind", "actor", "subject", "content", "previousHash", "hash"])
          .expression((eb) =>
            eb
              .selectFrom("auditEvent")
              .select(({ val }) => [
                val(1_000_000 + item.plan.index).as("seq"),
                "at",
                "kind",
                "actor",
                "subject",
                "content",
                "previousHash",
                val(randomUUID()).as("hash"),
              ])
              .where("kind", "=", "migration.done")
              .where("content", "like", `%${item.requestIds[0]}%`),
          )
          .execute(),
      { doubled: [expect.stringContaining("carried out 2 times")] },
    ],
  ])("sees %s", async (_what, spoil, found) => {
    const item = await bench.moved();
    await spoil(item);
    expect(await bench.findingsOf(item)).toEqual({ ...NONE, ...found });
  });

  it("sees a migration that never ended, and one that wrote nothing", async () => {
    const item = await bench.plant();
    item.expected = afterMove(item.plan, item.expected, item.values);
    expect(await bench.findingsOf(item)).toEqual({
      ...NONE,
      lost: [expect.stringContaining("nothing is at its target")],
    });
    expect(await bench.findingsOf({ ...item, stuck: "it hangs, migrating leased" })).toEqual({
      ...NONE,
      lost: [expect.stringContaining("it hangs")],
    });
  });

  it("sees what was left over", { timeout: 60_000 }, async () => {
    const { vault, names, mounts, store } = bench.world;
    const id = await bench.migrationOf(await bench.moved());
    await vault("POST", secretIdPath(names, mounts["kv-v2"].path), { metadata: "{}" });
    await bench.stopGate(); // it would close what is opened now
    await vault("POST", `sys/policies/acl/${names.policyPrefix}-open`, { policy: '{"path":{}}' });
    await store.updateTable("migration").set({ leaseClosedAt: null }).where("id", "=", id).execute();
    const deadline = new Date(Date.now() + 600_000);
    await store.updateTable("fence").set({ holder: "somebody", deadline, adminAccessor: "a" }).execute();
    await store.updateTable("control").set({ isPaused: true }).execute();
    const admin = await bench.worker.deps.broker.loginAdmin();
    await admin.setReaderDisabled(mounts["kv-v1"].path, true);
    const impatient = AbortSignal.abort();
    expect((await judgeLeftovers(bench.world, bench.sql, impatient)).toSorted()).toEqual([
      "1 secret ID(s) of a reader",
      `a lease is journaled as open: migration ${id}`,
      "a live token of the role admin",
      "a reader's entity is disabled",
      "an admin token is journaled as alive",
      "migrations are paused",
      "the fence is held",
      "the gate is open",
    ]);
    await admin.revokeSelf();
  });

  it("sees a value and a token that leaked, wherever it looks", async () => {
    const item = await bench.plant({ index: 502 });
    const { password } = JSON.parse(item.values[0] ?? "") as { password: string };
    const places = { ...bench, logDir: folder, serverLogs: [], shown: [] };
    const piece = Buffer.from(password).toString("base64").slice(4, 24);
    await writeFile(join(folder, "worker.log"), `could not parse ${piece}\nhvs.${"x".repeat(30)}`);
    await bench.world.store
      .updateTable("control")
      .set({ reason: password.slice(0, 12) })
      .execute();
    const found = await judgeLeaks({ ...places, shown: [JSON.stringify({ Description: password })] });
    expect(found.toSorted()).toEqual([
      expect.stringContaining("a Vault token in file worker.log"),
      expect.stringMatching(/app-502.* in Postgres public.control/),
      expect.stringMatching(/app-502.* in file worker.log, base64/),
      expect.stringMatching(/app-502.* in what AWS shows/),
    ]);
  });
});
