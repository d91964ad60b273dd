import { describe, expect, it } from "vitest";
import { ApprovalStatement, UndoOrder } from "../../src/approvals/content.ts";
import {
  AlreadyDecidedError,
  ApprovalExpiredError,
  LooksLikeSecretError,
  NotAllowedError,
  NothingToRetryError,
  NothingToUndoError,
  NotRequesterError,
  OpenRequestExistsError,
  OwnRequestError,
  UndoAlreadyOrderedError,
} from "../../src/approvals/errors.ts";
import { expireRequests } from "../../src/approvals/expire-requests.ts";
import { orderUndo } from "../../src/approvals/order-undo.ts";
import { readSigned, SignatureRefusedError } from "../../src/approvals/read-signed.ts";
import { rejectRequest } from "../../src/approvals/reject-request.ts";
import { retryMigration } from "../../src/approvals/retry-migration.ts";
import { withdrawRequest } from "../../src/approvals/withdraw-request.ts";
import { APPROVER, ENGINEER, requestWorld, SECOND_APPROVER, STRANGER } from "./request-world.ts";

const rejection = { version: 1, by: APPROVER, reasonCode: "wrong-target", reason: "Use the shared account" };

describe("rejectRequest", () => {
  it("records the reason and tells the requester word for word", async () => {
    const world = await requestWorld();
    const requestId = await world.request();
    await rejectRequest(world.deps, { requestId, ...rejection });
    expect(await world.statusOf(requestId)).toBe("rejected");
    const reason = "The target is wrong: Use the shared account";
    expect(await world.store.selectFrom("decision").select(["verdict", "reason"]).execute()).toEqual([
      { verdict: "reject", reason },
    ]);
    expect(await world.deliveries(`request:${requestId}`)).toContainEqual({
      kind: "notice",
      detail: expect.objectContaining({ event: "rejected", by: APPROVER, reason }),
    });
  });

  it("answers who rejected it when an approver clicks Approve afterwards, and the other way round", async () => {
    const world = await requestWorld();
    const requestId = await world.request();
    await rejectRequest(world.deps, { requestId, ...rejection });
    const late = world.approve(requestId, SECOND_APPROVER);
    await expect(late).rejects.toMatchObject({ userMessage: expect.stringContaining("<@U0APPROVER> rejected this") });
    const approved = await world.request();
    await world.approve(approved);
    await expect(rejectRequest(world.deps, { requestId: approved, ...rejection })).rejects.toThrow(AlreadyDecidedError);
  });

  it("refuses strangers, the requester, and a reason that looks like a credential", async () => {
    const world = await requestWorld();
    const requestId = await world.request({ requester: APPROVER });
    const reject = (patch: object) => rejectRequest(world.deps, { requestId, ...rejection, ...patch });
    await expect(reject({ by: STRANGER })).rejects.toThrow(NotAllowedError);
    await expect(reject({ by: APPROVER })).rejects.toThrow(OwnRequestError);
    const reason = ["AKIA", "IOSFODNN7EXAMPLE"].join("");
    await expect(reject({ by: SECOND_APPROVER, reason })).rejects.toThrow(LooksLikeSecretError);
    expect(await world.statusOf(requestId)).toBe("waiting");
  });
});

describe("withdrawRequest", () => {
  it("lets the requester, and nobody else, take a waiting request back", async () => {
    const world = await requestWorld();
    const requestId = await world.request();
    const withdraw = (by: string) => withdrawRequest(world.deps, { requestId, by });
    await expect(withdraw(APPROVER)).rejects.toThrow(NotRequesterError);
    await withdraw(ENGINEER);
    expect(await world.statusOf(requestId)).toBe("withdrawn");
    await expect(world.approve(requestId)).rejects.toMatchObject({
      userMessage: expect.stringContaining(`<@${ENGINEER}> withdrew this`),
    });
  });

  it("is too late after the approval", async () => {
    const world = await requestWorld();
    const requestId = await world.request();
    await world.approve(requestId);
    await expect(withdrawRequest(world.deps, { requestId, by: ENGINEER })).rejects.toThrow(AlreadyDecidedError);
  });
});

describe("expireRequests", () => {
  it("ends the wait of what nobody decided in time, once, and tells the requester", async () => {
    const world = await requestWorld();
    const requestId = await world.request();
    expect(await expireRequests(world.deps)).toEqual([]);
    world.clock.advanceHours(73);
    expect(await expireRequests(world.deps)).toEqual([requestId]);
    expect(await expireRequests(world.deps)).toEqual([]);
    expect(await world.statusOf(requestId)).toBe("expired");
    const notices = (await world.deliveries(`request:${requestId}`)).filter(({ kind }) => kind === "notice");
    expect(notices).toMatchObject([{ detail: { event: "expired" } }]);
    await expect(world.approve(requestId)).rejects.toThrow(AlreadyDecidedError);
  });

  it("leaves a decided request alone", async () => {
    const world = await requestWorld();
    const requestId = await world.request();
    await world.approve(requestId);
    world.clock.advanceHours(73);
    expect(await expireRequests(world.deps)).toEqual([]);
    expect(await world.statusOf(requestId)).toBe("approved");
  });
});

