import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { PracticeWorld } from "../../dev/practice-world.ts";
import { type PracticeRedis, startRedis } from "../../dev/redis/start-redis.ts";
import { ownWorld } from "./own-world.ts";
import { APPROVER, type SlackPeople, slackPeople } from "./slack-people.ts";

/** Longer than every patience of ours for one call, and than the fence of this world (5 s). */
const GONE_MS = 12_000;
const TIMEOUT = { timeout: 180_000 };

let world: PracticeWorld;
let people: SlackPeople;
let redis: PracticeRedis;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "glovebox-stores-"));
  [world, redis] = await Promise.all([
    ownWorld({ secrets: 40, withVaultFaults: true }),
    startRedis({ dataDir: folder, logTo: join(folder, "redis.log") }),
  ]);
  people = await slackPeople(world);
});
afterAll(async () => {
  people?.drive.close();
  await world?.stop();
  await redis?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Asks another database of the server, for ours may be shut. */
async function onServer<T extends pg.QueryResultRow>(statement: string, database = "template1"): Promise<T[]> {
  const url = new URL(world.stack.postgres.url);
  url.pathname = `/${database}`;
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  return client
    .query<T>(statement)
    .then(({ rows }) => rows)
    .finally(() => client.end());
}

/** As a server that was stopped: every session ends, and no new one is let in. */
async function isOpenForConnections(isOpen: boolean): Promise<void> {
  await onServer(`alter database postgres with allow_connections ${isOpen}`);
  if (!isOpen) await onServer("select pg_terminate_backend(pid) from pg_stat_activity where datname = 'postgres'");
}

/** One that the engineer may see, and that can be lent. */
async function freePath(): Promise<string> {
  const [row] = await onServer<{ path: string }>(
    `select full_path as path from entry where engine = 'kv-v2' and path not like 'odd/%'
     and full_path !~ 'treasury|[*+]' and id not in (select entry_id from request) order by id limit 1`,
    "postgres",
  );
  return row?.path ?? "";
}

async function approved(path: string): Promise<void> {
  await people.click(APPROVER, await people.ask(path), "appr.approve");
}

interface Moved {
  readonly states: string[];
  readonly doneCount: number;
  readonly leases: number;
}

async function movesOf(path: string): Promise<Moved> {
  const rows = await onServer<{ state: string; open: boolean; done: string }>(
    `select m.state, m.lease_opened_at is not null and m.lease_closed_at is null as open,
       (select count(*) from audit_event a where a.kind = 'migration.done' and a.subject = 'migration:' || m.id) as done
     from migration m join request r on r.id = m.request_id join entry e on e.id = r.entry_id where e.full_path = '${path}'`,
    "postgres",
  );
  return {
    states: rows.map(({ state }) => state),
    doneCount: rows.reduce((sum, { done }) => sum + Number(done), 0),
    leases: rows.filter(({ open }) => open).length,
  };
}

const ONCE: Moved = { states: ["done"], doneCount: 1, leases: 0 };
const untilMovedOnce = (path: string) =>
  expect.poll(() => movesOf(path), { timeout: 60_000, interval: 500 }).toEqual(ONCE);
const haveEnded = () => [world.running.bot, world.running.worker].map((role) => role?.hasExited());

describe("a store that is gone for a while", () => {
  it(
    "Postgres, in the middle of a move: both processes live on, and it is made once, as is the next",
    TIMEOUT,
    async () => {
      const [path] = [await freePath()];
      world.vaultFront?.fault({ kind: "slow", method: "GET", path: /\/data\//, delayMs: 3_000 });
      await approved(path);
      await expect.poll(async () => (await movesOf(path)).states, { timeout: 20_000 }).toEqual(["leased"]);
      await isOpenForConnections(false);
      await delay(GONE_MS);
      expect(haveEnded()).toEqual([false, false]);
      await isOpenForConnections(true);
      await untilMovedOnce(path);
      const next = await freePath();
      await approved(next); // what listens for rings listens again
      await untilMovedOnce(next);
      expect(haveEnded()).toEqual([false, false]);
    },
  );

  it(
    "Redis: what is approved meanwhile is moved once when it is back, and both processes live on",
    TIMEOUT,
    async () => {
      await Promise.all([world.running.bot?.stop(), world.running.worker?.stop()]);
      const onRedis = { REDIS_URL: redis.url };
      await Promise.all([world.start("bot", onRedis), world.start("worker", onRedis)]);
      const first = await freePath();
      await approved(first);
      await untilMovedOnce(first);
      const { url } = redis;
      await redis.stop();
      const [id] = [await freePath()];
      await people.ask(id).then(
        (card) => people.click(APPROVER, card, "appr.approve"),
        () => {}, // a card needs its delivery, which may have to wait for Redis
      );
      await delay(GONE_MS);
      expect(haveEnded()).toEqual([false, false]);
      redis = await startRedis({ dataDir: folder, logTo: join(folder, "redis.log"), inPlaceOf: url });
      // BullMQ waits up to 20 s before it tries Redis again, and only then the card can come.
      const card = await people.waitForCard(id, /RQ-/, 60_000);
      if ((await movesOf(id)).states.length === 0) await people.click(APPROVER, card, "appr.approve");
      await untilMovedOnce(id);
      expect(haveEnded()).toEqual([false, false]);
    },
  );
});
