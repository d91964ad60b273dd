import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import { PLAIN_SETTINGS, type TargetSettings } from "../../src/approvals/content.ts";
import type { PresentTarget } from "../../src/migration/secret-target.ts";
import { TargetMovedOnError } from "../../src/migration/target-errors.ts";
import { INSTALLATION_TAG, MIGRATION_TAG, STATE_TAG } from "../../src/migration/target-tags.ts";
import { undoTarget } from "../../src/migration/undo-target.ts";
import type { TargetWrite, VersionWrite } from "../../src/migration/write-list.ts";
import { fakeSecretTarget, textValue } from "../fakes/secret-target.ts";

const ref = { accountId: "111122223333", region: "eu-central-1", name: "prod/a", kmsKeyId: null };
const migrationId = "5f0c6a0e-7f3e-4f6e-9d9d-0a2b6f6f2c11";
const tags = { [INSTALLATION_TAG]: "glovebox", [MIGRATION_TAG]: migrationId, [STATE_TAG]: "open" };
const earlierTags = { [INSTALLATION_TAG]: "glovebox", [MIGRATION_TAG]: randomUUID(), [STATE_TAG]: "sealed", team: "a" };
const [before, ours, later, older] = [randomUUID(), randomUUID(), randomUUID(), randomUUID()];

function versionWrite(patch: Partial<VersionWrite> = {}): VersionWrite {
  return {
    stage: "AWSCURRENT",
    vaultVersion: 1,
    requestToken: ours,
    digest: "",
    form: "string",
    previousVersionId: null,
    isKept: false,
    ...patch,
  };
}

function undoWorld(options: { settings?: TargetSettings; kmsKeyId?: string | null } = {}) {
  const aws = fakeSecretTarget();
  const settings = options.settings ?? PLAIN_SETTINGS;
  const target = { ...ref, kmsKeyId: options.kmsKeyId ?? null };
  const made: TargetWrite = {
    name: ref.name,
    arn: null,
    before: null,
    isAdopted: false,
    versions: [versionWrite()],
    replicas: [],
  };
  const undo = (write: Partial<TargetWrite> = {}, port = aws as typeof aws) =>
    undoTarget({ target: port, installation: "glovebox" }, target, {
      migrationId,
      settings,
      tags: { team: "b" },
      write: { ...made, ...write },
    });
  const create = (requestToken: string, withTags: Record<string, string> = tags, withSettings = settings) =>
    aws.create(ref, textValue(requestToken), { requestToken, tags: withTags, settings: withSettings });
  const put = (requestToken: string, stages?: string[]) =>
    aws.put(ref, textValue(requestToken), { requestToken, ...(stages && { stages }) });
  const present = async (): Promise<PresentTarget> => {
    const state = await aws.describe(ref);
    if (state.status === "absent") throw new Error("it is absent");
    return state;
  };
  /** What stood there before, as the engine notes it; then its first steps. */
  const begin = async (withTags: Record<string, string> = earlierTags): Promise<Partial<TargetWrite>> => {
    await create(before, withTags, PLAIN_SETTINGS);
    const write = await noted();
    await aws.setTags(ref, { ...tags, team: "b" });
    return write;
  };
  const noted = async (): Promise<Partial<TargetWrite>> => {
    const { arn, tags: found, description, kmsKeyId, deletionDate } = await present();
    const isTombstone = deletionDate !== null;
    return {
      before: { arn, tags: found, description, kmsKeyId, replicaRegions: [], resourcePolicy: null, isTombstone },
      versions: [versionWrite({ previousVersionId: before })],
    };
  };
  const look = async () => {
    const state = await present();
    const names: Record<string, string> = { [before]: "before", [ours]: "ours", [later]: "later" };
    const version = names[state.currentVersionId ?? ""];
    return `${version}${state.deletionDate ? ", scheduled for deletion" : ""}, ${state.tags[STATE_TAG] ?? "untagged"}`;
  };
  return { aws, undo, create, put, begin, noted, present, look };
}

describe("undoTarget of a create", () => {
  it("schedules the deletion of what the run made, once, with 30 days to think again", async () => {
    const { aws, undo, create, look } = undoWorld();
    await create(ours);
    expect(await undo()).toContain("scheduled for deletion");
    expect(await undo()).toContain("scheduled for deletion");
    expect(await look()).toBe("ours, scheduled for deletion, open");
    expect(aws.calls).toEqual(["create prod/a", "scheduleDeletion prod/a 30"]);
  });

  it("takes its replicas away first, and says that they don't come back", async () => {
    const { aws, undo, create, look } = undoWorld({ settings: { ...PLAIN_SETTINGS, replicaRegions: ["eu-west-1"] } });
    await create(ours);
    expect(await undo()).toContain("replicas in other regions are deleted");
    expect(await look()).toBe("ours, scheduled for deletion, open");
    expect(aws.calls.slice(1)).toEqual(["removeReplicas prod/a eu-west-1", "scheduleDeletion prod/a 30"]);
  });

  it("says that nothing was written when the write never arrived", async () => {
    expect(await undoWorld().undo()).toBe("Nothing was written to AWS.");
  });

  it("leaves it when somebody wrote a newer version", async () => {
    const { undo, create, put, look } = undoWorld();
    await create(ours);
    await put(later);
    expect(await undo()).toContain("Somebody wrote a newer version");
    expect(await look()).toBe("later, open");
  });
});

