import { UnrecoverableError } from "bullmq";
import { codeOf, GloveboxError } from "../errors.ts";
import { ComeBackError } from "./come-back.ts";
import type { QueuedJob } from "./queued-job.ts";

/**
 * Lets nothing but an error's code out of a job: BullMQ keeps messages and stack traces as plain text, and vendors'
 * messages may quote what they were given. What can't succeed later is not tried again.
 */
export function codesOnly(process: (job: QueuedJob) => Promise<void>): (job: QueuedJob) => Promise<void> {
  return async ({ id, data }) => {
    try {
      await process({ id, data });
    } catch (error) {
      if (error instanceof ComeBackError) throw error;
      const isFinal = error instanceof UnrecoverableError || (error instanceof GloveboxError && !error.retryable);
      throw isFinal ? new UnrecoverableError(finalCode(error)) : new Error(codeOf(error));
    }
  };
}

/** A job may also say itself that it is final, with a code as the message. */
function finalCode(error: GloveboxError | UnrecoverableError): string {
  return error instanceof UnrecoverableError && /^[A-Z_]{1,60}$/.test(error.message) ? error.message : codeOf(error);
}
