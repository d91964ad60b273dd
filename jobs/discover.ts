import { UnrecoverableError } from "bullmq";
import { GloveboxError } from "../src/errors.ts";

export const DISCOVER_QUEUE = "discover";

/**
 * Crawls Vault once. The job carries nothing: what there is to find is in Vault. A crawl that broke off because Vault
 * was busy runs again with backoff; a refusal waits for a person.
 */
export function discoverJob(crawl: () => Promise<unknown>): () => Promise<void> {
  return async () => {
    await crawl().catch((error: unknown) => {
      throw error instanceof GloveboxError && !error.retryable ? new UnrecoverableError(error.code) : error;
    });
  };
}
