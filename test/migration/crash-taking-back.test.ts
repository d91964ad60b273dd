import { describe, expect, it } from "vitest";
import { orderUndo } from "../../src/approvals/order-undo.ts";
import { type CrashWorld, FINISHED, inLanes } from "./crash-world.ts";
import { APPROVER, NOTHING_LEFT } from "./engine-world.ts";

const LANES = 4;

/** What all ends have in common where the write was taken back. */
const TAKEN_BACK = {
  state: "failed",
  request: "failed",
  hasReceipt: false,
  finishedCount: 0,
  receiptCount: 0,
  isLeaseClosed: true,
  left: NOTHING_LEFT,
};

async function orderedUndo(world: CrashWorld, id: string): Promise<void> {
  await orderUndo(world.decide, { requestId: (await world.rowOf(id)).requestId, by: APPROVER });
}

/** Every case of a test in a clean world: the points from `from` on, and how one kill after the other ends. */
async function endsOf<T>(
  { from, failAt }: { from: string; failAt?: string },
  arrange: (world: CrashWorld) => Promise<string>,
  look: (world: CrashWorld, id: string) => Promise<T>,
): Promise<Record<string, T>> {
  const { points = [] } = await inLanes(["points"], 1, async (world) => {
    const all = await world.pointsOf(await arrange(world), failAt);
    return all.slice(all.indexOf(from));
  });
  return inLanes(points, LANES, async (world, at) => {
    const id = await arrange(world);
    await world.crash(id, { at, ...(failAt !== undefined && { failAt }) });
    await world.takeOver(id);
    return look(world, id);
  });
}

const withoutValue = async (world: CrashWorld, id: string) => {
  const { value: _value, ...outcome } = await world.outcomeOf(id);
  return outcome;
};

describe("kill -9 of a worker that takes back what it wrote", () => {
  it("ends a failed create as finished or as taken back, and nothing between", { timeout: 300_000 }, async () => {
    const ends = await endsOf(
      { from: "target.written", failAt: "target.read" },
      async (world) => (await world.orderNew()).id,
      withoutValue,
    );
    const undone = { ...TAKEN_BACK, target: "tombstone", versionCount: 1, isOursCurrent: true, sealed: false };
    expect(ends["target.written"]).toEqual(FINISHED);
    for (const point of ["target.scheduleDeletion", "migration.failed"]) {
      expect(ends[point], point).toEqual(undone);
    }
    for (const [point, end] of Object.entries(ends)) expect([FINISHED, undone], point).toContainEqual(end);
  });

  it("ends a failed second version as finished, or with the first one current again", {
    timeout: 300_000,
  }, async () => {
    const ends = await endsOf(
      { from: "target.written", failAt: "target.read#2" },
      async (world) => {
        const { path, id } = await world.orderNew();
        await world.migrate(id);
        return world.orderSecond(path, id);
      },
      withoutValue,
    );
    const finished = { ...FINISHED, versionCount: 2 };
    const undone = { ...TAKEN_BACK, target: "live", versionCount: 2, isOursCurrent: false, sealed: true };
    expect(ends["target.written"]).toEqual(finished);
    // The first move of the label was the write's own.
    for (const point of ["target.moveCurrent#2", "migration.failed"]) {
      expect(ends[point], point).toEqual(undone);
    }
    for (const [point, end] of Object.entries(ends)) expect([finished, undone], point).toContainEqual(end);
  });

  it("ends a move to what an undo had scheduled for deletion with the target restored", {
    timeout: 300_000,
  }, async () => {
    const ends = await endsOf(
      { from: "write.intended" },
      async (world) => {
        const { path, id } = await world.orderNew();
        await world.migrate(id);
        await orderedUndo(world, id);
        await world.migrate(id);
        return world.orderSecond(path, id);
      },
      withoutValue,
    );
    expect(Object.keys(ends)).toContain("target.restore");
    for (const [point, end] of Object.entries(ends)) expect(end, point).toEqual({ ...FINISHED, versionCount: 2 });
  });

  it("carries an ordered undo to its end, once", { timeout: 300_000 }, async () => {
    const ends = await endsOf(
      { from: "fence.taken" },
      async (world) => {
        const { id } = await world.orderNew();
        await world.migrate(id);
        await orderedUndo(world, id);
        return id;
      },
      withoutValue,
    );
    expect(Object.keys(ends)).toContain("target.scheduleDeletion");
    const undone = { ...FINISHED, state: "undone", request: "undone", target: "tombstone" };
    for (const [point, end] of Object.entries(ends)) expect(end, point).toEqual(undone);
  });
});

describe("kill -9 of a worker that cleans up after another", () => {
  it("leaves the cleaning to the next: no token revives, no reader stays shut out", { timeout: 300_000 }, async () => {
    // The first dies when a token lives that nobody can name, the second while it shuts the reader's entity.
    const points = ["admin.destroySecretIds", "janitor.disabled", "admin.setReaderDisabled#2", "janitor.closed"];
    const ends = await inLanes(points, points.length, async (world, at) => {
      const { id } = await world.orderNew();
      await world.crash(id, { at: "admin.lend" });
      await world.untilFenceIsFree();
      await world.crash(null, { at });
      await world.takeOver(id);
      const { id: next } = await world.orderNew();
      await world.migrate(next);
      return [await withoutValue(world, id), await withoutValue(world, next)];
    });
    for (const [point, end] of Object.entries(ends)) expect(end, point).toEqual([FINISHED, FINISHED]);
  });

  it("cleans up alone at the start of a worker, without moving anything", async () => {
    const left = await inLanes(["admin.lend"], 1, async (world, at) => {
      const { id } = await world.orderNew();
      await world.crash(id, { at });
      await world.untilFenceIsFree();
      const { nextLine } = await world.startWorker(null, { at: "never" });
      return { said: await nextLine(), ...(await withoutValue(world, id)) };
    });
    expect(left["admin.lend"]).toMatchObject({
      said: "ended",
      state: "queued",
      target: "absent",
      isLeaseClosed: true,
      left: NOTHING_LEFT,
    });
  });
});
