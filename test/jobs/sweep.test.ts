import { describe, expect, it } from "vitest";
import { ringByQueue } from "../../jobs/migrate.ts";
import { sweep } from "../../jobs/sweep.ts";
import { orderUndo } from "../../src/approvals/order-undo.ts";
import { APPROVER, addEntry, requestWorld, SECOND_APPROVER } from "../approvals/request-world.ts";
import { fakeQueues } from "../fakes/queues.ts";

async function sweepWorld() {
  const world = await requestWorld();
  const swept = async () => {
    const queues = fakeQueues();
    await sweep({ store: world.store, queues, ringMigration: ringByQueue(queues), now: world.clock.now });
    const rung = (name: string) => queues.rings.filter((ring) => ring.name === name).map(({ jobId }) => jobId);
    return { migrations: rung("migrate"), deliveries: rung("deliver") };
  };
  return { ...world, swept };
}

describe("sweep", () => {
  it("rings again for a queued migration whose ring was lost, and for one that a crash left half way", async () => {
    const world = await sweepWorld();
    const { migrationId } = await world.approve(await world.request());
    expect((await world.swept()).migrations).toEqual([`${migrationId}-1`]);
    await world.store.updateTable("migration").set({ state: "written" }).execute();
    expect((await world.swept()).migrations).toEqual([`${migrationId}-1`]);
  });

  it.each(["done", "failed", "undone"] as const)("rings no more for a migration that is %s", async (state) => {
    const world = await sweepWorld();
    const { migrationId } = await world.approve(await world.request());
    await world.engineLeft(migrationId, state);
    expect((await world.swept()).migrations).toEqual([]);
  });

  it("rings for an ordered undo", async () => {
    const world = await sweepWorld();
    const requestId = await world.request();
    const { migrationId } = await world.approve(requestId, APPROVER);
    await world.engineLeft(migrationId, "done");
    await orderUndo(world.deps, { requestId, by: SECOND_APPROVER });
    expect((await world.swept()).migrations).toEqual([`${migrationId}-1`]);
  });

  it("lets a migration wait for its earliest time", async () => {
    const world = await sweepWorld();
    const notBefore = new Date(world.clock.now().getTime() + 2 * 3_600_000).toISOString();
    const { migrationId } = await world.approve(await world.request({ notBefore }));
    expect((await world.swept()).migrations).toEqual([]);
    world.clock.advanceHours(3);
    expect((await world.swept()).migrations).toEqual([`${migrationId}-1`]);
  });

  it("rings for the oldest waiting delivery of each subject", async () => {
    const world = await sweepWorld();
    const requestId = await world.request();
    await world.approve(requestId);
    await addEntry(world.store, "team-b/other", 1);
    const rows = await world.store.selectFrom("outbox").select(["id", "subject"]).orderBy("id").execute();
    const oldest = [...new Set(rows.map(({ subject }) => subject))].map(
      (subject) => `outbox-${rows.find((row) => row.subject === subject)?.id}`,
    );
    expect((await world.swept()).deliveries.sort()).toEqual(oldest.sort());
  });

  it("ends the wait of requests that nobody decided", async () => {
    const world = await sweepWorld();
    const requestId = await world.request();
    world.clock.advanceHours(73);
    await world.swept();
    expect(await world.statusOf(requestId)).toBe("expired");
  });
});
