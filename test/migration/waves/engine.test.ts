import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import { sweep } from "../../../jobs/sweep.ts";
import { takeEnvelope } from "../../../src/approvals/take-envelope.ts";
import type { Signed } from "../../../src/audit/signing.ts";
import { approveBatch } from "../../../src/migration/waves/approve-batch.ts";
import { confirmWave } from "../../../src/migration/waves/confirm-wave.ts";
import { startWave } from "../../../src/migration/waves/control-wave.ts";
import { createWave } from "../../../src/migration/waves/create-wave.ts";
import { loadWaveState } from "../../../src/migration/waves/load-wave-state.ts";
import { recordLook, showSample } from "../../../src/migration/waves/look-at-sample.ts";
import { runWaves } from "../../../src/migration/waves/run-waves.ts";
import type { WaveDeps } from "../../../src/migration/waves/wave-deps.ts";
import { findBatch } from "../../../src/migration/waves/wave-rows.ts";
import { APPROVER, ENGINEER, engineWorld, NOTHING_LEFT } from "../engine-world.ts";
import { confirmAll, draftOf } from "./wave-world.ts";

const NAME = "real";

/** Six real secrets in a real Vault, in a wave with a pilot of two; the real engine carries out what is rung. */
async function realWave({ stopAfter = 3, paths = ["a", "b", "c", "d", "e", "f"] } = {}) {
  const world = await engineWorld();
  const { store, lease, decide, settings } = world;
  const mount = lease.kv2.path;
  for (const path of paths) {
    const source = await lease.put(path, { password: `value of ${path}` });
    await store
      .insertInto("entry")
      .values({
        ...source,
        currentVersion: 1,
        ...{
          versions: "[]",
          customMetadata: "{}",
          keyNames: JSON.stringify(["password"]),
          seenAt: new Date(),
          lookKey: path,
        },
      })
      .execute();
  }
  await confirmAll(store);
  let rings: string[] = [];
  const ringMigration = async (id: string): Promise<void> => void rings.push(id);
  const deps: WaveDeps = {
    ...{
      ...decide,
      ringMigration,
      maxPerHour: 600,
      expireAfterHours: 72,
      preflight: async () => [],
      lookAgain: async () => {},
    },
    newSeed: randomUUID,
  };
  const [rule] = settings.allowedTargets;
  if (!rule) throw new Error("the world allows no target");
  const draft = draftOf({
    ...{ name: NAME, pilotSize: 2, batchSize: 500, stopAfter },
    selection: { kind: "filter", filter: { mount } },
    plan: { allowedTargets: settings.allowedTargets, limits: { namespace: "", prefixes: [] }, rule, tagByField: {} },
  });
  const now = () => new Date();
  await createWave({ store, now, newId: randomUUID, report: () => {} }, draft);
  await confirmWave(deps, { wave: NAME, by: ENGINEER });
  const intake = async (): Promise<void> => {
    const rows = await store
      .selectFrom("outbox")
      .selectAll()
      .where("kind", "=", "envelope")
      .where("deliveredAt", "is", null)
      .execute();
    for (const { id, detail } of rows) {
      await takeEnvelope(
        { store, keyring: decide.keyring, now, rules: { expireAfterHours: 72 } },
        detail as unknown as Signed,
      );
      await store.updateTable("outbox").set({ deliveredAt: now() }).where("id", "=", id).execute();
    }
  };
  const tick = () => runWaves(deps, () => {});
  const settle = async (): Promise<void> => {
    for (let look = 0; look < 3; look += 1) {
      await tick();
      await intake();
    }
  };
  const approve = async (number: number): Promise<void> => {
    const { version } = await findBatch(store, { wave: NAME, number });
    const { pageCount } = await showSample(store, { wave: NAME, number, version, page: 1 });
    for (let page = 1; page <= pageCount; page += 1) {
      await recordLook(deps, { wave: NAME, number, version, page, by: APPROVER });
    }
    await approveBatch(deps, { wave: NAME, number, version, by: APPROVER });
    await settle();
  };
  /** The worker takes everything that is rung, one at a time, and the runner looks after each. */
  const work = async (): Promise<void> => {
    for (let id = rings.shift(); id !== undefined; id = rings.shift()) {
      await world.migrate(id);
      await settle();
    }
  };
  await settle();
  return {
    ...world,
    ...{ mount, deps, tick, settle, approve, work, intake },
    /** What a killed Redis, or a runner that died after its commit, loses. */
    loseRings: () => {
      rings = [];
    },
    sweep: () => sweep({ store, queues: { add: async () => true }, ringMigration, now }),
    start: async () => {
      await startWave(deps, { wave: NAME, by: "operator:ops" });
      await settle();
    },
    state: async () => {
      const state = await loadWaveState(store, NAME, { at: now(), maxPerHour: 600 });
      if (!state) throw new Error("the wave is gone");
      return state;
    },
    moved: async () =>
      await store
        .selectFrom("migration")
        .select(["id", "requestId"])
        .where("state", "=", "done")
        .orderBy("finishedAt")
        .execute(),
  };
}

