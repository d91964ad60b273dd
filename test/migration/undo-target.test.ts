import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import { PLAIN_SETTINGS } from "../../src/approvals/content.ts";
import { TargetMovedOnError } from "../../src/migration/target-errors.ts";
import { INSTALLATION_TAG, MIGRATION_TAG, STATE_TAG } from "../../src/migration/target-tags.ts";
import { undoTarget } from "../../src/migration/undo-target.ts";
import type { WriteKind } from "../../src/store/schema.ts";
import { fakeSecretTarget, textValue } from "../fakes/secret-target.ts";

const ref = { accountId: "111122223333", region: "eu-central-1", name: "prod/a", kmsKeyId: null };
const migrationId = "5f0c6a0e-7f3e-4f6e-9d9d-0a2b6f6f2c11";
const tags = { [INSTALLATION_TAG]: "glovebox", [MIGRATION_TAG]: migrationId, [STATE_TAG]: "open" };
const [before, ours, later] = [randomUUID(), randomUUID(), randomUUID()];

function undoWorld() {
  const aws = fakeSecretTarget();
  const undo = (write: { kind: WriteKind; previousVersionId?: string | null }) =>
    undoTarget({ target: aws, installation: "glovebox" }, ref, migrationId, {
      requestToken: ours,
      previousVersionId: null,
      ...write,
    });
  const create = (requestToken: string, withTags: Record<string, string> = tags) =>
    aws.create(ref, textValue(requestToken), { requestToken, tags: withTags, settings: PLAIN_SETTINGS });
  const put = (requestToken: string) => aws.put(ref, textValue(requestToken), { requestToken });
  const look = async () => {
    const state = await aws.describe(ref);
    if (state.status === "absent") return "absent";
    const version = new Map<string, string>([
      [before, "before"],
      [ours, "ours"],
      [later, "later"],
    ]).get(state.currentVersionId ?? "");
    return `${version}${state.deletionDate ? ", scheduled for deletion" : ""}, ${state.tags[STATE_TAG] ?? "untagged"}`;
  };
  return { aws, undo, create, put, look };
}

describe("undoTarget", () => {
  it("schedules the deletion of what the run made, once, with 30 days to think again", async () => {
    const { aws, undo, create, look } = undoWorld();
    await create(ours);
    expect(await undo({ kind: "create" as const })).toContain("scheduled for deletion");
    expect(await undo({ kind: "create" as const })).toContain("scheduled for deletion");
    expect(await look()).toBe("ours, scheduled for deletion, open");
    expect(aws.calls).toEqual(["create prod/a", "scheduleDeletion prod/a 30"]);
  });

  it("moves AWSCURRENT back to the version before the run's, once, and seals the target again", async () => {
    const { aws, undo, create, put, look } = undoWorld();
    await create(before);
    await put(ours);
    const write = { kind: "put" as const, previousVersionId: before };
    expect(await undo(write)).toContain("its earlier version as AWSCURRENT again");
    expect(await undo(write)).toContain("its earlier version as AWSCURRENT again");
    expect(await look()).toBe("before, sealed");
    expect(aws.calls.slice(2)).toEqual([`moveCurrent prod/a to ${before}`, "setTags prod/a"]);
  });

  it("schedules again what was scheduled for deletion before the run", async () => {
    const { undo, create, put, look } = undoWorld();
    await create(before);
    await put(ours);
    const write = { kind: "restore-and-put" as const, previousVersionId: before };
    expect(await undo(write)).toContain("scheduled for deletion again");
    expect(await undo(write)).toContain("scheduled for deletion again");
    expect(await look()).toBe("before, scheduled for deletion, sealed");
  });

  it("says that nothing was written when the write never arrived", async () => {
    const { aws, undo, create } = undoWorld();
    expect(await undo({ kind: "create" as const })).toBe("Nothing was written to AWS.");
    await create(before, { ...tags, [STATE_TAG]: "sealed" });
    const text = await undo({ kind: "put" as const, previousVersionId: before });
    expect(text).toContain("No new version was written");
    expect(aws.calls).toEqual(["create prod/a"]);
  });

  it.each([
    ["nobody's", {}],
    ["another installation's", { ...tags, [INSTALLATION_TAG]: "glovebox-test" }],
    ["another run's", { ...tags, [MIGRATION_TAG]: randomUUID() }],
  ])("never touches a target that is %s, whatever the journal says", async (_whose, foreignTags) => {
    const { aws, undo, create } = undoWorld();
    await create(ours, foreignTags);
    expect(await undo({ kind: "create" as const })).toContain("left it as it is");
    expect(await undo({ kind: "put" as const, previousVersionId: before })).toContain("left it as it is");
    expect(aws.calls).toEqual(["create prod/a"]);
  });

  it.each([
    ["made", { kind: "create" as const }],
    ["added a version to", { kind: "put" as const, previousVersionId: before }],
  ])("leaves a target that the run %s when somebody wrote a newer version", async (_what, write) => {
    const { undo, create, put, look } = undoWorld();
    await create(write.kind === "create" ? ours : before);
    await put(ours);
    await put(later);
    expect(await undo(write)).toContain("Somebody wrote a newer version");
    expect(await look()).toBe("later, open");
  });

  it("does not displace somebody who writes while it looks", async () => {
    const { aws, create, put, look } = undoWorld();
    await create(before);
    await put(ours);
    const seen = await aws.describe(ref);
    await put(later);
    const stale = { ...aws, describe: async () => seen };
    const write = { requestToken: ours, kind: "put" as const, previousVersionId: before };
    const undo = undoTarget({ target: stale, installation: "glovebox" }, ref, migrationId, write);
    await expect(undo).rejects.toThrow(TargetMovedOnError);
    expect(await look()).toBe("later, open");
  });

  it("says what it can't put back when there was no current version before", async () => {
    const { undo, create, look } = undoWorld();
    await create(ours);
    expect(await undo({ kind: "put" as const, previousVersionId: null })).toContain("none to go back to");
    expect(await look()).toBe("ours, open");
  });
});
