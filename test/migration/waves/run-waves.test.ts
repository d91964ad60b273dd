import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { setPaused } from "../../../src/approvals/set-paused.ts";
import { listUnfinishedMigrations } from "../../../src/migration/list-unfinished.ts";
import { pauseWave, startWave } from "../../../src/migration/waves/control-wave.ts";
import { createWave } from "../../../src/migration/waves/create-wave.ts";
import { slotsNow } from "../../../src/migration/waves/release-items.ts";
import { WaveNotPossibleError, WaveUnknownError } from "../../../src/migration/waves/wave-errors.ts";
import { draftOf, waveWorld } from "./wave-world.ts";

const MANY = Array.from({ length: 12 }, (_, index) => `s${String(index).padStart(2, "0")}`);
const BY = "operator:ops";

describe("running a wave", () => {
  it("releases nothing before it is started, and the sweep rings for nothing that is held", async () => {
    const { store, clock, asked, look, approve, settle, rung } = await waveWorld();
    await asked();
    await look(1);
    await approve(1);
    await settle();
    expect(rung).toEqual([]);
    expect(await listUnfinishedMigrations(store, clock.now())).toEqual([]);
  });

  it("moves the pilot, asks for the next batch only when that ended well, and ends", async () => {
    const { deps, started, settle, work, counts, look, approve, batch, wave } = await waveWorld();
    await started();
    expect(await counts()).toEqual({ running: 2, planned: 4 });
    await work();
    await settle();
    expect(await counts()).toEqual({ moved: 2, waiting: 3, planned: 1 });
    expect((await batch(1)).state).toBe("ended");
    await look(2);
    await approve(2);
    await settle();
    expect(await counts()).toEqual({ moved: 2, running: 3, waiting: 1 });
    await look(3);
    await approve(3);
    for (let round = 0; round < 3; round += 1) {
      await work();
      await settle();
    }
    expect(await counts()).toEqual({ moved: 6 });
    expect((await wave()).state).toBe("done");
    await expect(startWave(deps, { wave: "w1", by: BY })).rejects.toThrow(WaveNotPossibleError);
  });

  it("asks for no further batch after a failed pilot, but when an operator says so", async () => {
    const { deps, started, settle, work, counts, requests } = await waveWorld();
    await started();
    const [first] = await requests(1);
    await work((id) => id === first);
    await settle();
    expect(await counts()).toEqual({ moved: 1, failed: 1, planned: 4 });
    await startWave(deps, { wave: "w1", by: BY, isNextWanted: true });
    await settle();
    expect(await counts()).toEqual({ moved: 1, failed: 1, waiting: 3, planned: 1 });
  });

  it("pauses after so many failures in a row, names them, and never lets more fail in a row than that", async () => {
    const { started, settle, work, counts, wave, requests } = await waveWorld(MANY);
    await started({ pilotSize: 12 });
    await work();
    await settle();
    let fails = 0;
    for (let round = 0; round < 6; round += 1) {
      fails += await work(() => true);
      await settle();
    }
    expect(fails).toBe(3);
    const { state, pauseReason } = await wave();
    expect(state).toBe("paused");
    const failed = (await requests(1)).slice(3, 6);
    for (const id of failed) expect(pauseReason).toContain(`${id} (VAULT_UNAVAILABLE)`);
    expect(await counts()).toEqual({ moved: 3, failed: 3, approved: 6 });
  });

  it("goes on after a pause, and counts failures anew", async () => {
    const { deps, started, settle, work, counts, wave } = await waveWorld(MANY);
    await started({ pilotSize: 12, stopAfter: 2 });
    for (let round = 0; round < 2; round += 1) {
      await work(() => true);
      await settle();
    }
    expect((await wave()).state).toBe("paused");
    await startWave(deps, { wave: "w1", by: BY });
    for (let round = 0; round < 8; round += 1) {
      await settle();
      await work();
    }
    await settle();
    expect(await counts()).toEqual({ moved: 10, failed: 2 });
  });

  it("takes back what was rung and not begun when it is paused", async () => {
    const { store, deps, started, counts, settle, underWay } = await waveWorld();
    await started();
    await pauseWave(deps, { wave: "w1", by: BY, reason: "a change freeze" });
    await settle();
    expect(await counts(1)).toEqual({ approved: 2 });
    expect(await underWay()).toEqual([]);
    expect(await listUnfinishedMigrations(store, new Date())).toEqual([]);
    await startWave(deps, { wave: "w1", by: BY });
    await settle();
    expect(await underWay()).toHaveLength(2);
  });

  it("releases nothing while all moves are paused", async () => {
    const { store, deps, asked, look, approve, settle, rung, clock } = await waveWorld();
    await asked();
    await look(1);
    await approve(1);
    const pause = (isPaused: boolean) => setPaused(store, { isPaused, by: BY, reason: "x", at: clock.now() });
    await pause(true);
    await startWave(deps, { wave: "w1", by: BY });
    await settle();
    expect(rung).toEqual([]);
    await pause(false);
    await settle();
    expect(rung).toHaveLength(2);
  });

  it("keeps below what the gate opens for in an hour", async () => {
    const world = await waveWorld();
    Object.assign(world.deps, { maxPerHour: 1 });
    await world.started();
    expect(world.rung).toHaveLength(1);
    const [first] = await world.underWay();
    await world.store
      .insertInto("gateAsk")
      .values({
        id: world.deps.newId(),
        kind: "open",
        migrationId: first?.id ?? "",
        fence: 1,
        answeredAt: world.clock.now(),
        refusalCode: null,
        refusalText: null,
        closedAt: null,
      })
      .execute();
    await world.work();
    await world.settle();
    expect(world.rung).toHaveLength(1);
    world.clock.advanceHours(1.1);
    await world.settle();
    expect(world.rung).toHaveLength(2);
  });

  it("gives back what was approved and did not get its turn in time, for a new look and a new yes", async () => {
    const { store, clock, started, settle, counts, batch, approve, look, work, requests, deps } = await waveWorld();
    await started({ pilotSize: 4 });
    await pauseWave(deps, { wave: "w1", by: BY, reason: "a freeze" });
    clock.advanceHours(25);
    await settle();
    expect(await counts(1)).toEqual({ waiting: 4 });
    expect(await batch(1)).toMatchObject({ state: "waiting", version: 2 });
    const causes = await store.selectFrom("migration").select(["state", "causeCode"]).execute();
    expect(new Set(causes.map((cause) => JSON.stringify(cause)))).toEqual(
      new Set([JSON.stringify({ state: "failed", causeCode: "APPROVAL_EXPIRED" })]),
    );
    await expect(approve(1)).rejects.toThrow(/has not looked/);
    await look(1);
    await approve(1);
    await startWave(deps, { wave: "w1", by: BY });
    await settle();
    await work();
    await settle();
    await work();
    await settle();
    expect(await counts(1)).toEqual({ moved: 4 });
    expect(await requests(1)).toHaveLength(4);
  });

  it("ends a batch that nobody decided", async () => {
    const { store, clock, asked, settle, counts, batch } = await waveWorld();
    const { sweep } = await import("../../../jobs/sweep.ts");
    await asked();
    clock.advanceHours(73);
    const queues = { add: async () => true };
    await sweep({ store, queues, ringMigration: async () => {}, now: clock.now });
    await settle();
    expect(await counts(1)).toEqual({ expired: 2 });
    expect((await batch(1)).state).toBe("expired");
  });

  it("starts nothing that is a draft, or not there", async () => {
    const { deps, create } = await waveWorld();
    await createWave(create, draftOf());
    await expect(startWave(deps, { wave: "w1", by: BY })).rejects.toThrow(WaveNotPossibleError);
    await expect(pauseWave(deps, { wave: "w1", by: BY, reason: "x" })).rejects.toThrow(WaveNotPossibleError);
    await expect(startWave(deps, { wave: "w2", by: BY })).rejects.toThrow(WaveUnknownError);
  });

  it("carries a wave on once, however many processes look at the same moment", async () => {
    const { asked, tick, look, approve, counts, reported } = await waveWorld(MANY);
    await asked({ pilotSize: 12 });
    await look(1);
    await approve(1);
    await Promise.all([tick(), tick(), tick()]);
    await tick();
    expect(await counts(1)).toEqual({ approved: 12 });
    expect(reported).toEqual([]);
  });
});

describe("slotsNow", () => {
  it("never lets more fail in a row than the limit, nor opens the gate too often", () => {
    const state = fc.record({
      stopAfter: fc.integer({ min: 1, max: 20 }),
      failedInARow: fc.integer({ min: 0, max: 20 }),
      underWay: fc.integer({ min: 0, max: 10 }),
      opened: fc.integer({ min: 0, max: 700 }),
      maxPerHour: fc.integer({ min: 1, max: 600 }),
    });
    fc.assert(
      fc.property(state, (now) => {
        const slots = slotsNow(now);
        const { stopAfter, failedInARow, underWay, opened, maxPerHour } = now;
        expect(slots).toBeGreaterThanOrEqual(0);
        if (slots === 0) return;
        expect(failedInARow + underWay + slots).toBeLessThanOrEqual(stopAfter);
        expect(opened + underWay + slots).toBeLessThanOrEqual(maxPerHour);
      }),
    );
  });
});
