import { describe, expect, it } from "vitest";
import { acceptEnvelope } from "../../src/approvals/accept-envelope.ts";
import {
  AlreadyDecidedError,
  NothingToStopError,
  NothingToTakeOverError,
  NotRequesterError,
  TargetClaimedError,
} from "../../src/approvals/errors.ts";
import { SignatureRefusedError } from "../../src/approvals/read-signed.ts";
import { retryMigration } from "../../src/approvals/retry-migration.ts";
import { stopRequest } from "../../src/approvals/stop-request.ts";
import { takeOverTarget } from "../../src/approvals/take-over-target.ts";
import type { TargetConflict } from "../../src/store/tables/migrations.ts";
import { APPROVER, addEntry, contentOf, ENGINEER, requestWorld, STRANGER, sentEnvelope } from "./request-world.ts";

const seen = {
  arn: "arn:aws:secretsmanager:eu-central-1:111122223333:secret:x-AbCdEf",
  versionId: "v1",
  isTombstone: false,
};
const conflict: TargetConflict = {
  ...seen,
  targetName: "prod/team-a/stripe",
  keys: null,
  whole: "different",
  tags: { team: "ledger" },
  others: [],
};

async function conflictWorld(patch: Partial<TargetConflict> = {}) {
  const world = await requestWorld();
  const requestId = await world.request();
  const { migrationId } = await world.approve(requestId);
  await world.engineLeft(migrationId, "failed");
  const comparison = JSON.stringify({ ...conflict, ...patch });
  await world.store.updateTable("migration").set({ comparison }).where("id", "=", migrationId).execute();
  const takeOver = (patched: Partial<Parameters<typeof takeOverTarget>[1]> = {}) =>
    takeOverTarget(world.deps, { requestId, version: 1, by: ENGINEER, seen, ...patched });
  const accept = async (envelopeId: string) =>
    acceptEnvelope(world.intake, await sentEnvelope(world.store, envelopeId));
  return { ...world, requestId, migrationId, takeOver, accept };
}

describe("takeOverTarget", () => {
  it("asks again with the target as it was met; the approvers decide anew, and the old yes counts no more", async () => {
    const world = await conflictWorld();
    const { envelopeId } = await world.takeOver();
    expect(await world.statusOf(world.requestId)).toBe("failed"); // until intake has it
    expect(await world.accept(envelopeId)).toEqual({ requestId: world.requestId });
    expect(await world.statusOf(world.requestId)).toBe("waiting");
    await expect(world.approve(world.requestId, APPROVER, 1)).rejects.toThrow();
    await expect(retryMigration(world.deps, { requestId: world.requestId, by: ENGINEER })).rejects.toThrow();
    const { migrationId } = await world.approve(world.requestId, APPROVER, 2);
    const { bytes } = await world.store
      .selectFrom("migration")
      .innerJoin("statement", "statement.id", "migration.statementId")
      .select("bytes")
      .where("migration.id", "=", migrationId)
      .executeTakeFirstOrThrow();
    expect(JSON.parse(bytes)).toMatchObject({ adopt: seen, requestVersion: 2 });
  });

  it.each([
    ["somebody else", { by: STRANGER }, NotRequesterError],
    ["an approver", { by: APPROVER }, NotRequesterError],
    ["an older version of the request", { version: 2 }, NothingToTakeOverError],
    ["another ARN", { seen: { ...seen, arn: `${seen.arn}2` } }, NothingToTakeOverError],
    ["another version in AWS", { seen: { ...seen, versionId: null } }, NothingToTakeOverError],
    ["a tombstone that was none", { seen: { ...seen, isTombstone: true } }, NothingToTakeOverError],
  ])("is refused for %s, and nothing is sent", async (_who, patch, expected) => {
    const world = await conflictWorld();
    const before = await world.store.selectFrom("outbox").select("id").execute();
    await expect(world.takeOver(patch)).rejects.toThrow(expected);
    expect(await world.store.selectFrom("outbox").select("id").execute()).toEqual(before);
  });

  it("is refused where two targets are taken, where none was met, and for a request that was altered", async () => {
    const two = await conflictWorld({ others: ["prod/x/two"] });
    await expect(two.takeOver()).rejects.toThrow(NothingToTakeOverError);
    const none = await conflictWorld();
    await none.store.updateTable("migration").set({ comparison: null }).execute();
    await expect(none.takeOver()).rejects.toThrow(NothingToTakeOverError);
    const altered = await conflictWorld();
    const { content } = await altered.store.selectFrom("request").select("content").executeTakeFirstOrThrow();
    await altered.store
      .updateTable("request")
      .set({ content: content.replace("team-a/stripe", "team-b/other") })
      .execute();
    await expect(altered.takeOver()).rejects.toThrow(SignatureRefusedError);
  });

  it("comes too late after a retry: the move that is under way keeps its approval", async () => {
    const world = await conflictWorld();
    const { envelopeId } = await world.takeOver();
    await retryMigration(world.deps, { requestId: world.requestId, by: ENGINEER });
    await expect(world.accept(envelopeId)).rejects.toThrow(AlreadyDecidedError);
    expect(await world.statusOf(world.requestId)).toBe("approved");
  });
});

describe("a retry", () => {
  it("is refused where another secret's request took the name meanwhile", async () => {
    const world = await conflictWorld();
    await addEntry(world.store, "team-b/other", 1);
    const { source } = contentOf({}, "team-b/other");
    const other = { ...contentOf(), source };
    await world.request(other);
    const retry = retryMigration(world.deps, { requestId: world.requestId, by: ENGINEER });
    await expect(retry).rejects.toThrow(TargetClaimedError);
    expect(await world.statusOf(world.requestId)).toBe("failed");
  });
});

describe("stopRequest", () => {
  it("ends a failed request for good, by its requester alone", async () => {
    const world = await conflictWorld();
    const { requestId } = world;
    await expect(stopRequest(world.deps, { requestId, by: APPROVER })).rejects.toThrow(NotRequesterError);
    await stopRequest(world.deps, { requestId, by: ENGINEER });
    expect(await world.statusOf(requestId)).toBe("withdrawn");
    await expect(stopRequest(world.deps, { requestId, by: ENGINEER })).rejects.toThrow(NothingToStopError);
    await expect(world.takeOver()).rejects.toThrow(NothingToTakeOverError);
    await expect(retryMigration(world.deps, { requestId, by: ENGINEER })).rejects.toThrow();
  });

  it("stops nothing that waits", async () => {
    const world = await requestWorld();
    const requestId = await world.request();
    await expect(stopRequest(world.deps, { requestId, by: ENGINEER })).rejects.toThrow(NothingToStopError);
  });
});