describe("retryMigration", () => {
  const failed = async () => {
    const world = await requestWorld();
    const requestId = await world.request();
    const { migrationId } = await world.approve(requestId);
    await world.engineLeft(migrationId, "failed");
    return { world, requestId, retry: (by: string) => retryMigration(world.deps, { requestId, by }) };
  };

  it.each([
    ["the requester", ENGINEER],
    ["an approver", SECOND_APPROVER],
  ])("lets %s start the next attempt under the same approval", async (_who, by) => {
    const { world, requestId, retry } = await failed();
    const { migrationId, attempt } = await retry(by);
    expect(attempt).toBe(2);
    expect(world.rung.at(-1)).toBe(`${migrationId}-2`);
    expect(await world.statusOf(requestId)).toBe("approved");
    const rows = await world.store.selectFrom("migration").select("statementId").distinct().execute();
    expect(rows).toHaveLength(1);
  });

  it("makes one attempt of two simultaneous clicks", async () => {
    const { retry } = await failed();
    const results = await Promise.allSettled([retry(ENGINEER), retry(APPROVER)]);
    expect(results.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    await expect(retry(ENGINEER)).rejects.toThrow(NothingToRetryError);
  });

  it("refuses strangers", async () => {
    const { retry } = await failed();
    await expect(retry(STRANGER)).rejects.toThrow(NotAllowedError);
  });

  it("refuses when the approval is over", async () => {
    const { world, retry } = await failed();
    world.clock.advanceHours(25);
    await expect(retry(ENGINEER)).rejects.toThrow(ApprovalExpiredError);
  });

  it("refuses when the approval was given another life in the database", async () => {
    const { world, retry } = await failed();
    const { bytes } = await world.store.selectFrom("statement").select("bytes").executeTakeFirstOrThrow();
    const { expiresAt } = ApprovalStatement.parse(JSON.parse(bytes));
    const forged = bytes.replace(expiresAt, "2099-01-01T00:00:00.000Z");
    await world.store.updateTable("statement").set({ bytes: forged }).execute();
    await expect(retry(ENGINEER)).rejects.toThrow(SignatureRefusedError);
  });

  it("refuses when somebody asked for the secret anew meanwhile", async () => {
    const { world, retry } = await failed();
    await world.request();
    await expect(retry(ENGINEER)).rejects.toThrow(OpenRequestExistsError);
  });
});

describe("orderUndo", () => {
  const done = async () => {
    const world = await requestWorld();
    const requestId = await world.request({ requester: APPROVER });
    const { migrationId, attempt } = await world.approve(requestId, SECOND_APPROVER);
    await world.engineLeft(migrationId, "done");
    return { world, requestId, migrationId, attempt, undo: (by: string) => orderUndo(world.deps, { requestId, by }) };
  };

  it("signs the order of an approver and rings", async () => {
    const { world, migrationId, attempt, undo } = await done();
    await undo(SECOND_APPROVER);
    const row = await world.store
      .selectFrom("migration")
      .select(["undoOrder", "undoSignature", "undoKeyId"])
      .executeTakeFirstOrThrow();
    const signed = { bytes: String(row.undoOrder), signature: String(row.undoSignature), keyId: String(row.undoKeyId) };
    const order = readSigned(world.keyring, "undo", signed, UndoOrder);
    expect(order).toMatchObject({ migrationId, orderedBy: SECOND_APPROVER });
    expect(world.rung).toEqual(Array(2).fill(`${migrationId}-${attempt}`));
  });

  it("answers a second order with who gave the first, until that one is over", async () => {
    const { world, undo } = await done();
    await undo(SECOND_APPROVER);
    const second = undo(SECOND_APPROVER);
    await expect(second).rejects.toThrow(UndoAlreadyOrderedError);
    world.clock.advanceHours(25);
    await undo(SECOND_APPROVER);
  });

  it("refuses strangers, and the requester even as an approver", async () => {
    const { undo } = await done();
    await expect(undo(STRANGER)).rejects.toThrow(NotAllowedError);
    await expect(undo(APPROVER)).rejects.toThrow(OwnRequestError);
  });

  it("refuses what is not moved, or undone already", async () => {
    const { world, migrationId, undo } = await done();
    await world.engineLeft(migrationId, "undone");
    await expect(undo(SECOND_APPROVER)).rejects.toThrow(NothingToUndoError);
  });
});
