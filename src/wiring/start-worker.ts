import { migrateWorker } from "../../jobs/migrate.ts";
import type { Role, WorkerConfig } from "../config.ts";
import type { Base } from "./open-base.ts";
import { openEngine } from "./open-engine.ts";

const CHECKPOINT_QUEUE = "checkpoint";
const CHECKPOINT_EVERY_SECONDS = 600;

/** The role that moves, as a process that stays: it takes its work from our own queue. */
export async function startWorker(base: Base, config: WorkerConfig, role: Role): Promise<void> {
  const engine = openEngine(base, config, role);
  await engine.cleanUp();
  const worker = migrateWorker(base.queues, engine.migrate);
  base.onClose(async () => {
    engine.stopResting();
    await worker.close(); // waits for the migration in hand
  });
  const signing = base.queues.worker(CHECKPOINT_QUEUE, engine.signCheckpoint);
  base.onClose(() => signing.close());
  await base.queues.every(CHECKPOINT_QUEUE, CHECKPOINT_EVERY_SECONDS);
}
