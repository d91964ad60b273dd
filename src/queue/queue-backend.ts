import { createPostgresBackend, type JobsOptions, Queue, Worker } from "bullmq";
import type { HandedJob } from "./queued-job.ts";

/** The part of a BullMQ queue that we use; the same on both backends. */
export interface QueueHandle {
  add(name: string, data: unknown, options: JobsOptions): Promise<unknown>;
  upsertJobScheduler(
    id: string,
    repeat: { every: number },
    template: { name: string; data: unknown; opts: Omit<JobsOptions, "jobId" | "delay" | "repeat"> },
  ): Promise<unknown>;
  waitUntilReady(): Promise<unknown>;
  setGlobalConcurrency(limit: number): Promise<unknown>;
  isPaused(): Promise<boolean>;
  close(): Promise<void>;
  on(event: "error", listener: (error: Error) => void): unknown;
}

export interface BackendWorker {
  close(): Promise<void>;
  on(event: "error", listener: (error: Error) => void): unknown;
  on(event: "failed", listener: (job: unknown, error: Error) => void): unknown;
  on(event: "stalled", listener: () => void): unknown;
}

interface WorkerSettings {
  readonly concurrency: number;
  readonly lockDuration: number;
  readonly stalledInterval: number;
  readonly maxStalledCount: number;
}

export interface QueueBackend {
  queue(name: string): QueueHandle;
  worker(
    name: string,
    process: (job: HandedJob, token?: string) => Promise<void>,
    settings: WorkerSettings,
  ): BackendWorker;
}

/** @param url `redis://` or `rediss://`; it may hold a password. */
export function redisBackend(url: string, prefix: string): QueueBackend {
  // Workers wait in a blocking call, which ioredis must never give up.
  const connection = { url, maxRetriesPerRequest: null };
  return {
    queue: (name) => new Queue(name, { prefix, connection }),
    worker: (name, process, settings) => new Worker(name, process, { prefix, connection, ...settings }),
  };
}

/** In the schema `bullmq` of our own database, which the first queue creates. */
export function postgresBackend(connectionString: string, prefix: string): QueueBackend {
  const connection = { connectionString, max: 2, migrate: true };
  return {
    queue: (name) => new Queue(name, { prefix, connection }, createPostgresBackend),
    worker: (name, process, settings) =>
      new Worker(name, process, { prefix, connection, ...settings }, createPostgresBackend),
  };
}
