import { describe, expect, inject, it, onTestFinished } from "vitest";
import { type AwsCall, nameAwsCall } from "../../dev/aws/aws-call.ts";
import { type AwsFront, startAwsFront } from "../../dev/aws/strict-front/start-front.ts";
import { FaultList } from "../../dev/faults/fault-list.ts";
import { startHttpFront } from "../../dev/faults/http-front.ts";
import { orderUndo } from "../../src/approvals/order-undo.ts";
import { loadRequestState } from "../../src/migration/load-request-state.ts";
import { type CrashWorld, crashWorld, FINISHED } from "./crash-world.ts";
import { APPROVER, NOTHING_LEFT } from "./engine-world.ts";
import { attempt, causeOf, goOn, retry, UNTOUCHED, WAITING } from "./fault-ends.ts";

async function behindAwsFront(): Promise<{ world: CrashWorld; aws: AwsFront }> {
  const aws = await startAwsFront(inject("stack").aws.endpointUrl);
  onTestFinished(() => aws.stop());
  return { world: await crashWorld({ awsEndpoint: aws.url, fenceSeconds: 20 }), aws };
}

/** AWS behind a front that gives another value back than was written. */
async function behindLyingAws(): Promise<CrashWorld> {
  const front = await startHttpFront({
    target: inject("stack").aws.endpointUrl,
    faults: new FaultList<AwsCall>(),
    nameCall: nameAwsCall,
    rule: async ({ action }, request, askTarget) => {
      if (action !== "GetSecretValue") return undefined;
      const { status, body } = await askTarget(request);
      const headers = { "content-type": "application/x-amz-json-1.1" };
      return { answer: { status, headers, body: JSON.stringify({ ...JSON.parse(body), SecretString: "another" }) } };
    },
  });
  onTestFinished(() => front.stop());
  return crashWorld({ awsEndpoint: front.url, fenceSeconds: 20 });
}