describe("a wave with the real engine", () => {
  it("moves the pilot, then the rest, each once and with a receipt, and measures its pace", async () => {
    const world = await realWave();
    await world.approve(1);
    expect(await world.moved()).toEqual([]);
    await world.start();
    await world.work();
    expect(await world.moved()).toHaveLength(2);
    await world.settle();
    await world.approve(2);
    await world.work();
    const moved = await world.moved();
    expect(moved).toHaveLength(6);
    expect(await world.valueOf(moved[0]?.id ?? "")).toBe('{"password":"value of a"}');
    const state = await world.state();
    expect(state).toMatchObject({ state: "done", counts: { moved: 6 }, failures: [] });
    expect(state.secondsEach).toBeGreaterThan(0);
    const receipts = await world.store.selectFrom("migration").select("receipt").execute();
    expect(receipts.every(({ receipt }) => receipt?.includes("four-eyes-batch"))).toBe(true);
    for (const { id } of moved) expect(await world.versionsOf(await world.targetOf(id))).toHaveLength(1);
    expect(await world.leftovers()).toEqual(NOTHING_LEFT);
  });

  it("pauses when so many fail in a row, says which and why, and goes on when that is put right", async () => {
    const world = await realWave({ stopAfter: 2 });
    await world.approve(1);
    await world.start();
    await world.work();
    await world.approve(2);
    // Two of them are gone from Vault: each fails by itself, one after the other.
    for (const path of ["c", "d"]) await world.lease.operator.delete(`${world.mount}/metadata/${path}`);
    await world.work();
    const state = await world.state();
    expect(state).toMatchObject({ state: "paused", counts: { moved: 2, failed: 2, approved: 2 } });
    expect(state.pauseReason).toContain("2 failed in a row");
    for (const { requestId, causeCode, nextStep } of state.failures) {
      expect(state.pauseReason).toContain(`${requestId} (${causeCode})`);
      expect(nextStep.length).toBeGreaterThan(10);
    }
    await world.start();
    await world.work();
    expect(await world.state()).toMatchObject({ state: "done", counts: { moved: 4, failed: 2 } });
  });

  it.each([
    ["before it rings", "ring"],
    ["after its commit, with every ring lost", "lose"],
  ])("loses and doubles nothing when the runner dies %s", async (_when, how) => {
    const world = await realWave();
    await world.approve(1);
    await startWave(world.deps, { wave: NAME, by: "operator:ops" });
    const { ringMigration } = world.deps;
    if (how === "ring") {
      const dying = async (): Promise<void> => {
        throw new Error("killed");
      };
      Object.assign(world.deps, { ringMigration: dying });
    }
    await world.tick().catch(() => {});
    Object.assign(world.deps, { ringMigration });
    world.loseRings();
    await world.settle();
    expect(await world.moved()).toEqual([]);
    await world.sweep();
    await world.sweep();
    await world.work();
    const moved = await world.moved();
    expect(moved).toHaveLength(2);
    for (const { id } of moved) expect(await world.versionsOf(await world.targetOf(id))).toHaveLength(1);
  });

  it("leaves alone what is held, even when somebody rings for it", async () => {
    const world = await realWave();
    await world.approve(1);
    const [held] = await world.store.selectFrom("migration").select("id").where("isHeld", "=", true).execute();
    await world.migrate(held?.id ?? "");
    expect(await world.rowOf(held?.id ?? "")).toMatchObject({ state: "queued", isHeld: true });
    expect(await world.leftovers()).toEqual(NOTHING_LEFT);
  });
});
