import { describe, expect, it } from "vitest";
import { orderUndo } from "../../src/approvals/order-undo.ts";
import { type CrashWorld, inLanes } from "./crash-world.ts";
import { APPROVER, NOTHING_LEFT } from "./engine-world.ts";
import { type Arrange, type Arranged, KINDS, lookAll, lookAt, RULES } from "./write-kinds.ts";

const LANES = 4;
const TIMEOUT = { timeout: 400_000 };

describe.each(Object.keys(KINDS))("kill -9 of a worker that writes %s", (kind) => {
  const arrange: Arrange = (world) => (KINDS[kind] as Arrange)(world);
  const lanes = <T>(cases: readonly string[], count: number, run: (world: CrashWorld, name: string) => Promise<T>) =>
    inLanes(cases, count, run, RULES[kind]);

  it("is healed at every point from the journaled list on: nothing lost, doubled or left", TIMEOUT, async () => {
    const clean = await lanes(["clean"], 1, async (world) => {
      const arranged = await arrange(world);
      const points = await world.pointsOf(arranged.id);
      return { points: points.slice(points.indexOf("write.intended")), end: await lookAll(world, arranged) };
    });
    const { points = [], end } = clean.clean ?? {};
    expect(end).toMatchObject({ state: "done", hasReceipt: true, left: NOTHING_LEFT });
    const ends = await lanes(points, LANES, async (world, at) => {
      const arranged = await arrange(world);
      await world.crash(arranged.id, { at });
      await world.takeOver(arranged.id);
      return lookAll(world, arranged);
    });
    expect(points).toEqual(expect.arrayContaining(["write.intended", "target.written", "target.verified"]));
    for (const [point, found] of Object.entries(ends)) expect(found, point).toEqual(end);
  });

  it("is taken back to the state before, wherever an ordered undo is killed", TIMEOUT, async () => {
    const undone = async (world: CrashWorld): Promise<Arranged & { before: unknown }> => {
      const arranged = await arrange(world);
      const before = await Promise.all(arranged.names.map((name) => lookAt(world, name, arranged.id)));
      await world.migrate(arranged.id);
      const { requestId } = await world.rowOf(arranged.id);
      await orderUndo(world.decide, { requestId, by: APPROVER });
      return { ...arranged, before };
    };
    const clean = await lanes(["clean"], 1, async (world) => {
      const arranged = await undone(world);
      return {
        points: await world.pointsOf(arranged.id),
        end: await lookAll(world, arranged),
        before: arranged.before,
      };
    });
    const { points = [], end, before } = clean.clean ?? {};
    expect(end).toMatchObject({ state: "undone", left: NOTHING_LEFT });
    // A target that was made is scheduled for deletion; any other is as it was.
    const isMade = (before as unknown[]).includes("absent");
    if (isMade) expect(end?.looks).toEqual(end?.looks.map(() => expect.objectContaining({ isTombstone: true })));
    else expect(end?.looks).toEqual(before);
    const ends = await lanes(points, LANES, async (world, at) => {
      const arranged = await undone(world);
      await world.crash(arranged.id, { at });
      await world.takeOver(arranged.id);
      return lookAll(world, arranged);
    });
    for (const [point, found] of Object.entries(ends)) expect(found, point).toEqual(end);
  });
});
