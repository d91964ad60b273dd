import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import { expect, it, onTestFinished } from "vitest";
import { startRedis } from "../../dev/redis/start-redis.ts";

it("startRedis gives a Redis that asks for the URL's password, and BullMQ's memory policy", async () => {
  const folder = mkdtempSync(join(tmpdir(), "glovebox-redis-"));
  const redis = await startRedis({ dataDir: join(folder, "data"), logTo: join(folder, "redis.log") });
  const client = new Redis(redis.url);
  onTestFinished(async () => {
    client.disconnect();
    await redis.stop();
    rmSync(folder, { recursive: true });
  });
  expect(await client.config("GET", "maxmemory-policy")).toEqual(["maxmemory-policy", "noeviction"]);

  const { hostname, port } = new URL(redis.url);
  const stranger = new Redis({ host: hostname, port: Number(port), maxRetriesPerRequest: 0, enableReadyCheck: false });
  stranger.on("error", () => undefined);
  await expect(stranger.get("anything")).rejects.toThrow(/NOAUTH/);
  stranger.disconnect();
});
