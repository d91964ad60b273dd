import { describe, expect, it } from "vitest";
import { orderUndo } from "../../src/approvals/order-undo.ts";
import { rejectRequest } from "../../src/approvals/reject-request.ts";
import { listRequestStates, loadRequestState } from "../../src/migration/load-request-state.ts";
import { APPROVER, addEntry, contentOf, ENGINEER, requestWorld, SECOND_APPROVER } from "../approvals/request-world.ts";

async function stateWorld() {
  const world = await requestWorld();
  const requestId = await world.request();
  const load = async () => {
    const state = await loadRequestState(world.store, requestId, world.clock.now());
    if (!state) throw new Error("no state");
    return state;
  };
  return { ...world, requestId, load };
}

describe("loadRequestState", () => {
  it("says what was asked and who must act", async () => {
    const { load } = await stateWorld();
    const state = await load();
    expect(state).toMatchObject({ status: "waiting", requester: ENGINEER, content: contentOf(), migration: null });
    expect(state.nextStep).toMatch(/^An approver must approve or reject it by .* UTC\.$/);
  });

  it("says who decided, and forgets a decision on an older version", async () => {
    const { load, approve, requestId, engineLeft, store } = await stateWorld();
    const { migrationId } = await approve(requestId);
    expect(await load()).toMatchObject({ decision: { verdict: "approve", by: APPROVER }, migration: { attempt: 1 } });
    await engineLeft(migrationId, "failed");
    await store.updateTable("request").set({ version: 2, status: "waiting" }).execute();
    expect(await load()).toMatchObject({ decision: null });
  });

  it("keeps the reason of a rejection", async () => {
    const { load, deps, requestId } = await stateWorld();
    await rejectRequest(deps, { requestId, version: 1, by: APPROVER, reasonCode: "other", reason: "Ask team-b" });
    expect(await load()).toMatchObject({ decision: { verdict: "reject", reason: "Another reason: Ask team-b" } });
  });

  it("offers Retry after a failure while the approval is valid", async () => {
    const { load, approve, requestId, engineLeft, clock } = await stateWorld();
    const { migrationId } = await approve(requestId);
    await engineLeft(migrationId, "failed");
    expect(await load()).toMatchObject({ migration: { canRetry: true, canUndo: false } });
    clock.advanceHours(25);
    const late = await load();
    expect(late).toMatchObject({ migration: { canRetry: false } });
    expect(late.nextStep).toContain("request it again");
  });

  it("offers Undo once it is done, until the undo is ordered", async () => {
    const { load, approve, requestId, engineLeft, deps } = await stateWorld();
    const { migrationId } = await approve(requestId);
    await engineLeft(migrationId, "done");
    expect(await load()).toMatchObject({ status: "migrated", migration: { canUndo: true, canRetry: false } });
    await orderUndo(deps, { requestId, by: SECOND_APPROVER });
    const ordered = await load();
    expect(ordered).toMatchObject({ migration: { canUndo: false } });
    expect(ordered.nextStep).toContain("undo is ordered");
  });

  it("says that a pause holds up what is approved", async () => {
    const { load, approve, requestId, store } = await stateWorld();
    await approve(requestId);
    await store.updateTable("control").set({ isPaused: true }).execute();
    expect((await load()).nextStep).toContain("paused all moves");
  });

  it("knows no request by a wrong number", async () => {
    const { store } = await stateWorld();
    expect(await loadRequestState(store, "RQ-1")).toBeNull();
  });
});

describe("listRequestStates", () => {
  it("gives a person's, a status's or a secret's requests, the newest first", async () => {
    const { store, approve, requestId, engineLeft, request, clock, entryId } = await stateWorld();
    const { migrationId } = await approve(requestId);
    await engineLeft(migrationId, "failed");
    clock.advanceHours(1);
    const second = await request();
    await addEntry(store, "team-b/other", 1);
    const idsOf = async (filter: object) => (await listRequestStates(store, filter)).map(({ id }) => id);
    expect(await idsOf({})).toEqual([second, requestId]);
    expect(await idsOf({ statuses: ["waiting"] })).toEqual([second]);
    expect(await idsOf({ requester: APPROVER })).toEqual([]);
    expect(await idsOf({ entryId, limit: 1 })).toEqual([second]);
  });
});
