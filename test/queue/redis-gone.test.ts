import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished, vi } from "vitest";
import { startRedis } from "../../dev/redis/start-redis.ts";
import { migrateWorker, ringByQueue } from "../../jobs/migrate.ts";
import { freshQueuePlace, openTestQueues } from "./backends.ts";

it("a Redis that is stopped loses rings and no worker: started anew, the next ring is heard, once", {
  timeout: 60_000,
}, async () => {
  const dataDir = await mkdtemp(join(tmpdir(), "glovebox-redis-"));
  const order = { dataDir, logTo: join(dataDir, "redis.log") };
  const first = await startRedis(order);
  let running = first;
  onTestFinished(async () => {
    await running.stop();
    await rm(dataDir, { recursive: true, force: true });
  });
  const queues = openTestQueues({ ...(await freshQueuePlace("redis")), redisUrl: first.url, ringDeadlineMs: 1_000 });
  const seen: string[] = [];
  migrateWorker(queues, async (migrationId) => {
    seen.push(migrationId);
    return null;
  });
  const [before, meanwhile] = [randomUUID(), randomUUID()];
  const ring = ringByQueue(queues);
  await ring(before, 1);
  await vi.waitFor(() => expect(seen).toEqual([before]), { timeout: 10_000 });
  await first.stop();
  expect(await queues.add("other", { migrationId: meanwhile }, `${meanwhile}-1`)).toBe(false); // and it does not hang
  await expect(queues.ping()).rejects.toThrow();
  running = await startRedis({ ...order, inPlaceOf: first.url });
  expect(running.url).toBe(first.url);
  await vi.waitFor(() => queues.ping(), { timeout: 20_000, interval: 500 });
  await ring(meanwhile, 1); // as the sweep does
  await ring(meanwhile, 1);
  await vi.waitFor(() => expect(seen).toEqual([before, meanwhile]), { timeout: 30_000 });
});

it("queues take leave of a Redis that is gone, so that a process can end", async () => {
  const dataDir = await mkdtemp(join(tmpdir(), "glovebox-redis-"));
  const redis = await startRedis({ dataDir, logTo: join(dataDir, "redis.log") });
  onTestFinished(() => rm(dataDir, { recursive: true, force: true }));
  const queues = openTestQueues({ ...(await freshQueuePlace("redis")), redisUrl: redis.url, ringDeadlineMs: 500 });
  const worker = migrateWorker(queues, async () => null);
  await queues.ping();
  await redis.stop();
  await worker.close();
  await queues.close();
  expect(queues.codes).toContain("QUEUE_SILENT");
});
