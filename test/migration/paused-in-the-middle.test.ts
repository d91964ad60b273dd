import { describe, expect, it } from "vitest";
import { keepGate } from "../../src/approvals/keep-gate.ts";
import { setPaused } from "../../src/approvals/set-paused.ts";
import { migrateSecret } from "../../src/migration/migrate-secret.ts";
import { withPoints } from "./crash-points.ts";
import { crashWorld, FINISHED } from "./crash-world.ts";
import { NOTHING_LEFT } from "./engine-world.ts";
import { attempt, causeOf, WAITING } from "./fault-ends.ts";

describe("a pause in the middle of a move", () => {
  it.each([
    ["between the gate's opening and the mint", "gate.open"],
    ["between the mint and the login", "admin.mint"],
    ["between the read and the end of the lease", "reader.read"],
    ["between the end of the lease and the write", "reader.proveDead"],
  ])("%s leaves nothing lent and nothing written, and the move is made once after the resume", async (_when, at) => {
    const world = await crashWorld({ fenceSeconds: 20 });
    const { store, worker } = world;
    const { id } = await world.orderNew();
    const pause = (isPaused: boolean) =>
      setPaused(store, { isPaused, by: "operator:ops", reason: "a drill", at: new Date() });
    const points: string[] = [];
    const reached = async (point: string): Promise<void> => {
      points.push(point);
      if (point !== at) return;
      await pause(true);
      await keepGate(world.gate); // the gate heard it before the worker's next call
      expect(await world.lease.gate.isOpen()).toBe(false);
    };
    const code = await attempt(world, id, () => migrateSecret(withPoints(worker.deps, { reached }), id));
    expect([code, (await causeOf(world, id)).code]).toEqual(["GATE_PAUSED", "GATE_PAUSED"]);
    expect(points).toContain(at);
    expect(points.filter((point) => /^target\.(create|put|tag|update|restore|replicate)/.test(point))).toEqual([]);
    expect(await world.outcomeOf(id)).toMatchObject(WAITING);
    expect(await world.leftovers()).toEqual(NOTHING_LEFT);

    await world.migrate(id); // rung for too early: nothing is picked up
    expect(await world.outcomeOf(id)).toMatchObject(WAITING);

    await pause(false);
    await world.migrate(id);
    await world.migrate(id); // rung for twice
    expect(await world.outcomeOf(id)).toMatchObject(FINISHED);
    const done = await store.selectFrom("auditEvent").select("seq").where("kind", "=", "migration.done").execute();
    expect(done).toHaveLength(1);
  });
});
