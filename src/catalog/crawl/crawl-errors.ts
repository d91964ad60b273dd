import { GloveboxError } from "../../errors.ts";

/** Another process crawls. Nothing was begun. */
export class CrawlUnderWayError extends GloveboxError {
  readonly code = "CRAWL_UNDER_WAY";
  readonly userMessage: string;
  /** @param howFar "names, 12,000 so far". */
  constructor(howFar: string) {
    super(`another crawl is under way: ${howFar}`);
    this.userMessage = `Another crawl is under way (${howFar}), so none was begun. Wait for it: what it has found is in the catalogue already.`;
  }
}

/** Somebody stopped it. What was found stays, and the next crawl goes on from there. */
export class CrawlStoppedError extends GloveboxError {
  readonly code = "CRAWL_STOPPED";
  readonly userMessage =
    "The crawl was stopped. What it has found is in the catalogue, nothing was marked as gone that it has not looked for, and the next crawl goes on from here.";
  constructor() {
    super("the crawl was stopped");
  }
}
