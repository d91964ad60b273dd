import pRetry, { AbortError } from "p-retry";
import { GloveboxError } from "../../errors.ts";

/**
 * Repeats what is safe to repeat while its failure says `retryable`: exponential backoff with jitter, never on a refusal, and
 * not for a 429, which the transport has repeated itself.
 */
export function patiently<T>(call: () => Promise<T>, retries = 4): Promise<T> {
  const attempt = async (): Promise<T> => {
    try {
      return await call();
    } catch (error) {
      const isThrottled = error instanceof Error && "isThrottled" in error && error.isThrottled === true;
      if (error instanceof GloveboxError && error.retryable && !isThrottled) throw error;
      throw new AbortError(error instanceof Error ? error : new Error("failed"));
    }
  };
  return pRetry(attempt, { retries, minTimeout: 200, maxTimeout: 5_000, factor: 2, randomize: true });
}
