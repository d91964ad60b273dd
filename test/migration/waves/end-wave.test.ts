import { describe, expect, it } from "vitest";
import { LooksLikeSecretError } from "../../../src/approvals/errors.ts";
import { confirmWave } from "../../../src/migration/waves/confirm-wave.ts";
import { startWave } from "../../../src/migration/waves/control-wave.ts";
import { createWave } from "../../../src/migration/waves/create-wave.ts";
import { endWave } from "../../../src/migration/waves/end-wave.ts";
import { loadWaveState } from "../../../src/migration/waves/load-wave-state.ts";
import { rejectBatch } from "../../../src/migration/waves/reject-batch.ts";
import { WaveNotPossibleError } from "../../../src/migration/waves/wave-errors.ts";
import { APPROVER, ENGINEER } from "../../approvals/request-world.ts";
import { draftOf, waveWorld } from "./wave-world.ts";

const END = { wave: "w1", by: "operator:ops", reason: "The plan changed" };
const notices = async ({ store }: Awaited<ReturnType<typeof waveWorld>>) =>
  (
    await store
      .selectFrom("outbox")
      .select("detail")
      .where("subject", "=", "wave:w1")
      .where("kind", "=", "notice")
      .orderBy("id")
      .execute()
  ).map(({ detail }) => `${detail.event}${detail.to === undefined ? "" : ` to ${detail.to}`}`);

describe("ending a wave", () => {
  it("drops what is planned after a rejected batch, and says the choice before", async () => {
    const world = await waveWorld();
    const { store, deps, asked, settle, counts, wave, events } = world;
    await asked();
    await rejectBatch(deps, { wave: "w1", number: 1, version: 1, by: APPROVER, reasonCode: "other", reason: "no" });
    await settle();
    const hanging = await loadWaveState(store, "w1", { at: new Date(), maxPerHour: 600 });
    expect(hanging?.waits.join()).toMatch(/start w1 --next.*wave end w1 --reason/);
    await endWave(deps, END);
    await endWave(deps, END);
    await settle();
    expect((await wave()).state).toBe("ended");
    expect(await counts()).toEqual({ rejected: 2, dropped: 4 });
    const batches = await store.selectFrom("waveBatch").select("state").orderBy("number").execute();
    expect(batches.map(({ state }) => state)).toEqual(["rejected", "dropped", "dropped"]);
    expect(await notices(world)).toEqual(["batch-rejected", "ended to requester", "ended to approvers"]);
    expect((await events("wave:w1")).filter((kind) => kind.includes("end"))).toEqual([
      "wave.end-ordered",
      "wave.ended",
    ]);
    await endWave(deps, END);
    await settle();
    expect(await notices(world)).toHaveLength(3);
  });

  it("withdraws what is approved and not begun, and lets end what a worker has in hand", async () => {
    const world = await waveWorld();
    const { store, deps, started, settle, counts, wave, underWay, engineLeft, statusOf } = world;
    await started({ pilotSize: 4 });
    const [first, second] = await underWay();
    await store
      .updateTable("migration")
      .set({ state: "leased", startedAt: new Date() })
      .where("id", "=", first?.id ?? "")
      .execute();
    await endWave(deps, END);
    await settle();
    expect((await wave()).state).toBe("ending");
    expect(await counts(1)).toEqual({ running: 1, withdrawn: 3 });
    expect(await statusOf(second?.requestId ?? "")).toBe("withdrawn");
    expect(await underWay()).toEqual([]);
    await engineLeft(first?.id ?? "", "done", 1);
    await settle();
    expect((await wave()).state).toBe("ended");
    expect(await counts()).toEqual({ moved: 1, withdrawn: 3, dropped: 2 });
    await expect(startWave(deps, { wave: "w1", by: "operator:ops" })).rejects.toThrow(WaveNotPossibleError);
  });

  it("withdraws what waits and what is still on its way", async () => {
    const { deps, create, settle, tick, intake, counts, wave } = await waveWorld();
    await createWave(create, draftOf());
    await confirmWave(deps, { wave: "w1", by: ENGINEER });
    await tick();
    await endWave(deps, END);
    await tick();
    expect((await wave()).state).toBe("ending");
    await intake();
    await settle();
    expect((await wave()).state).toBe("ended");
    expect(await counts()).toEqual({ withdrawn: 2, dropped: 4 });
  });

  it("goes on after a crash in the middle, and repeats nothing", async () => {
    const world = await waveWorld();
    const { store, deps, started, tick, settle, counts, wave } = world;
    await started({ pilotSize: 4 });
    await endWave(deps, END);
    const { now } = deps;
    let asked = 0;
    const dying = () => {
      asked += 1;
      if (asked === 5) throw new Error("killed");
      return now();
    };
    Object.assign(deps, { now: dying });
    await tick();
    const half = await counts(1);
    expect(half.withdrawn).toBeGreaterThan(0);
    expect(half.approved).toBeGreaterThan(0);
    Object.assign(deps, { now });
    await settle();
    expect((await wave()).state).toBe("ended");
    const withdrawn = await store
      .selectFrom("auditEvent")
      .select("seq")
      .where("kind", "=", "request.withdrawn")
      .execute();
    expect(withdrawn).toHaveLength(4);
    expect((await notices(world)).filter((told) => told.startsWith("ended"))).toHaveLength(2);
  });

  it("refuses a draft, and a reason that looks like a credential", async () => {
    const { deps, create, asked, wave } = await waveWorld();
    await createWave(create, draftOf({ name: "other" }));
    await expect(endWave(deps, { ...END, wave: "other" })).rejects.toThrow(WaveNotPossibleError);
    await asked();
    const reason = "use ghp_0123456789abcdefghijABCDEFGHIJ012345";
    await expect(endWave(deps, { ...END, reason })).rejects.toThrow(LooksLikeSecretError);
    expect((await wave()).state).toBe("open");
  });
});

describe("a draft that nobody sends", () => {
  it("expires as a request does, once, with a word to its requester", async () => {
    const world = await waveWorld();
    const { deps, create, clock, tick, wave, events } = world;
    await createWave(create, draftOf());
    clock.advanceHours(71);
    await tick();
    expect((await wave()).state).toBe("draft");
    clock.advanceHours(2);
    await tick();
    await tick();
    expect((await wave()).state).toBe("expired");
    expect(await notices(world)).toEqual(["draft-expired"]);
    expect(await events("wave:w1")).toEqual(["wave.drafted", "wave.expired"]);
    await expect(confirmWave(deps, { wave: "w1", by: ENGINEER })).rejects.toThrow(WaveNotPossibleError);
  });
});
