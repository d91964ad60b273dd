import type { Queues } from "../src/queue/open-queues.ts";

const DRIFT_QUEUE = "drift";

/** Looks at what was moved every so many minutes, once over all processes. */
export async function startDriftWatch(
  queues: Pick<Queues, "every" | "worker">,
  watch: () => Promise<unknown>,
  everyMinutes: number,
): Promise<{ close(): Promise<void> }> {
  const worker = queues.worker(DRIFT_QUEUE, async () => {
    await watch();
  });
  await queues.every(DRIFT_QUEUE, everyMinutes * 60);
  return worker;
}
