/** What a worker is given of a job: ids, never content. BullMQ keeps job data as plain text. */
export interface QueuedJob {
  readonly id?: string | undefined;
  readonly data: unknown;
}
