import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { type CrashWorld, crashWorld, FINISHED, inLanes } from "./crash-world.ts";

const LANES = 4;

/** Nobody knows the accessor of an admin token that was not journaled: it ends by itself, after 30 s in these tests. */
async function settled(world: CrashWorld): Promise<void> {
  while ((await world.leftovers()).liveTokens.length > 0) await sleep(500);
}

function allEnd<T>(points: readonly string[], end: T): Record<string, T> {
  return Object.fromEntries(points.map((point) => [point, end]));
}

describe("kill -9 of the worker", () => {
  it("at any point of a first move leaves it to a successor, who ends it exactly once", {
    timeout: 150_000,
  }, async () => {
    const clean = await crashWorld();
    const points = await clean.pointsOf((await clean.orderNew()).id);
    const isJournaled = (point: string) => points.indexOf(point) >= points.indexOf("admin.journaled");
    const run = async (world: CrashWorld, at: string) => {
      const { path, id } = await world.orderNew();
      await world.crash(id, { at });
      await world.takeOver(id);
      if (!isJournaled(at)) await settled(world);
      const { value, ...outcome } = await world.outcomeOf(id);
      return { ...outcome, isValueRight: value?.value === path };
    };
    const [before, after] = [points.filter((point) => !isJournaled(point)), points.filter(isJournaled)];
    const [first, rest] = await Promise.all([inLanes(before, before.length, run), inLanes(after, LANES, run)]);
    expect(points).toEqual(expect.arrayContaining(["admin.lend", "target.create", "migration.done"]));
    expect({ ...first, ...rest }).toEqual(allEnd(points, { ...FINISHED, isValueRight: true }));
  });

  it("at any point of a second version's write adds that version once", { timeout: 300_000 }, async () => {
    const clean = await crashWorld();
    const moved = await clean.orderNew();
    await clean.migrate(moved.id);
    const all = await clean.pointsOf(await clean.orderSecond(moved.path, moved.id));
    const points = all.slice(all.indexOf("write.intended"));
    const outcomes = await inLanes(points, LANES, async (world, at) => {
      const { path, id } = await world.orderNew();
      await world.migrate(id);
      const second = await world.orderSecond(path, id);
      await world.crash(second, { at });
      await world.takeOver(second);
      const { value, ...outcome } = await world.outcomeOf(second);
      return { ...outcome, isValueRight: value?.value === `${path} again` };
    });
    expect(points).toEqual(expect.arrayContaining(["target.setTags", "target.put"]));
    expect(outcomes).toEqual(allEnd(points, { ...FINISHED, versionCount: 2, isValueRight: true }));
  });
});
