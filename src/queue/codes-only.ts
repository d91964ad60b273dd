import { UnrecoverableError } from "bullmq";
import { GloveboxError } from "../errors.ts";
import type { QueuedJob } from "./open-queues.ts";

/**
 * Lets nothing but an error's code out of a job: BullMQ keeps messages and stack traces as plain text, and vendors'
 * messages may quote what they were given. What can't succeed later is not tried again.
 */
export function codesOnly(process: (job: QueuedJob) => Promise<void>): (job: QueuedJob) => Promise<void> {
  return async ({ id, data }) => {
    try {
      await process({ id, data });
    } catch (error) {
      const isFinal = error instanceof GloveboxError && !error.retryable;
      throw isFinal ? new UnrecoverableError(error.code) : new Error(codeOf(error));
    }
  };
}

/** An error's stable name: our code, a system's (`ECONNREFUSED`), or its class. Never its message. */
export function codeOf(error: unknown): string {
  if (error instanceof GloveboxError) return error.code;
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (typeof code === "string" && /^[\w.]{1,60}$/.test(code)) return code;
  return error instanceof Error ? error.constructor.name : "UNKNOWN";
}
