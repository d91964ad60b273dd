import { randomUUID } from "node:crypto";
import { inject, onTestFinished } from "vitest";
import { type OpenQueuesOptions, openQueues, type Queues } from "../../src/queue/open-queues.ts";
import { freshDatabase } from "../fresh-store.ts";

export type BackendName = "redis" | "postgres";

/** Connection options of a place of its own on the shared servers. A dead worker's job runs again after 1 to 2 s. */
export async function freshQueuePlace(backend: BackendName): Promise<Omit<OpenQueuesOptions, "log">> {
  const { url, drop } = await freshDatabase();
  onTestFinished(drop);
  return {
    redisUrl: backend === "redis" ? inject("stack").redis.url : null,
    databaseUrl: url,
    prefix: `t${randomUUID()}`,
    lockSeconds: 1,
    oneAtATime: ["migrate"],
  };
}

/** Queues that close when the test ends; `codes` collects what was logged. */
export function openTestQueues(place: Omit<OpenQueuesOptions, "log">): Queues & { codes: string[] } {
  const codes: string[] = [];
  const queues = openQueues({ ...place, log: { warn: ({ code }) => codes.push(code) } });
  onTestFinished(() => queues.close());
  return { ...queues, codes };
}
