import type { Queues } from "../src/queue/open-queues.ts";

const [FORGET_QUEUE, STRAGGLERS_QUEUE] = ["usage-forget", "stragglers"];
const FORGET_EVERY_SECONDS = 24 * 60 * 60;
const STRAGGLERS_EVERY_SECONDS = 60 * 60;

export interface UsageJobs {
  /** Follows one log until the signal says so. Never throws. */
  readonly follow: readonly ((signal: AbortSignal) => Promise<void>)[];
  readonly forget: () => Promise<unknown>;
  readonly tellStragglers: () => Promise<unknown>;
}

/**
 * Follows Vault's audit logs in this process, and now and then, once over all processes, forgets what is old and tells
 * who stayed behind.
 */
export async function startUsage(
  queues: Pick<Queues, "every" | "worker">,
  { follow, forget, tellStragglers }: UsageJobs,
): Promise<{ close(): Promise<void> }> {
  const stopper = new AbortController();
  const following = follow.map((each) => each(stopper.signal));
  const workers = [
    queues.worker(FORGET_QUEUE, async () => void (await forget())),
    queues.worker(STRAGGLERS_QUEUE, async () => void (await tellStragglers())),
  ];
  await queues.every(FORGET_QUEUE, FORGET_EVERY_SECONDS);
  await queues.every(STRAGGLERS_QUEUE, STRAGGLERS_EVERY_SECONDS);
  return {
    async close() {
      stopper.abort();
      await Promise.all(following);
      for (const worker of workers) await worker.close();
    },
  };
}
