import { DeleteSecretCommand, PutSecretValueCommand } from "@aws-sdk/client-secrets-manager";
import { describe, expect, it } from "vitest";
import type { Adoption } from "../../src/approvals/content.ts";
import { type ValuesWorld, valuesWorld } from "./values-world.ts";

const THEIRS = [{ Key: "team", Value: "theirs" }];

/** A target that somebody else made, and what a person sees of it who says: take it over. */
async function foreign(
  world: ValuesWorld,
  value: string,
  isTombstone = false,
): Promise<{ name: string; adopt: Adoption }> {
  const name = `${world.prefix}foreign`;
  const { ARN: arn = "" } = await world.createByHand(name, value, THEIRS);
  const { AWSCURRENT: versionId = null } = await world.labelsOf(name);
  if (isTombstone) await world.aws.send(new DeleteSecretCommand({ SecretId: name, RecoveryWindowInDays: 7 }));
  return { name, adopt: { arn, versionId, isTombstone } };
}

const targetAt = (name: string) => ({
  target: { accountId: "123456789012", region: "eu-central-1", name, kmsKeyId: null },
});

describe("a target that is somebody else's", () => {
  it("is compared by key, names alone, and left as it is", async () => {
    const world = await valuesWorld();
    const { name, adopt } = await foreign(world, '{"same":"canary","n":{"b":2,"a":[1]},"theirs":1,"other":"canary-a"}');
    const source = await world.lease.put("app", { other: "canary-b", same: "canary", n: { a: [1], b: 2 }, ours: 1 });
    const id = await world.order(source, targetAt(name));
    const before = await world.describe(name);
    await world.migrate(id);
    const row = await world.rowOf(id);
    expect(row).toMatchObject({ state: "failed", causeCode: "TARGET_NOT_OURS", writes: null });
    expect(row.comparison).toEqual({
      targetName: name,
      arn: adopt.arn,
      versionId: adopt.versionId,
      tags: { team: "theirs" },
      isTombstone: false,
      keys: { same: ["n", "same"], different: ["other"], onlyInVault: ["ours"], onlyInAws: ["theirs"] },
      whole: null,
      others: [],
    });
    expect(JSON.stringify(row)).not.toContain("canary");
    const after = await world.describe(name);
    expect([after.Tags, after.VersionIdsToStages]).toEqual([before.Tags, before.VersionIdsToStages]);
  });

  it.each([
    ["equal", '{"k":"v"}', { whole: "different", keys: null }],
    ["text that is no JSON object", "plain text", { whole: "different", keys: null }],
  ])("is compared as a whole where a bare value meets %s", async (_what, theirs, expected) => {
    const world = await valuesWorld();
    const { name } = await foreign(world, theirs);
    const shape = { kind: "single" as const, key: "k", encoding: "text" as const };
    const id = await world.order(await world.lease.put("app", { k: "v" }), { ...targetAt(name), shape });
    await world.migrate(id);
    expect((await world.rowOf(id)).comparison).toMatchObject(expected);
  });

  it("is not read when it is scheduled for deletion, but named", async () => {
    const world = await valuesWorld();
    const { name, adopt } = await foreign(world, '{"a":1}', true);
    const id = await world.order(await world.lease.put("app", { a: 1 }), targetAt(name));
    await world.migrate(id);
    const row = await world.rowOf(id);
    expect(row).toMatchObject({ state: "failed", causeCode: "TARGET_TOMBSTONED" });
    expect(row.comparison).toMatchObject({ arn: adopt.arn, isTombstone: true, whole: "unreadable", keys: null });
  });
});

describe("adopting a target", () => {
  it("puts a version into what was signed, says so, and an undo gives it back as it was", async () => {
    const world = await valuesWorld();
    const { name, adopt } = await foreign(world, '{"a":"theirs"}');
    const id = await world.order(await world.lease.put("app", { a: "ours" }), { ...targetAt(name), adopt });
    await world.migrate(id);
    const row = await world.rowOf(id);
    expect(row).toMatchObject({ state: "done", comparison: null });
    expect(await world.valueAt(name)).toBe('{"a":"ours"}');
    expect(JSON.parse(row.receipt ?? "").receipt.targets[0]).toMatchObject({ kind: "put", isAdopted: true });
    expect(await world.tagsOf(name)).toMatchObject({ team: "theirs", "glovebox-migration": id });

    await world.undo(id);
    expect(await world.rowOf(id)).toMatchObject({ state: "undone" });
    expect(await world.valueAt(name)).toBe('{"a":"theirs"}');
    expect(await world.tagsOf(name)).toEqual({ team: "theirs" });
  });

  it("writes no version where the target holds the same value, and an undo takes only the tags away", async () => {
    const world = await valuesWorld();
    const { name, adopt } = await foreign(world, '{"a":"same"}');
    const id = await world.order(await world.lease.put("app", { a: "same" }), { ...targetAt(name), adopt });
    await world.migrate(id);
    expect(JSON.parse((await world.rowOf(id)).receipt ?? "").receipt.targets[0]).toMatchObject({
      kind: "keep",
      isAdopted: true,
    });
    expect(await world.versionsOf(name)).toHaveLength(1);
    await world.undo(id);
    expect([await world.tagsOf(name), await world.valueAt(name)]).toEqual([{ team: "theirs" }, '{"a":"same"}']);
  });

  it("restores a tombstone that was signed as one, and an undo schedules it again", async () => {
    const world = await valuesWorld();
    const { name, adopt } = await foreign(world, '{"a":"theirs"}', true);
    const id = await world.order(await world.lease.put("app", { a: "ours" }), { ...targetAt(name), adopt });
    await world.migrate(id);
    expect(await world.valueAt(name)).toBe('{"a":"ours"}');
    await world.undo(id);
    expect((await world.describe(name)).DeletedDate).toBeDefined();
    expect(await world.tagsOf(name)).toEqual({ team: "theirs" });
  });

  it.each([
    [
      "another version is current",
      (world: ValuesWorld, name: string) =>
        world.aws.send(new PutSecretValueCommand({ SecretId: name, SecretString: '{"a":"newer"}' })),
    ],
    [
      "it is scheduled for deletion",
      (world: ValuesWorld, name: string) => world.aws.send(new DeleteSecretCommand({ SecretId: name })),
    ],
  ])("stops where %s since the signature", async (_what, change) => {
    const world = await valuesWorld();
    const { name, adopt } = await foreign(world, '{"a":"theirs"}');
    const id = await world.order(await world.lease.put("app", { a: "ours" }), { ...targetAt(name), adopt });
    await change(world, name);
    await world.migrate(id);
    const row = await world.rowOf(id);
    expect(row).toMatchObject({ state: "failed", writes: null });
    expect(["TARGET_NOT_OURS", "TARGET_TOMBSTONED"]).toContain(row.causeCode);
    expect(await world.tagsOf(name)).toEqual({ team: "theirs" });
  });

  it("stops where the ARN is another: somebody deleted it and made a new one", async () => {
    const world = await valuesWorld();
    const { name, adopt } = await foreign(world, '{"a":"theirs"}');
    const stale = { ...adopt, arn: `${adopt.arn.slice(0, -6)}ZZZZZZ` };
    const id = await world.order(await world.lease.put("app", { a: "ours" }), { ...targetAt(name), adopt: stale });
    await world.migrate(id);
    expect(await world.rowOf(id)).toMatchObject({ state: "failed", causeCode: "TARGET_NOT_OURS" });
    expect((await world.rowOf(id)).causeText).toContain("changed after somebody said to take it over");
  });
});
