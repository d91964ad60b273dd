import { FenceHeldError } from "../src/migration/fence.ts";
import type { NextAttempt } from "../src/migration/take-up-migration.ts";
import { ComeBackError } from "../src/queue/come-back.ts";
import type { Queues } from "../src/queue/open-queues.ts";
import type { SqsRings } from "../src/queue/sqs-rings.ts";
import { MigrateJob } from "./migrate-job.ts";

const MIGRATE_QUEUE = "migrate";

/** Rings the engine's doorbell for one attempt. An undo rings with the attempt that it undoes. */
export type RingMigration = (migrationId: string, attempt: number) => Promise<void>;

/** For a worker that stays and takes its work from our own queue. */
export function ringByQueue(queues: Pick<Queues, "add">): RingMigration {
  return async (migrationId, attempt) => {
    await queues.add(MIGRATE_QUEUE, { migrationId }, `${migrationId}-${attempt}`);
  };
}

/** For a worker that lives in Lambda, behind an SQS FIFO queue. */
export function ringBySqs(rings: Pick<SqsRings, "ring">): RingMigration {
  return async (migrationId, attempt) => {
    await rings.ring({ migrationId }, `${migrationId}-${attempt}`);
  };
}

/** A live holder gives the fence back long before its deadline, so nobody waits longer before looking again. */
const LOOK_AT_FENCE_AFTER_SECONDS = 5;
/** The database's clock says when the fence is free: a little later than that. */
const AFTER_DEADLINE_SECONDS = 0.2;

/**
 * One migration at a time here; `openQueues` holds it to one over all processes. One that waits is rung for again when its
 * time has come; one that meets a held fence, as after another worker's death, comes back when that may be taken.
 */
export function migrateWorker(
  queues: Pick<Queues, "add" | "worker">,
  migrateById: (migrationId: string) => Promise<NextAttempt | null>,
): { close(): Promise<void> } {
  const process = async ({ data }: { data: unknown }): Promise<void> => {
    const { migrationId } = MigrateJob.parse(data);
    const next = await migrateById(migrationId).catch(comeBackForFence);
    if (next === null) return;
    // A second late, for the database's clock says when. The sweep rings as well, should this one be lost.
    await queues.add(MIGRATE_QUEUE, { migrationId }, `${migrationId}-due-${next.dueAt.getTime()}`, next.inSeconds + 1);
  };
  return queues.worker(MIGRATE_QUEUE, process, { concurrency: 1 });
}

function comeBackForFence(error: unknown): never {
  if (!(error instanceof FenceHeldError)) throw error;
  const lookAgainIn = Math.min(error.freeInSeconds, LOOK_AT_FENCE_AFTER_SECONDS);
  throw new ComeBackError(lookAgainIn + AFTER_DEADLINE_SECONDS);
}
