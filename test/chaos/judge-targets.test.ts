import {
  CreateSecretCommand,
  DeleteSecretCommand,
  PutSecretValueCommand,
  RestoreSecretCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateSecretCommand,
  UpdateSecretVersionStageCommand,
} from "@aws-sdk/client-secrets-manager";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { noFindings } from "./findings.ts";
import type { Item } from "./item.ts";
import { type JudgeBench, openJudgeBench } from "./judge-bench.ts";
import type { MigrationPlan } from "./plan.ts";
import { afterUndo, withIds } from "./targets.ts";

const NONE = noFindings();
const SPLIT: Partial<MigrationPlan> = { shape: "split", versions: 2, olderVersions: 1 };
const THEIRS: Partial<MigrationPlan> = { target: "foreign", isTakenOver: true };
const EQUAL_TOMBSTONE: Partial<MigrationPlan> = {
  ...{ ...THEIRS, target: "foreign tombstone", shape: "single", hasEqualValue: true },
};

/** For every kind of write and whose the target is: what is right is not found, and each defect is. */
describe("the judge of several targets, labels and owners", () => {
  let bench: JudgeBench;
  beforeAll(async () => {
    bench = await openJudgeBench();
  });
  afterAll(() => bench?.close());

  it.each<[string, Partial<MigrationPlan>]>([
    ["a split value with older versions", SPLIT],
    ["a single value", { shape: "single" }],
    ["bytes", { shape: "bytes", versions: 2, olderVersions: 3 }],
    ["a target that was taken over", THEIRS],
    ["a part that was taken over", { ...THEIRS, shape: "split" }],
    ["a tombstone that was taken over", { ...THEIRS, target: "foreign tombstone" }],
    ["an equal value of theirs", { ...THEIRS, shape: "bytes", hasEqualValue: true }],
    ["an equal value of theirs that was scheduled for deletion", EQUAL_TOMBSTONE],
  ])("finds nothing in %s, nor after its undo", { timeout: 30_000 }, async (_what, kind) => {
    expect(await bench.findingsOf(await bench.moved(kind))).toEqual(NONE);
    expect(await bench.findingsOf(await bench.undone(kind))).toEqual(NONE);
  });

  it.each<[string, (item: Item, login: string, rest: string) => Promise<unknown>, object]>([
    [
      "another value in one part",
      (_item, _login, rest) => bench.put(rest, '{"a":1}'),
      {
        lost: [expect.stringMatching(/AWSCURRENT .* another value .*\(\/rest\)/)],
        doubled: [expect.stringMatching(/no attempt .*\(\/rest\)/)],
      },
    ],
    [
      "one part's value in the other",
      async (item, login) => bench.put(login, item.expected[1]?.labels.AWSCURRENT?.value.content ?? ""),
      { lost: [expect.stringContaining("(/login)")], doubled: [expect.stringContaining("(/login)")] },
    ],
    [
      "one part written once more",
      async (item, login) => bench.put(login, item.expected[0]?.labels.AWSCURRENT?.value.content ?? ""),
      { doubled: [expect.stringMatching(/1 version.*\(\/login\)/)] },
    ],
    [
      "a part under the other's token",
      async (item, login, rest) =>
        bench.world.aws.send(
          new PutSecretValueCommand({
            ...{ SecretId: login, SecretString: item.expected[0]?.labels.AWSCURRENT?.value.content },
            ...{ ClientRequestToken: (await bench.idsAt(rest)).AWSCURRENT, VersionStages: ["AWSCURRENT"] },
          }),
        ),
      { doubled: [expect.stringMatching(/1 version.*\(\/login\)/)] },
    ],
    [
      "a part that is scheduled for deletion",
      (_item, _login, rest) =>
        bench.world.aws.send(new DeleteSecretCommand({ SecretId: rest, RecoveryWindowInDays: 7 })),
      { lost: [expect.stringMatching(/scheduled for deletion \(\/rest\)/)] },
    ],
    [
      "a part that is gone",
      (_item, _login, rest) =>
        bench.world.aws.send(new DeleteSecretCommand({ SecretId: rest, ForceDeleteWithoutRecovery: true })),
      { lost: [expect.stringMatching(/nothing is at its target \(\/rest\)/)] },
    ],
    [
      "a part that is open again",
      (_item, _login, rest) =>
        bench.world.aws.send(
          new TagResourceCommand({ SecretId: rest, Tags: [{ Key: "glovebox-state", Value: "open" }] }),
        ),
      { leftover: [expect.stringMatching(/the target is open.*\(\/rest\)/)] },
    ],
    [
      "the label of an older version on the newest",
      async (_item, login) => {
        const ids = await bench.idsAt(login);
        await moveLabel(login, "vault-v1", ids["vault-v1"] ?? "", ids.AWSCURRENT);
      },
      { lost: [expect.stringMatching(/vault-v1 .* another value .*\(\/login\)/)] },
    ],
    [
      "an older version without its label",
      async (_item, login) => moveLabel(login, "vault-v1", (await bench.idsAt(login))["vault-v1"] ?? ""),
      { lost: [expect.stringMatching(/no version .* vault-v1 \(\/login\)/)] },
    ],
    [
      "a label that was left",
      async (_item, login) => moveLabel(login, "glovebox-pending", undefined, (await bench.idsAt(login)).AWSCURRENT),
      { leftover: [expect.stringMatching(/glovebox-pending.*\(\/login\)/)] },
    ],
  ])("sees in a split value %s", { timeout: 30_000 }, async (_what, spoil, found) => {
    const item = await bench.moved(SPLIT);
    const [login, rest] = item.expected.map(({ name }) => name) as [string, string];
    await spoil(item, login, rest);
    expect(await bench.findingsOf(item)).toEqual({ ...NONE, ...found });
  });

  const moveLabel = (SecretId: string, VersionStage: string, from?: string, to?: string) =>
    bench.world.aws.send(
      new UpdateSecretVersionStageCommand({
        ...{ SecretId, VersionStage },
        ...(from !== undefined && { RemoveFromVersionId: from }),
        ...(to !== undefined && { MoveToVersionId: to }),
      }),
    );

  it("sees bytes that are not those bytes", async () => {
    const item = await bench.moved({ shape: "bytes" });
    const { name = "", labels } = item.expected[0] ?? {};
    await bench.put(name, labels?.AWSCURRENT?.value.content ?? ""); // the base64 itself
    expect(await bench.findingsOf(item)).toMatchObject({ lost: [expect.stringContaining("another value")] });
  });

  it("sees an equal value that was put all the same", async () => {
    const item = await bench.moved({ ...THEIRS, shape: "single", hasEqualValue: true });
    await bench.put(item.target.name, item.expected[0]?.labels.AWSCURRENT?.value.content ?? "");
    expect(await bench.findingsOf(item)).toMatchObject({
      lost: [expect.stringContaining("on another version than before")],
    });
  });

  it("sees a version of ours that lost its place to its like", async () => {
    const item = await bench.moved();
    item.expected = await Promise.all(item.expected.map(async (each) => withIds(each, await bench.idsAt(each.name))));
    expect(await bench.findingsOf(item)).toEqual(NONE);
    await bench.put(item.target.name, item.values[0] ?? "");
    expect(await bench.findingsOf(item)).toMatchObject({
      lost: [expect.stringContaining("on another version than before")],
    });
  });

  it("sees a move that should have been undone, and an undo of a part", { timeout: 30_000 }, async () => {
    const whole = await bench.moved(SPLIT);
    whole.expected = afterUndo(whole.before, whole.expected);
    expect(await bench.findingsOf(whole)).toMatchObject({
      lost: [expect.stringMatching(/is live.*\(\/login\)/), expect.stringMatching(/is live.*\(\/rest\)/)],
    });
    const part = await bench.undone(SPLIT);
    await bench.world.aws.send(new RestoreSecretCommand({ SecretId: `${part.target.name}/rest` }));
    expect(await bench.findingsOf(part)).toMatchObject({ lost: [expect.stringMatching(/is live.*\(\/rest\)/)] });
  });

  it.each<[string, (name: string) => Promise<unknown>, string]>([
    ["another value", (name) => bench.put(name, "ours"), "another value than its owner's"],
    [
      "another tag",
      (SecretId) =>
        bench.world.aws.send(new TagResourceCommand({ SecretId, Tags: [{ Key: "glovebox-state", Value: "x" }] })),
      "tags that are not theirs",
    ],
    [
      "no tag",
      (SecretId) => bench.world.aws.send(new UntagResourceCommand({ SecretId, TagKeys: ["team"] })),
      "a tag of its owner's is gone",
    ],
    [
      "another description",
      (SecretId) => bench.world.aws.send(new UpdateSecretCommand({ SecretId, Description: "ours" })),
      "another description",
    ],
    [
      "a date of deletion",
      (SecretId) => bench.world.aws.send(new DeleteSecretCommand({ SecretId, RecoveryWindowInDays: 7 })),
      "scheduled for deletion",
    ],
  ])("sees somebody else's target with %s, untouched and given back", { timeout: 30_000 }, async (_w, spoil, found) => {
    const untouched = await bench.plant({ ...THEIRS, isTakenOver: false });
    for (const item of [untouched, await bench.undone(THEIRS)]) {
      expect(await bench.findingsOf(item)).toEqual(NONE);
      await spoil(item.target.name);
      const { lost } = await bench.findingsOf(item);
      expect(lost).toEqual(expect.arrayContaining([expect.stringContaining(found)]));
    }
  });

  it("sees somebody else's tombstone restored, and a part written beside somebody else's", async () => {
    const item = await bench.plant({ ...THEIRS, isTakenOver: false, shape: "split", target: "foreign tombstone" });
    expect(await bench.findingsOf(item)).toEqual(NONE);
    await bench.world.aws.send(new RestoreSecretCommand({ SecretId: `${item.target.name}/rest` }));
    await bench.world.aws.send(new CreateSecretCommand({ Name: `${item.target.name}/login`, SecretString: "x" }));
    expect(await bench.findingsOf(item)).toEqual({
      ...NONE,
      lost: [expect.stringMatching(/something is .*\(\/login\)/), expect.stringMatching(/is live.*\(\/rest\)/)],
      doubled: [expect.stringContaining("(/login)")],
    });
  });
});
