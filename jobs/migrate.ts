import { z } from "zod";
import type { Queues } from "../src/queue/open-queues.ts";

const MIGRATE_QUEUE = "migrate";

// A reference, never a value: BullMQ keeps job data as plain text. What to do is in our tables.
const MigrateJob = z.strictObject({ migrationId: z.uuid() });

/** Rings for one attempt. An undo rings with the attempt that it undoes. */
export async function ringMigration(queues: Pick<Queues, "add">, migrationId: string, attempt: number): Promise<void> {
  await queues.add(MIGRATE_QUEUE, { migrationId }, `${migrationId}-${attempt}`);
}

/** One migration at a time here; `openQueues` holds it to one over all processes. */
export function migrateWorker(
  queues: Pick<Queues, "worker">,
  migrateById: (migrationId: string) => Promise<void>,
): { close(): Promise<void> } {
  return queues.worker(MIGRATE_QUEUE, async ({ data }) => migrateById(MigrateJob.parse(data).migrationId), {
    concurrency: 1,
  });
}
