import type { JobsOptions } from "bullmq";
import { codeOf } from "../errors.ts";
import { codesOnly } from "./codes-only.ts";
import { comingBack } from "./come-back.ts";
import {
  type BackendWorker,
  postgresBackend,
  type QueueBackend,
  type QueueHandle,
  redisBackend,
} from "./queue-backend.ts";
import type { QueuedJob } from "./queued-job.ts";

export interface QueueLog {
  /** @param code An error's code or class; messages of vendors stay out of the log. */
  warn(fact: { queue: string; code: string }, message: string): void;
}

export interface OpenQueuesOptions {
  /** null: BullMQ runs on `databaseUrl`. */
  readonly redisUrl: string | null;
  readonly databaseUrl: string;
  readonly log: QueueLog;
  /** Queues that run one job at a time over all processes. */
  readonly oneAtATime?: readonly string[];
  /** Keeps installations apart that share a Redis. */
  readonly prefix?: string;
  /** After a worker died, its job runs again within twice this time. */
  readonly lockSeconds?: number;
  /** How long a ring may take before it counts as lost; 5 s where absent. */
  readonly ringDeadlineMs?: number;
}

export interface Queues {
  /**
   * Rings a queue. A doorbell, no record: the truth is in our tables, a sweep rings again what was lost, and a ring
   * with the id of a job that waits or runs changes nothing. So it never rejects and never hangs.
   * @param jobId May hold no colon and must not be a whole number.
   * @returns False if the ring was lost.
   */
  add(
    name: string,
    data: Readonly<Record<string, string | number>>,
    jobId: string,
    delaySeconds?: number,
  ): Promise<boolean>;
  /** A job that comes back every so many seconds, once over all processes. */
  every(name: string, seconds: number): Promise<boolean>;
  /** Starts a worker. Its `close` waits for the job in hand. A job may throw `ComeBackError`. */
  worker(
    name: string,
    process: (job: QueuedJob) => Promise<void>,
    options?: { concurrency?: number },
  ): { close(): Promise<void> };
  /** Pings the store behind the queues. @throws When it does not answer. */
  ping(): Promise<void>;
  /** Closes workers first, then queues. */
  close(): Promise<void>;
}

/** Finished jobs are not kept: a kept job would swallow the next ring with its id. */
const JOB: JobsOptions = {
  removeOnComplete: true,
  removeOnFail: true,
  attempts: 5,
  backoff: { type: "exponential", delay: 2_000, jitter: 0.5 },
};

/** BullMQ on Redis where there is one, else on the same Postgres. Both behave alike, and are tested alike. */
export function openQueues(options: OpenQueuesOptions): Queues {
  const { redisUrl, log, oneAtATime = [], prefix = "glovebox", lockSeconds = 30, ringDeadlineMs = 5_000 } = options;
  const backend: QueueBackend =
    redisUrl === null ? postgresBackend(options.databaseUrl, prefix) : redisBackend(redisUrl, prefix);
  const queues = new Map<string, { queue: QueueHandle; ready: Promise<void> }>();
  const workers: { close(): Promise<void> }[] = [];
  const warn = (queue: string, message: string) => (error: unknown) =>
    log.warn({ queue, code: codeOf(error) }, message);

  const open = (name: string) => {
    const known = queues.get(name);
    if (known) return known;
    const queue = backend.queue(name);
    queue.on("error", warn(name, "queue error"));
    const ready = (async () => {
      await queue.waitUntilReady();
      if (oneAtATime.includes(name)) await queue.setGlobalConcurrency(1);
    })();
    ready.catch(() => queues.delete(name)); // the next ring opens it anew
    const opened = { queue, ready };
    queues.set(name, opened);
    return opened;
  };

  const ring = async (name: string, send: (queue: QueueHandle) => Promise<unknown>): Promise<boolean> => {
    const { queue, ready } = open(name);
    try {
      await withDeadline(
        ringDeadlineMs,
        ready.then(() => send(queue)),
      );
      return true;
    } catch (error) {
      warn(name, "a ring was lost; the sweep will ring again")(error);
      return false;
    }
  };

  // While the store is down, closing hangs as adding does: what is open there ends with this process.
  const letGo = (name: string, closing: Promise<void>): Promise<void> =>
    withDeadline(ringDeadlineMs, closing).catch(warn(name, "could not take leave of the queue"));
  /** Takes nothing new, waits for the job in hand however long it takes, and then for the store for a while. */
  const closeWorker = async (worker: BackendWorker, inHand: Set<Promise<void>>, name: string): Promise<void> => {
    const closing = worker.close();
    await Promise.allSettled(inHand);
    await letGo(name, closing);
  };

  return {
    add(name, data, jobId, delaySeconds = 0) {
      return ring(name, (queue) => queue.add(name, data, { ...JOB, jobId, delay: delaySeconds * 1_000 }));
    },
    every(name, seconds) {
      return ring(name, (queue) =>
        queue.upsertJobScheduler(name, { every: seconds * 1_000 }, { name, data: {}, opts: { ...JOB, attempts: 1 } }),
      );
    },
    worker(name, process, { concurrency = 1 } = {}) {
      open(name).ready.catch(warn(name, "queue not ready")); // sets the global concurrency before the first job
      const inHand = new Set<Promise<void>>();
      const worker = backend.worker(name, comingBack(codesOnly(holding(inHand, process))), {
        concurrency,
        lockDuration: lockSeconds * 1_000,
        stalledInterval: lockSeconds * 1_000,
        maxStalledCount: 5,
      });
      worker.on("error", warn(name, "worker error"));
      worker.on("failed", (_job, error) => log.warn({ queue: name, code: error.message }, "job failed"));
      worker.on("stalled", () =>
        log.warn({ queue: name, code: "STALLED" }, "a worker died or froze; its job runs again"),
      );
      const closing = { close: () => closeWorker(worker, inHand, name) };
      workers.push(closing);
      return closing;
    },
    async ping() {
      const { queue, ready } = open("ping");
      await withDeadline(
        ringDeadlineMs,
        ready.then(() => queue.isPaused()),
      );
    },
    async close() {
      await Promise.allSettled(workers.map((worker) => worker.close()));
      await Promise.allSettled([...queues.entries()].map(([name, { queue }]) => letGo(name, queue.close())));
    },
  };
}

/** Remembers what is under way, for whoever has to wait for it. */
function holding<J>(inHand: Set<Promise<void>>, process: (job: J) => Promise<void>): (job: J) => Promise<void> {
  return (job) => {
    const running = process(job).finally(() => inHand.delete(running));
    inHand.add(running);
    return running;
  };
}

async function withDeadline<T>(deadlineMs: number, work: Promise<T>): Promise<T> {
  const deadline = Promise.withResolvers<never>();
  // While the store is down, `add` hangs on Redis and rejects on Postgres.
  const timer = setTimeout(() => deadline.reject(new QueueSilentError()), deadlineMs);
  return Promise.race([work, deadline.promise]).finally(() => clearTimeout(timer));
}

class QueueSilentError extends Error {
  readonly code = "QUEUE_SILENT";
}
