import { describe, expect, it } from "vitest";
import { askUndo } from "../../src/approvals/ask-undo.ts";
import { orderUndo } from "../../src/approvals/order-undo.ts";
import { APPROVER, requestWorld, SECOND_APPROVER } from "./request-world.ts";

async function world() {
  const base = await requestWorld();
  const requestId = await base.request();
  const ask = (reason = "The service reads the wrong account", id = requestId) =>
    askUndo({ store: base.store, now: base.clock.now }, { requestId: id, by: "operator:eve", reason });
  const finish = async () => base.engineLeft((await base.approve(requestId, APPROVER)).migrationId, "done");
  return { ...base, requestId, ask, finish };
}

describe("an operator's wish to undo", () => {
  it("tells the approvers why, stands in the chain, and orders nothing", async () => {
    const { ask, finish, requestId, deliveries, events, store, statusOf } = await world();
    await finish();
    await ask();
    expect(await deliveries(`request:${requestId}`)).toContainEqual({
      kind: "notice",
      detail: { event: "undo-asked", by: "operator:eve", reason: "The service reads the wrong account" },
    });
    expect(await events(`request:${requestId}`)).toContain("request.undo-asked");
    const { undoOrder } = await store.selectFrom("migration").select("undoOrder").executeTakeFirstOrThrow();
    expect([undoOrder, await statusOf(requestId)]).toEqual([null, "migrated"]);
  });

  it("leaves the order to an approver, after which there is nothing left to wish", async () => {
    const { ask, finish, requestId, deps } = await world();
    await finish();
    await ask();
    await orderUndo(deps, { requestId, by: SECOND_APPROVER });
    await expect(ask()).rejects.toMatchObject({ code: "UNDO_ALREADY_ORDERED" });
  });

  it("is refused for a request that nobody knows, one that is not moved, and a reason that looks like a credential", async () => {
    const { ask, finish } = await world();
    await expect(ask("why", "RQ-9")).rejects.toMatchObject({ code: "REQUEST_NOT_FOUND" });
    await expect(ask()).rejects.toMatchObject({ code: "NOTHING_TO_UNDO" });
    await finish();
    await expect(ask("AKIAIOSFODNN7EXAMPLE wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY")).rejects.toMatchObject({
      code: "LOOKS_LIKE_SECRET",
    });
  });
});
