import { randomUUID } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PutSecretValueCommand, TagResourceCommand } from "@aws-sdk/client-secrets-manager";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { keepGate } from "../../src/approvals/keep-gate.ts";
import { migrateSecret } from "../../src/migration/migrate-secret.ts";
import { Secret } from "../../src/secret.ts";
import { vaultGatePolicy } from "../../src/vault/gate-policy.ts";
import { approleLogin } from "../../src/vault/login/approle-login.ts";
import { standingClient } from "../../src/vault/login/standing-client.ts";
import { secretIdPath } from "../../src/vault/vault-names.ts";
import { openWorker } from "../migration/engine-worker.ts";
import { type ChaosWorld, openChaosWorld } from "./chaos-world.ts";
import type { Item } from "./item.ts";
import { judgeItem } from "./judge-item.ts";
import { judgeLeaks } from "./judge-leaks.ts";
import { judgeLeftovers } from "./judge-leftovers.ts";
import { orderMove, plantItem } from "./people.ts";
import { planCalm, planMigration } from "./plan.ts";
import { plantedValues } from "./planted-values.ts";

/** A judge that sees nothing would count zero as well: so each defect is made by hand, and must be seen. */
describe("the judge of a chaos run", () => {
  let world: ChaosWorld;
  let sql: pg.Client;
  let folder: string;
  let worker: Awaited<ReturnType<typeof openWorker>>;
  let stopGate = async (): Promise<void> => {};
  const planted = plantedValues(11);
  let count = 0;

  beforeAll(async () => {
    world = await openChaosWorld(inject("stack"));
    folder = await mkdtemp(join(tmpdir(), "glovebox-judge-"));
    sql = new pg.Client({ connectionString: world.databaseUrl });
    await sql.connect();
    worker = await openWorker(world.settings);
    stopGate = keepAnswering(world);
  });
  afterAll(async () => {
    await stopGate();
    await worker?.close();
    await sql?.end();
    await world?.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** A secret that was moved as it must be. */
  async function moved(): Promise<Item> {
    count += 1;
    const item = await plantItem(world, planCalm(count), planted);
    await orderMove(world, item, async () => {});
    await migrateSecret(worker.deps, await migrationOf(item));
    item.expected = { is: "value", text: item.values.at(-1) ?? "" };
    return item;
  }
  async function migrationOf({ requestIds }: Item): Promise<string> {
    const row = await world.store
      .selectFrom("migration")
      .select("id")
      .where("requestId", "in", requestIds)
      .executeTakeFirstOrThrow();
    return row.id;
  }
  const findingsOf = async (item: Item) => (await judgeItem(world, sql, item)).findings;
  const NONE = { lost: [], doubled: [], leftover: [], leaked: [] };
  const secretData = ({ source }: Item) => `${source.mount}/data/${source.path}`;

  it("finds nothing where all is well", async () => {
    const item = await moved();
    expect(await findingsOf(item)).toEqual(NONE);
    expect(await judgeLeftovers(world, sql)).toEqual([]);
    const shown = [(await judgeItem(world, sql, item)).shown];
    expect(await judgeLeaks({ world, planted, logDir: folder, serverLogs: [], shown })).toEqual([]);
  });

  it.each([
    [
      "another value at the target",
      async (item: Item) =>
        world.aws.send(new PutSecretValueCommand({ SecretId: item.target.name, SecretString: '{"a":1}' })),
      {
        lost: [expect.stringContaining("another value")],
        doubled: [expect.stringContaining("no attempt accounts for")],
      },
    ],
    [
      "the same value written once more",
      async (item: Item) =>
        world.aws.send(new PutSecretValueCommand({ SecretId: item.target.name, SecretString: item.values[0] })),
      { doubled: [expect.stringContaining("1 version(s)")] },
    ],
    [
      "a new version in Vault",
      async (item: Item) => world.vault("POST", secretData(item), { data: { a: 1 } }),
      { lost: [expect.stringContaining("Vault holds another value"), expect.stringContaining("version 2")] },
    ],
    [
      "a deleted version in Vault",
      async (item: Item) => world.vault("DELETE", secretData(item)),
      { lost: [expect.stringContaining("404")] },
    ],
    [
      "a target that is open again",
      async (item: Item) =>
        world.aws.send(
          new TagResourceCommand({ SecretId: item.target.name, Tags: [{ Key: "glovebox-state", Value: "open" }] }),
        ),
      { leftover: [expect.stringContaining("the target is open")] },
    ],
    [
      "a second record that it was carried out",
      async (item: Item) =>
        world.store
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
    const item = await moved();
    await spoil(item);
    expect(await findingsOf(item)).toEqual({ ...NONE, ...found });
  });

  it("sees a migration that never ended, and one that wrote nothing", async () => {
    const item = await plantItem(world, planCalm(500), planted);
    item.expected = { is: "value", text: item.values[0] ?? "" };
    expect(await findingsOf(item)).toEqual({ ...NONE, lost: [expect.stringContaining("nothing is at its target")] });
    expect(await findingsOf({ ...item, stuck: "it hangs, migrating leased" })).toEqual({
      ...NONE,
      lost: [expect.stringContaining("it hangs")],
    });
  });

  it("sees somebody else's target changed", async () => {
    const foreign = Array.from({ length: 200 }, (_, index) => planMigration(1, index)).find(
      ({ target }) => target === "foreign",
    );
    const item = await plantItem(world, { ...planCalm(501), ...foreign, index: 501 }, planted);
    expect(await findingsOf(item)).toEqual(NONE);
    await world.aws.send(new PutSecretValueCommand({ SecretId: item.target.name, SecretString: "ours" }));
    expect(await findingsOf(item)).toMatchObject({ lost: [expect.stringContaining("its owner's")] });
  });

  it("sees what was left over", { timeout: 60_000 }, async () => {
    const { vault, names, mounts, store } = world;
    const id = await migrationOf(await moved());
    await vault("POST", secretIdPath(names, mounts["kv-v2"].path), { metadata: "{}" });
    await stopGate(); // it would close what is opened now
    await vault("POST", `sys/policies/acl/${names.policyPrefix}-open`, { policy: '{"path":{}}' });
    await store.updateTable("migration").set({ leaseClosedAt: null }).where("id", "=", id).execute();
    const deadline = new Date(Date.now() + 600_000);
    await store.updateTable("fence").set({ holder: "somebody", deadline, adminAccessor: "a" }).execute();
    await store.updateTable("control").set({ isPaused: true }).execute();
    const admin = await worker.deps.broker.loginAdmin();
    await admin.setReaderDisabled(mounts["kv-v1"].path, true);
    const impatient = AbortSignal.abort();
    expect((await judgeLeftovers(world, sql, impatient)).toSorted()).toEqual([
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
    const item = await plantItem(world, planCalm(502), planted);
    const { password } = JSON.parse(item.values[0] ?? "") as { password: string };
    const places = { world, planted, logDir: folder, serverLogs: [], shown: [] };
    const piece = Buffer.from(password).toString("base64").slice(4, 24);
    await writeFile(join(folder, "worker.log"), `could not parse ${piece}\nhvs.${"x".repeat(30)}`);
    await world.store
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

/** The gate, in this process. @returns Stops it. */
function keepAnswering({ store, gateOrder, decide }: ChaosWorld): () => Promise<void> {
  const { vaultAddress: address, names, roleId, secretId } = gateOrder;
  const login = approleLogin(
    { address, timeoutMs: 3_000 },
    { mount: names.authMount, roleId, secretId: new Secret(secretId) },
  );
  const deps = {
    ...{ store, keyring: decide.keyring, membership: decide.membership, approvers: decide.rules.approvers },
    ...{ policy: vaultGatePolicy(standingClient(login), names), maxPerHour: 1_000, now: decide.now },
  };
  let isStopped = false;
  const loop = (async () => {
    while (!isStopped) {
      await keepGate(deps);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  })();
  return async () => {
    isStopped = true;
    await loop;
  };
}