describe("undoTarget of a put", () => {
  it("goes back to the version and the tags before, once", async () => {
    const { aws, undo, begin, put, present, look } = undoWorld();
    const write = await begin();
    await put(ours);
    expect(await undo(write)).toContain("its earlier version as AWSCURRENT again");
    const calls = [...aws.calls];
    expect(await undo(write)).toContain("as it was before");
    expect(await look()).toBe("before, sealed");
    expect((await present()).tags).toEqual(earlierTags);
    expect(aws.calls).toEqual(calls);
  });

  it("takes off the label of a version that never became current", async () => {
    const { undo, begin, put, present, look } = undoWorld();
    const write = await begin();
    await put(ours, ["glovebox-pending"]);
    expect(await undo(write)).toContain("No new version became current");
    expect(await look()).toBe("before, sealed");
    expect((await present()).stagesByVersion[ours]).toEqual([]);
  });

  it("takes off the labels of older versions, and says which was elsewhere before", async () => {
    const { undo, begin, put, present } = undoWorld();
    const write = await begin();
    await put(older, ["vault-v1"]);
    await put(ours);
    const versions = [
      versionWrite({ stage: "vault-v1", requestToken: older, previousVersionId: later }),
      ...(write.versions ?? []),
    ];
    expect(await undo({ ...write, versions })).toContain("The label vault-v1 was on another version before");
    expect((await present()).stagesByVersion[older]).toEqual([]);
  });

  it("leaves the value alone that was kept", async () => {
    const { aws, undo, begin, look } = undoWorld();
    const write = await begin();
    const versions = [versionWrite({ previousVersionId: before, isKept: true })];
    expect(await undo({ ...write, versions })).toContain("its value stays as it is");
    expect(await look()).toBe("before, sealed");
    expect(aws.calls.filter((call) => call.startsWith("moveCurrent"))).toEqual([]);
  });

  it("gives an adopted target back without any tag of ours", async () => {
    const { undo, begin, put, present } = undoWorld();
    const write = await begin({ team: "theirs" });
    await put(ours);
    expect(await undo({ ...write, isAdopted: true })).toContain("its earlier version as AWSCURRENT again");
    expect((await present()).tags).toEqual({ team: "theirs" });
  });

  it("schedules again what was scheduled for deletion before the run, wherever it stopped", async () => {
    for (const stopsAfter of ["restore", "tags", "put"]) {
      const { aws, undo, create, put, noted, look } = undoWorld();
      await create(before, earlierTags);
      await aws.scheduleDeletion(ref, 30);
      const write = await noted();
      await aws.restore(ref);
      if (stopsAfter !== "restore") await aws.setTags(ref, tags);
      if (stopsAfter === "put") await put(ours);
      expect(await undo(write), stopsAfter).toContain("scheduled for deletion again");
      expect(await undo(write), stopsAfter).toContain("scheduled for deletion again");
      expect(await look(), stopsAfter).toBe("before, scheduled for deletion, sealed");
    }
  });

  it("puts policy, replicas and key back, and says that a description can't be taken away", async () => {
    const settings = { description: "d", replicaRegions: ["eu-west-1"], resourcePolicy: "{}" };
    const { aws, undo, begin, put, present } = undoWorld({ settings, kmsKeyId: "alias/bank" });
    const write = await begin();
    await aws.applySettings({ ...ref, kmsKeyId: "alias/bank" }, settings);
    await put(ours);
    expect(await undo(write)).toContain("The description that it got stays");
    expect(await present()).toMatchObject({ kmsKeyId: null, replicas: [], tags: earlierTags });
    expect(await aws.readPolicy(ref)).toBeNull();
  });

  it.each([
    ["nobody's", {}],
    ["another installation's", { ...tags, [INSTALLATION_TAG]: "glovebox-test" }],
    ["another run's", { ...tags, [MIGRATION_TAG]: randomUUID() }],
  ])("never touches a target that is %s, whatever the journal says", async (_whose, foreignTags) => {
    const { aws, undo, create, noted } = undoWorld();
    await create(ours, foreignTags);
    expect(await undo()).toContain("left it as it is");
    expect(await undo(await noted())).toContain("left it as it is");
    expect(aws.calls).toEqual(["create prod/a"]);
  });

  it("leaves a target that somebody wrote a newer version to", async () => {
    const { undo, begin, put, look } = undoWorld();
    const write = await begin();
    await put(ours);
    await put(later);
    expect(await undo(write)).toContain("Somebody wrote a newer version");
    expect(await look()).toBe("later, open");
  });

  it("does not displace somebody who writes while it looks", async () => {
    const { aws, undo, begin, put, present, look } = undoWorld();
    const write = await begin();
    await put(ours);
    const seen = await present();
    await put(later);
    const stale = { ...aws, describe: async () => seen };
    await expect(undo(write, stale)).rejects.toThrow(TargetMovedOnError);
    expect(await look()).toBe("later, open");
  });

  it("says what it can't put back when there was no current version before", async () => {
    const { undo, begin, put, look } = undoWorld();
    const write = await begin();
    await put(ours);
    expect(await undo({ ...write, versions: [versionWrite()] })).toContain("none to go back to");
    expect(await look()).toBe("ours, open");
  });
});
