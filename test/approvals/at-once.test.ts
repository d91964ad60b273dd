import { sql } from "kysely";
import { describe, expect, it } from "vitest";
import { keepGate } from "../../src/approvals/keep-gate.ts";
import { orderUndo } from "../../src/approvals/order-undo.ts";
import { rejectRequest } from "../../src/approvals/reject-request.ts";
import { withdrawRequest } from "../../src/approvals/withdraw-request.ts";
import { GloveboxError } from "../../src/errors.ts";
import { openCase } from "../../src/support/open-case.ts";
import { crashWorld } from "../migration/crash-world.ts";
import { APPROVER, ENGINEER } from "../migration/engine-world.ts";

describe("approvals, refusals, moves, undos, cases and the gate, all at once", () => {
  it("wait for each other in one order: nobody is thrown out of a deadlock, and the chain has no fork", async () => {
    const world = await crashWorld({ fenceSeconds: 20 });
    const { store, decide, lease, gate, now } = { ...world, now: () => new Date() };
    const failures: unknown[] = [];
    const all: Promise<unknown>[] = [];
    const start = (deed: Promise<unknown>): void => {
      all.push(deed.catch((error: unknown) => failures.push(error)));
    };
    const migrateAndUndo = async (requestId: string): Promise<void> => {
      const { migrationId } = await world.approve(requestId);
      await world.takeOver(migrationId);
      const undo = () => orderUndo(decide, { requestId, by: APPROVER });
      await Promise.allSettled([undo(), undo(), world.takeOver(migrationId)]);
      await world.takeOver(migrationId);
    };
    for (let turn = 0; turn < 12; turn += 1) {
      const requestId = await world.request(await lease.put(`at-once-${turn}`, { a: "1" }));
      if (turn % 2 === 0) start(migrateAndUndo(requestId));
      else {
        // Three want to end it at once, and one of them does.
        start(world.approve(requestId));
        start(withdrawRequest(decide, { requestId, by: ENGINEER }));
        start(rejectRequest(decide, { requestId, version: 1, by: APPROVER, reasonCode: "other", reason: "not now" }));
      }
      start(openCase({ store, now }, { topic: `Request ${requestId}`, openedBy: ENGINEER, requestId, entryId: null }));
      start(keepGate(gate));
    }
    await Promise.all(all);
    expect(failures.filter((error) => !(error instanceof GloveboxError))).toEqual([]);
    expect(failures).toHaveLength(2 * 6); // of three who wanted to end one request, two each
    const { rows } = await sql<{ state: string; count: number }>`
      select state, count(*)::int as count from migration group by state`.execute(store);
    expect(rows.find(({ state }) => state === "undone")?.count).toBe(6);
    const { rows: forks } = await sql`
      select this.seq from audit_event this left join audit_event previous on previous.seq = this.seq - 1
      where this.seq > 1 and previous.hash is distinct from this.previous_hash`.execute(store);
    expect(forks).toEqual([]);
  });
});
