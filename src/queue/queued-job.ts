/** What a worker is given of a job: ids, never content. BullMQ keeps job data as plain text. */
export interface QueuedJob {
  readonly id?: string | undefined;
  readonly data: unknown;
}

/** As BullMQ hands it over. */
export interface HandedJob extends QueuedJob {
  /** @param timestamp Milliseconds of this machine's clock. @param token Shows that the job is ours. */
  moveToDelayed(timestamp: number, token?: string): Promise<void>;
}