describe("a migration whose AWS fails", () => {
  it("writes nothing when AWS is down before the write, says what it waits for, and goes on by itself", async () => {
    const { world, aws } = await behindAwsFront();
    const { id } = await world.orderNew();
    aws.down(true);
    expect(await attempt(world, id)).toBe("TARGET_UNAVAILABLE");
    aws.down(false);
    const { text } = await causeOf(world, id);
    expect(text).toBe("AWS did not answer; I go on by myself. Nothing was written to AWS.");
    expect(await world.outcomeOf(id)).toMatchObject(WAITING);
    await goOn(world, id);
    expect(await world.outcomeOf(id)).toMatchObject(FINISHED);
  });

  it("writes once when the answer to the write is lost once", async () => {
    const { world, aws } = await behindAwsFront();
    const { id } = await world.orderNew();
    aws.fault({ kind: "lost-answer", action: "CreateSecret" });
    await world.migrate(id);
    expect(await world.outcomeOf(id)).toMatchObject(FINISHED);
    expect(aws.calls().filter(({ action }) => action === "CreateSecret")).toHaveLength(2);
  });

  it("leaves what arrived when every answer to the write is lost, and goes on from it", async () => {
    const { world, aws } = await behindAwsFront();
    const { id } = await world.orderNew();
    aws.fault({ kind: "lost-answer", action: "CreateSecret", times: Number.POSITIVE_INFINITY });
    expect(await attempt(world, id)).toBe("TARGET_UNAVAILABLE");
    aws.clearFaults();
    expect((await causeOf(world, id)).text).toContain("nothing is written twice");
    expect(await world.outcomeOf(id)).toMatchObject({
      state: "closed",
      target: "live",
      versionCount: 1,
      left: NOTHING_LEFT,
    });
    await goOn(world, id);
    expect(await world.outcomeOf(id)).toMatchObject(FINISHED);
  });

  it("takes it back and parks when AWS has not come back to it within an hour", async () => {
    const { world, aws } = await behindAwsFront();
    const { id } = await world.orderNew();
    aws.fault({ kind: "throttle", action: "GetSecretValue", times: Number.POSITIVE_INFINITY });
    expect(await attempt(world, id)).toBe("TARGET_THROTTLED");
    const longAgo = new Date(Date.now() - 3_700_000);
    await world.store.updateTable("migration").set({ waitingSince: longAgo }).where("id", "=", id).execute();
    await world.migrate(id);
    aws.clearFaults();
    expect((await causeOf(world, id)).text).toContain("scheduled for deletion");
    expect(await world.outcomeOf(id)).toMatchObject({ ...UNTOUCHED, target: "tombstone", versionCount: 1 });
    // The retry restores it and finds the very value there: no second version is put.
    expect(await world.outcomeOf(await retry(world, id))).toMatchObject(FINISHED);
  });

  const goesSilentAtCreate = async (kind: "lost-answer" | "cut") => {
    const { world, aws } = await behindAwsFront();
    const { id } = await world.orderNew();
    aws.fault({ kind, action: "CreateSecret", times: Number.POSITIVE_INFINITY });
    aws.fault({ kind: "cut", action: "DescribeSecret", nth: 2, times: Number.POSITIVE_INFINITY });
    await expect(world.migrate(id)).rejects.toMatchObject({ code: "TARGET_UNAVAILABLE" });
    const cause = await causeOf(world, id);
    expect([cause.code, cause.text]).toEqual([
      "TARGET_UNAVAILABLE",
      expect.stringContaining("If the write reached AWS I find it there"),
    ]);
    expect(await world.rowOf(id)).toMatchObject({ state: "closed", finishedAt: null });
    expect(await world.leftovers()).toEqual(NOTHING_LEFT);
    aws.clearFaults();
    return { world, id };
  };

  it.each([
    ["the write had arrived", "lost-answer"],
    ["it had not", "cut"],
  ] as const)("waits while nobody can know, then ends it once: %s", async (_what, kind) => {
    const { world, id } = await goesSilentAtCreate(kind);
    await world.migrate(id);
    expect(await world.outcomeOf(id)).toMatchObject(FINISHED);
    expect(await causeOf(world, id)).toEqual({ code: null, text: "" });
  });

  it("waits while nobody can know, then fails cleanly if the approval no longer counts", async () => {
    const { world, id } = await goesSilentAtCreate("cut");
    world.membership.groups.S0APPROVERS = [];
    await world.migrate(id);
    expect((await causeOf(world, id)).code).toBe("APPROVER_GONE");
    expect(await world.outcomeOf(id)).toMatchObject(UNTOUCHED);
  });

  const undoWhileDown = async () => {
    const { world, aws } = await behindAwsFront();
    const { id } = await world.orderNew();
    await world.migrate(id);
    const { requestId } = await world.rowOf(id);
    await orderUndo(world.decide, { requestId, by: APPROVER });
    aws.down(true);
    await expect(world.migrate(id)).rejects.toMatchObject({ code: "TARGET_UNAVAILABLE" });
    aws.down(false);
    return { world, aws, id, requestId };
  };

  it("adds a second version once when the answers to its write are lost", async () => {
    const { world, aws } = await behindAwsFront();
    const { path, id: first } = await world.orderNew();
    await world.migrate(first);
    const id = await world.orderSecond(path, first);
    aws.fault({ kind: "lost-answer", action: "PutSecretValue", times: Number.POSITIVE_INFINITY });
    aws.fault({ kind: "cut", action: "DescribeSecret", nth: 2, times: Number.POSITIVE_INFINITY });
    await expect(world.migrate(id)).rejects.toMatchObject({ code: "TARGET_UNAVAILABLE" });
    aws.clearFaults();
    await world.migrate(id);
    expect(await world.outcomeOf(id)).toMatchObject({ ...FINISHED, versionCount: 2 });
  });

  it("says what an ordered undo waits for while AWS is down, and ends it by itself", async () => {
    const { world, id, requestId } = await undoWhileDown();
    expect(await causeOf(world, id)).toEqual({
      code: "TARGET_UNAVAILABLE",
      text: "AWS did not answer; I go on with the undo by myself, and do nothing twice.",
    });
    expect((await loadRequestState(world.store, requestId))?.nextStep).toContain("I try again by myself");
    await world.migrate(id);
    expect(await world.outcomeOf(id)).toMatchObject({ state: "undone", request: "undone", target: "tombstone" });
    expect(await causeOf(world, id)).toMatchObject({ code: null });
  });

  it("gives an ordered undo back to people when AWS has not come back to it within an hour", async () => {
    const { world, aws, id, requestId } = await undoWhileDown();
    aws.down(true);
    const waitingSince = new Date(Date.now() - 3_700_000);
    await world.store.updateTable("migration").set({ waitingSince }).where("id", "=", id).execute();
    await world.migrate(id);
    aws.down(false);
    expect(await world.rowOf(id)).toMatchObject({ state: "done", undoOrder: null, dueAt: null });
    expect((await causeOf(world, id)).code).toBe("TARGET_UNAVAILABLE");
    await orderUndo(world.decide, { requestId, by: APPROVER });
    await world.migrate(id);
    expect(await world.outcomeOf(id)).toMatchObject({ state: "undone", target: "tombstone" });
  });

  it("takes the write back by itself when AWS gives another value back than was written", async () => {
    const world = await behindLyingAws();
    const { id } = await world.orderNew();
    await world.migrate(id);
    const { code, text } = await causeOf(world, id);
    expect([code, text]).toEqual(["READ_BACK_MISMATCH", expect.stringContaining("scheduled for deletion")]);
    expect(await world.outcomeOf(id)).toMatchObject({ ...UNTOUCHED, target: "tombstone" });
  });
});
