import { z } from "zod";
import { codeOf } from "../src/errors.ts";
import type { Queues } from "../src/queue/open-queues.ts";
import { type ClaimedDelivery, claimDelivery, finishDelivery, postponeDelivery } from "../src/store/claim-delivery.ts";
import type { Store } from "../src/store/open-store.ts";

export const DELIVER_QUEUE = "deliver";

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

/** One row of the outbox, at least once. A failure is kept on the row and tried again later. */
export async function deliverRow(
  { store, queues, deliver, claimSeconds = 30 }: DeliverDeps,
  outboxId: number,
): Promise<void> {
  const claimed = await claimDelivery(store, outboxId, claimSeconds);
  if (!claimed) return;
  try {
    await deliver(claimed);
  } catch (error) {
    await postpone({ store, queues }, claimed, codeOf(error));
    return;
  }
  const nextId = await finishDelivery(store, claimed);
  if (nextId !== null) await ringDelivery(queues, nextId);
}

async function postpone(
  { store, queues }: Pick<DeliverDeps, "store" | "queues">,
  claimed: ClaimedDelivery,
  code: string,
) {
  const outcome = await postponeDelivery(store, claimed, code);
  if ("retryInSeconds" in outcome) {
    // An id of its own, for this job still holds the plain one; a second late, for the database's clock says when.
    const jobId = `outbox-${claimed.id}-${claimed.attempt}`;
    await queues.add(DELIVER_QUEUE, { outboxId: claimed.id }, jobId, outcome.retryInSeconds + 1);
  } else if (outcome.nextId !== null) {
    await ringDelivery(queues, outcome.nextId);
  }
}
