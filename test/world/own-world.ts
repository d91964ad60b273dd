import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type PracticeWorld, startPracticeWorld, type WorldOrder } from "../../dev/practice-world.ts";

/** A practice world of a test's own, without whatever the caller's shell points Glovebox at. `stop` also removes its folder. */
export async function ownWorld(order: Omit<WorldOrder, "runDir"> = {}): Promise<PracticeWorld> {
  const { PATH, HOME } = process.env;
  const runDir = await mkdtemp(join(tmpdir(), "glovebox-world-"));
  const world = await startPracticeWorld({ secrets: 20, environment: { PATH, HOME }, ...order, runDir });
  return {
    ...world,
    stop: async () => {
      await world.stop();
      await rm(runDir, { recursive: true, force: true });
    },
  };
}
