import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { FenceHeldError } from "../../src/migration/fence.ts";
import { migrateSecret } from "../../src/migration/migrate-secret.ts";
import { type EngineWorld, engineWorld, NOTHING_LEFT } from "./engine-world.ts";

const WORKER = fileURLToPath(new URL("./crash-worker.ts", import.meta.url));
const FENCE_SECONDS = 2;
/** The kill switch waits for the reader's longest life, 5 s in tests. */
const TIMEOUT_MS = 60_000;

/** Every point that an undisturbed run passes, in its order: the list below is held to it. */
const POINTS = [
  "fence.taken",
  "admin.journaled",
  "migration.started",
  "gate.opened",
  "secret-id.minted",
  "secret-id.journaled",
  "reader.logged-in",
  "lease.journaled",
  "value.read",
  "lease.dead",
  "write.intended",
  "target.written",
  "target.verified",
  "target.sealed",
  "admin.dead",
  "migration.done",
];

/** Runs a worker that dies at a point. @returns How it ended: by SIGKILL, unless it never came there. */
function dieAt(world: EngineWorld, migrationId: string, point: string): Promise<NodeJS.Signals | null> {
  const job = JSON.stringify({ settings: world.settings, migrationId, dieAt: point });
  const child = spawn(process.execPath, [WORKER], { env: { ...process.env, CRASH_WORKER: job }, stdio: "ignore" });
  return new Promise((resolve) => child.once("exit", (_code, signal) => resolve(signal)));
}

/** The successor: tries as the queue does, until the dead one's deadline has passed. */
async function takeOver(world: EngineWorld, migrationId: string): Promise<void> {
  for (;;) {
    try {
      return await world.migrate(migrationId);
    } catch (error) {
      if (!(error instanceof FenceHeldError)) throw error;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}

async function expectFinishedOnce(world: EngineWorld, id: string, value: string, versions: number): Promise<void> {
  expect(await world.rowOf(id)).toMatchObject({ state: "done", causeCode: null });
  expect(await world.valueOf(id)).toBe(value);
  expect(await world.versionsOf(await world.targetOf(id))).toHaveLength(versions);
  expect(await world.leftovers()).toEqual(NOTHING_LEFT);
  const finished = await world.store
    .selectFrom("finishedStatement")
    .selectAll()
    .where("migrationId", "=", id)
    .execute();
  expect(finished).toHaveLength(1);
  expect((await world.rowOf(id)).receipt).toContain('"isEqual": true');
}

describe("a worker killed with -9", () => {
  it("has its points tested: the list is what an undisturbed run passes", async () => {
    const world = await engineWorld();
    const id = await world.order(await world.lease.put("app", { a: "1" }));
    const passed: string[] = [];
    await migrateSecret({ ...world.worker.deps, trace: (point) => void passed.push(point) }, id);
    expect(passed).toEqual(POINTS);
  });

  it.each(POINTS)(
    "at %s: the next one finishes exactly once and leaves nothing",
    async (point) => {
      const world = await engineWorld({ fenceSeconds: FENCE_SECONDS });
      const id = await world.order(await world.lease.put("app", { a: "1" }));
      expect(await dieAt(world, id, point)).toBe("SIGKILL");
      await takeOver(world, id);
      await expectFinishedOnce(world, id, '{"a":"1"}', 1);
    },
    TIMEOUT_MS,
  );

  it.each(["write.intended", "target.written", "target.verified", "target.sealed"])(
    "at %s of a second version: the earlier one is previous, and nothing is doubled",
    async (point) => {
      const world = await engineWorld({ fenceSeconds: FENCE_SECONDS });
      const source = await world.lease.put("app", { a: "1" });
      const first = await world.order(source);
      await world.migrate(first);
      await world.lease.put("app", { a: "2" });
      await world.store.updateTable("entry").set({ currentVersion: 2 }).execute();
      const target = {
        accountId: "123456789012",
        region: "eu-central-1",
        name: await world.targetOf(first),
        kmsKeyId: null,
      };
      const second = await world.order(source, { target });
      expect(await dieAt(world, second, point)).toBe("SIGKILL");
      await takeOver(world, second);
      await expectFinishedOnce(world, second, '{"a":"2"}', 2);
    },
    TIMEOUT_MS,
  );

  it(
    "and again while it closes what the first one left: the third finishes",
    async () => {
      const world = await engineWorld({ fenceSeconds: FENCE_SECONDS });
      const id = await world.order(await world.lease.put("app", { a: "1" }));
      await dieAt(world, id, "reader.logged-in");
      await new Promise((resolve) => setTimeout(resolve, FENCE_SECONDS * 1_000 + 200));
      expect(await dieAt(world, id, "janitor.disabled")).toBe("SIGKILL");
      await takeOver(world, id);
      await expectFinishedOnce(world, id, '{"a":"1"}', 1);
    },
    TIMEOUT_MS,
  );
});
