import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { type PracticeWorld, startPracticeWorld, type WorldOrder } from "../../dev/practice-world.ts";

/**
 * A practice world of a test's own, without whatever the caller's shell points Glovebox at, once its catalogue is whole.
 * `stop` also removes its folder.
 */
export async function ownWorld(order: Omit<WorldOrder, "runDir"> = {}): Promise<PracticeWorld> {
  const { PATH, HOME } = process.env;
  const runDir = await mkdtemp(join(tmpdir(), "glovebox-world-"));
  const world = await startPracticeWorld({ secrets: 20, environment: { PATH, HOME }, ...order, runDir });
  const stop = async (): Promise<void> => {
    await world.stop();
    await rm(runDir, { recursive: true, force: true });
  };
  try {
    await isCrawled(world);
  } catch (error) {
    await stop();
    throw error;
  }
  return { ...world, stop };
}

async function isCrawled({ stack }: PracticeWorld): Promise<void> {
  const client = new pg.Client({ connectionString: stack.postgres.url });
  await client.connect();
  try {
    for (const deadline = Date.now() + 20_000; Date.now() < deadline; await delay(100)) {
      const { rowCount } = await client.query("select 1 from crawl where finished_at is not null");
      if (rowCount) return;
    }
    throw new Error("the first crawl did not end");
  } finally {
    await client.end();
  }
}
