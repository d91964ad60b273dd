import { CreateSecretCommand, DeleteSecretCommand } from "@aws-sdk/client-secrets-manager";
import { describe, expect, it } from "vitest";
import { PLAIN_SETTINGS } from "../../src/approvals/content.ts";
import { orderUndo } from "../../src/approvals/order-undo.ts";
import { retryMigration } from "../../src/approvals/retry-migration.ts";
import { kindOf } from "../../src/migration/write-list.ts";
import { APPROVER, engineWorld, NOTHING_LEFT } from "./engine-world.ts";

describe("migrateSecret on real servers", () => {
  it("moves one approved secret, leaves nothing behind and issues a receipt", async () => {
    const world = await engineWorld();
    const source = await world.lease.put("payments/stripe", { api_key: "sk-practice", nested: { a: [1, "2"] } });
    const id = await world.order(source);
    await world.migrate(id);
    const row = await world.rowOf(id);
    expect(row).toMatchObject({ state: "done", causeCode: null, vaultVersion: 1 });
    expect(JSON.parse((await world.valueOf(id)) ?? "")).toEqual({ api_key: "sk-practice", nested: { a: [1, "2"] } });
    expect(JSON.parse(row.receipt ?? "").receipt).toMatchObject({ vaultVersion: 1, comparison: { isEqual: true } });
    const { Tags = [] } = await world.describe(await world.targetOf(id));
    expect(Object.fromEntries(Tags.map(({ Key, Value }) => [Key, Value]))).toMatchObject({
      "owner-team": "team-a",
      "glovebox-state": "sealed",
      "glovebox-migration": id,
    });
    expect(await world.leftovers()).toEqual(NOTHING_LEFT);
    expect(await world.statusOf(row.requestId)).toBe("migrated");
  });

  it("keeps every digit of a KV v1 secret", async () => {
    const world = await engineWorld();
    const source = await world.lease.putV1("legacy/app", { a: "1", b: "two" });
    const id = await world.order(source);
    await world.migrate(id);
    expect(await world.valueOf(id)).toBe('{"a":"1","b":"two"}');
    expect(await world.leftovers()).toEqual(NOTHING_LEFT);
  });

  it("does nothing the second time: an approval used twice moves nothing twice", async () => {
    const world = await engineWorld();
    const source = await world.lease.put("app", { a: "1" });
    const id = await world.order(source);
    await world.migrate(id);
    await world.migrate(id);
    const { requestId, statementId } = await world.rowOf(id);
    const second = crypto.randomUUID();
    await world.store
      .insertInto("migration")
      .values({ id: second, requestId, statementId, attempt: 2, state: "queued", createdAt: new Date() })
      .execute();
    await world.migrate(second);
    expect(await world.rowOf(second)).toMatchObject({ state: "failed", causeCode: "ALREADY_DONE" });
    expect(await world.versionsOf(await world.targetOf(id))).toHaveLength(1);
  });

  it("stops at a target that somebody else made, and changes nothing in it", async () => {
    const world = await engineWorld();
    const source = await world.lease.put("app", { a: "1" });
    const id = await world.order(source);
    const name = await world.targetOf(id);
    await world.aws.send(new CreateSecretCommand({ Name: name, SecretString: "theirs" }));
    await world.migrate(id);
    expect(await world.rowOf(id)).toMatchObject({ state: "failed", causeCode: "TARGET_NOT_OURS" });
    expect(await world.valueOf(id)).toBe("theirs");
    expect(await world.leftovers()).toEqual(NOTHING_LEFT);
    // Its token is proven dead, so nobody is told to revoke it.
    expect(await world.store.selectFrom("fence").selectAll().execute()).toMatchObject([
      { holder: null, adminAccessor: null },
    ]);
  });

  it("stops at a target that somebody else has scheduled for deletion", async () => {
    const world = await engineWorld();
    const source = await world.lease.put("app", { a: "1" });
    const id = await world.order(source);
    const name = await world.targetOf(id);
    await world.aws.send(new CreateSecretCommand({ Name: name, SecretString: "theirs" }));
    await world.aws.send(new DeleteSecretCommand({ SecretId: name, RecoveryWindowInDays: 7 }));
    await world.migrate(id);
    expect(await world.rowOf(id)).toMatchObject({ state: "failed", causeCode: "TARGET_TOMBSTONED" });
    expect(await world.leftovers()).toEqual(NOTHING_LEFT);
  });

  it("writes nothing of a value that AWS would not take, and says its size", async () => {
    const world = await engineWorld();
    const source = await world.lease.put("big", { blob: "x".repeat(70_000) });
    const id = await world.order(source);
    await world.migrate(id);
    const row = await world.rowOf(id);
    expect(row).toMatchObject({ state: "failed", causeCode: "OVERSIZED_VALUE", writes: null });
    expect(row.causeText).toContain("70,011 bytes");
    await expect(world.describe(await world.targetOf(id))).rejects.toThrow("can't find");
    expect(await world.leftovers()).toEqual(NOTHING_LEFT);
  });

  it("asks again when Vault's version moved after the approval", async () => {
    const world = await engineWorld();
    const source = await world.lease.put("app", { a: "1" });
    const id = await world.order(source);
    await world.lease.put("app", { a: "2" });
    await world.migrate(id);
    const { requestId, state, causeCode } = await world.rowOf(id);
    expect([state, causeCode]).toEqual(["failed", "VERSION_MOVED"]);
    const asked = await world.store.selectFrom("request").selectAll().where("id", "=", requestId).executeTakeFirst();
    expect(asked).toMatchObject({ status: "waiting", version: 2, vaultVersion: 2 });
    expect(await world.leftovers()).toEqual(NOTHING_LEFT);
  });

  it.each([
    ["never was", "SECRET_NOT_FOUND", async () => {}],
    [
      "is deleted",
      "SECRET_DELETED",
      async ({ lease }: Awaited<ReturnType<typeof engineWorld>>) => {
        await lease.put("gone", { a: "1" });
        await lease.operator.delete(`${lease.kv2.path}/data/gone`);
      },
    ],
  ])("fails clearly when the secret %s", async (_what, code, arrange) => {
    const world = await engineWorld();
    const there = await world.lease.put("there", { a: "1" });
    await arrange(world);
    const id = await world.order({ ...there, path: "gone" });
    await world.migrate(id);
    expect(await world.rowOf(id)).toMatchObject({ state: "failed", causeCode: code });
    expect(await world.leftovers()).toEqual(NOTHING_LEFT);
  });

  it("undoes by a signed order, and a retry of the undone path restores its own tombstone", async () => {
    const world = await engineWorld();
    const source = await world.lease.put("app", { a: "1" });
    const first = await world.order(source);
    await world.migrate(first);
    const { requestId } = await world.rowOf(first);
    const name = await world.targetOf(first);
    await orderUndo(world.decide, { requestId, by: APPROVER });
    await world.migrate(first);
    expect(await world.rowOf(first)).toMatchObject({ state: "undone" });
    expect((await world.describe(name)).DeletedDate).toBeDefined();
    const target = { accountId: "123456789012", region: "eu-central-1", name, kmsKeyId: null };
    const again = await world.order(source, { target });
    await world.migrate(again);
    expect(await world.rowOf(again)).toMatchObject({ state: "done" });
    // It holds the same value, so nothing is written twice.
    const [write] = (await world.writesOf(again)).targets;
    expect([write?.before?.isTombstone, write && kindOf(write)]).toEqual([true, "keep"]);
    expect((await world.describe(name)).DeletedDate).toBeUndefined();
    expect(await world.valueOf(again)).toBe('{"a":"1"}');
  });

  it("is retried under the same approval once the cause is gone", async () => {
    const world = await engineWorld();
    const source = await world.lease.put("app", { a: "1" });
    const id = await world.order(source);
    const { requestId } = await world.rowOf(id);
    world.membership.groups.S0APPROVERS = [];
    await world.migrate(id);
    expect(await world.rowOf(id)).toMatchObject({ state: "failed", causeCode: "APPROVER_GONE" });
    world.membership.groups.S0APPROVERS = [APPROVER];
    await retryMigration(world.decide, { requestId, by: "U0ENGINEER" });
    const next = world.rung.at(-1) ?? "";
    await world.migrate(next);
    expect(await world.rowOf(next)).toMatchObject({ state: "done", attempt: 2 });
  });

  it.each([
    ["while migrations are paused", { isPaused: true }, null],
    ["before its earliest time", { isPaused: false }, new Date(Date.now() + 3_600_000).toISOString()],
  ])("waits in the queue %s", async (_when, control, notBefore) => {
    const world = await engineWorld();
    const source = await world.lease.put("app", { a: "1" });
    const id = await world.order(source, { notBefore });
    await world.store.updateTable("control").set(control).execute();
    await world.migrate(id);
    expect(await world.rowOf(id)).toMatchObject({ state: "queued", causeCode: null });
    expect(await world.leftovers()).toEqual(NOTHING_LEFT);
  });

  it("moves nothing for a statement that was altered, replayed for another request, or signed by another key", async () => {
    const world = await engineWorld();
    const source = await world.lease.put("app", { a: "1" });
    const id = await world.order(source);
    const { statementId } = await world.rowOf(id);
    const { bytes } = await world.store.selectFrom("statement").select("bytes").executeTakeFirstOrThrow();
    const altered = JSON.stringify({
      ...JSON.parse(bytes),
      target: { ...JSON.parse(bytes).target, name: "elsewhere" },
    });
    await world.store.updateTable("statement").set({ bytes: altered }).where("id", "=", statementId).execute();
    await world.migrate(id);
    expect(await world.rowOf(id)).toMatchObject({ state: "failed", causeCode: "SIGNATURE_REFUSED" });
    expect(await world.leftovers()).toEqual(NOTHING_LEFT);
  });

  it("refuses a target outside the worker's own list, whatever the bot signed", async () => {
    const world = await engineWorld();
    const source = await world.lease.put("app", { a: "1" });
    const target = { accountId: "123456789012", region: "eu-central-1", name: "attacker/x", kmsKeyId: null };
    const id = await world.order(source, { target });
    await world.migrate(id);
    expect(await world.rowOf(id)).toMatchObject({ state: "failed", causeCode: "TARGET_NOT_ALLOWED" });
  });

  it("refuses a policy, a replica or a description that the worker's own rules don't set, whatever the bot signed", async () => {
    const world = await engineWorld({ targetRule: { replicaRegions: ["eu-west-1"] } });
    const wished = [{ resourcePolicy: '{"Statement":[]}' }, { replicaRegions: ["us-east-1"] }, {}];
    for (const [place, wish] of wished.entries()) {
      const source = await world.lease.put(`app${place}`, { a: "1" });
      const id = await world.order(source, { settings: { ...PLAIN_SETTINGS, ...wish } });
      await world.migrate(id);
      expect(await world.rowOf(id)).toMatchObject({ causeCode: "SETTINGS_NOT_ALLOWED", leaseOpenedAt: null });
    }
    expect(await world.leftovers()).toEqual(NOTHING_LEFT);
  });

  it("does not open for an approver who has left the group since", async () => {
    const world = await engineWorld();
    const source = await world.lease.put("app", { a: "1" });
    const id = await world.order(source);
    world.membership.groups.S0APPROVERS = [];
    await world.migrate(id);
    expect(await world.rowOf(id)).toMatchObject({ state: "failed", causeCode: "APPROVER_GONE" });
    expect(await world.leftovers()).toEqual(NOTHING_LEFT);
  });
});
