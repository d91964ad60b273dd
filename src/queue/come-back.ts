import { DelayedError } from "bullmq";
import type { HandedJob, QueuedJob } from "./queued-job.ts";

/** What a job throws that found its way barred and should be handed out again: that is no failure and uses up no attempt. */
export class ComeBackError extends Error {
  readonly inSeconds: number;
  constructor(inSeconds: number) {
    super("the job comes back");
    this.inSeconds = inSeconds;
  }
}

/** Puts such a job back itself: it keeps its id, so rings for it that come meanwhile change nothing. */
export function comingBack(
  process: (job: QueuedJob) => Promise<void>,
): (job: HandedJob, token?: string) => Promise<void> {
  return async (job, token) => {
    try {
      await process(job);
    } catch (error) {
      if (!(error instanceof ComeBackError)) throw error;
      await job.moveToDelayed(Date.now() + error.inSeconds * 1_000, token);
      throw new DelayedError();
    }
  };
}
