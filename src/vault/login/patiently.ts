import { setTimeout as sleep } from "node:timers/promises";
import pRetry, { AbortError } from "p-retry";
import { GloveboxError } from "../../errors.ts";

/** Longer waits are the migration's own: what is lent must not grow old meanwhile. */
const LONGEST_TOLD_MS = 5_000;

/**
 * Repeats what is safe to repeat while its failure says `retryable`: exponential backoff with jitter, never on a refusal. What the
 * vendor says of when to come again (Retry-After) is waited for first, up to five seconds.
 */
export function patiently<T>(call: () => Promise<T>, retries = 4): Promise<T> {
  const attempt = async (): Promise<T> => {
    try {
      return await call();
    } catch (error) {
      if (error instanceof GloveboxError && error.retryable) throw error;
      throw new AbortError(error instanceof Error ? error : new Error("failed"));
    }
  };
  return pRetry(attempt, {
    retries,
    minTimeout: 200,
    maxTimeout: 5_000,
    factor: 2,
    randomize: true,
    onFailedAttempt: ({ error, retriesLeft }) => (retriesLeft > 0 ? waitAsTold(error) : undefined),
  });
}

async function waitAsTold(error: Error): Promise<void> {
  const toldMs = "retryAfterMs" in error && typeof error.retryAfterMs === "number" ? error.retryAfterMs : 0;
  if (toldMs > 0) await sleep(Math.min(toldMs, LONGEST_TOLD_MS));
}
