import { z } from "zod";
import { codeOf } from "../src/errors.ts";
import type { Queues } from "../src/queue/open-queues.ts";
import { type ClaimedDelivery, claimDelivery, finishDelivery, postponeDelivery } from "../src/store/claim-delivery.ts";
import type { Store } from "../src/store/open-store.ts";

const DELIVER_QUEUE = "deliver";

const DeliverJob = z.strictObject({ outboxId: z.number().int().positive() });

export interface DeliverDeps {
  readonly store: Store;
  readonly queues: Pick<Queues, "add">;
  /** Carries it out. It may be called twice for one delivery: after a crash between its end and ours. */
  readonly deliver: (delivery: ClaimedDelivery) => Promise<void>;
  /** Longer than any delivery takes: after a crash it is tried again when this has passed. 30 s where absent. */
  readonly claimSeconds?: number;
}

/** Rings for one row of the outbox; called for each `outbox` notification. */
export async function ringDelivery(queues: Pick<Queues, "add">, outboxId: number): Promise<void> {
  await queues.add(DELIVER_QUEUE, { outboxId }, `outbox-${outboxId}`);
}

/** Delivers several subjects at once, and one subject in order. */
export function deliverWorker(
  queues: Pick<Queues, "add" | "worker">,
  deps: Omit<DeliverDeps, "queues">,
  concurrency = 4,
): { close(): Promise<void> } {
  const process = async ({ data }: { data: unknown }): Promise<void> =>
    deliverRow({ ...deps, queues }, DeliverJob.parse(data).outboxId);
  return queues.worker(DELIVER_QUEUE, process, { concurrency });
}

/**
 * One row of the outbox, at least once, and then what waits behind it for the same subject. A failure is kept on the
 * row and tried again later. The next is not rung for but taken here: its own job may have looked a moment ago, found
 * this one in its way, and not yet ended, and would swallow the ring.
 */
export async function deliverRow(deps: DeliverDeps, outboxId: number): Promise<void> {
  let next: number | null = outboxId;
  while (next !== null) next = await deliverOne(deps, next);
}

/** @returns The subject's next row that may go now. */
async function deliverOne(deps: DeliverDeps, outboxId: number): Promise<number | null> {
  const { store, deliver, claimSeconds = 30 } = deps;
  const claimed = await claimDelivery(store, outboxId, claimSeconds);
  if (!claimed) return null;
  try {
    await deliver(claimed);
  } catch (error) {
    return postpone(deps, claimed, codeOf(error));
  }
  return finishDelivery(store, claimed);
}

async function postpone(
  { store, queues }: DeliverDeps,
  claimed: ClaimedDelivery,
  code: string,
): Promise<number | null> {
  const outcome = await postponeDelivery(store, claimed, code);
  if ("nextId" in outcome) return outcome.nextId;
  // An id of its own, for this job still holds the plain one; a second late, for the database's clock says when.
  const jobId = `outbox-${claimed.id}-${claimed.attempt}`;
  await queues.add(DELIVER_QUEUE, { outboxId: claimed.id }, jobId, outcome.retryInSeconds + 1);
  return null;
}
