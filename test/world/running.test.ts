import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { PracticeWorld } from "../../dev/practice-world.ts";
import { ownWorld } from "./own-world.ts";
import { APPROVER, type SlackPeople, slackPeople } from "./slack-people.ts";

let world: PracticeWorld;
let people: SlackPeople;
let database: pg.Client;
beforeAll(async () => {
  world = await ownWorld({ secrets: 40, withVaultFaults: true });
  people = await slackPeople(world);
  database = new pg.Client({ connectionString: world.stack.postgres.url });
  await database.connect();
});
afterAll(async () => {
  people?.drive.close();
  await database?.end();
  await world?.stop();
});
afterEach(() => {
  world.stack.aws.front?.clearFaults();
  world.vaultFront?.clearFaults();
});

interface Row {
  readonly path: string;
  readonly status: string;
  readonly state: string;
  readonly lease_opened_at: Date | null;
  readonly lease_closed_at: Date | null;
}

const newest = async (path: string): Promise<Row | undefined> => {
  const { rows } = await database.query<Row>(
    `select e.full_path as path, r.status, m.state, m.lease_opened_at, m.lease_closed_at
     from migration m join request r on r.id = m.request_id join entry e on e.id = r.entry_id
     where e.full_path = $1 order by m.attempt desc limit 1`,
    [path],
  );
  return rows[0];
};

/** Asks and approves a secret that no test has used. @returns Its path. */
async function approved(): Promise<string> {
  const { rows } = await database.query<{ path: string }>(
    `select full_path as path from entry where engine = 'kv-v2' and path not like 'odd/%' and full_path !~ 'treasury|[*+]'
     and id not in (select entry_id from request) order by id limit 1`,
  );
  const path = rows[0]?.path ?? "";
  const card = await people.ask(path);
  await people.click(APPROVER, card, "appr.approve");
  return path;
}

const vaultStatus = async (path: string, method = "GET"): Promise<number> => {
  const { address, rootToken } = world.stack.vault;
  return (await fetch(`${address}/v1/${path}`, { method, headers: { "x-vault-token": rootToken } })).status;
};
const isGateOpen = async (): Promise<boolean> => (await vaultStatus("sys/policies/acl/gb-open")) === 200;
/** Secret IDs that wait to be used, over the readers of the estate's mounts. */
const liveSecretIds = async (): Promise<number[]> =>
  Promise.all(
    ["secret", "payments"].map((mount) => vaultStatus(`auth/glovebox/role/reader-${mount}/secret-id`, "LIST")),
  );

const worker = () => world.running.worker ?? { pid: 0, hasExited: () => true };
const hasGone = () => expect.poll(() => worker().hasExited(), { timeout: 20_000 }).toBe(true);
const isWriting = (path: string) =>
  expect.poll(async () => (await newest(path))?.state, { timeout: 15_000 }).toBe("closed");
/** Long enough for every test to act in the middle. */
const SLOW_MS = 4_000;

describe("SIGTERM", () => {
  it("lets a running move end, then the worker; nothing is lent afterwards", async () => {
    world.stack.aws.front?.fault({ kind: "slow", action: "CreateSecret", delayMs: SLOW_MS });
    const path = await approved();
    await isWriting(path);
    process.kill(worker().pid, "SIGTERM");
    await hasGone();
    const row = await newest(path);
    expect([row?.status, row?.state]).toEqual(["migrated", "done"]);
    expect(row?.lease_closed_at).not.toBeNull();
    expect(await isGateOpen()).toBe(false);
    expect(await liveSecretIds()).toEqual([404, 404]);
    await world.start("worker");
  });

  it("while a lease is open closes it before the worker goes", async () => {
    world.vaultFront?.fault({ kind: "slow", method: "GET", path: /\/data\//, delayMs: SLOW_MS });
    const path = await approved();
    await expect.poll(async () => (await newest(path))?.state, { timeout: 15_000 }).toBe("leased");
    process.kill(worker().pid, "SIGTERM");
    await hasGone();
    const row = await newest(path);
    expect([row?.status, row?.lease_closed_at === null]).toEqual(["migrated", false]);
    expect(await isGateOpen()).toBe(false);
    await world.start("worker");
  });

  it("a second time ends the worker at once, and the next start finishes what it left", async () => {
    world.stack.aws.front?.fault({ kind: "slow", action: "CreateSecret", delayMs: 3 * SLOW_MS });
    const path = await approved();
    await isWriting(path);
    process.kill(worker().pid, "SIGTERM");
    await delay(300); // the first is being heeded
    process.kill(worker().pid, "SIGTERM");
    await hasGone();
    expect((await newest(path))?.state).toBe("closed");
    world.stack.aws.front?.clearFaults();
    await world.start("worker");
    await expect.poll(async () => (await newest(path))?.status, { timeout: 30_000 }).toBe("migrated");
    expect(await isGateOpen()).toBe(false);
  });

  it("ends a bot that has nothing in hand, and its restart answers people again", async () => {
    const bot = world.running.bot;
    process.kill(bot?.pid ?? 0, "SIGTERM");
    await expect.poll(() => bot?.hasExited(), { timeout: 20_000 }).toBe(true);
    await world.start("bot");
    await people.drive.as(APPROVER).command("help", { channel: world.slack.channels.general });
    await people.drive.waitForEphemeral(APPROVER, ({ text }) => text.length > 0);
  });
});

describe("/healthz", () => {
  const health = async (role: "bot" | "worker"): Promise<[number, Record<string, string>]> => {
    const answer = await fetch(world.running[role]?.healthUrl ?? "");
    return [answer.status, ((await answer.json()) as { checks: Record<string, string> }).checks];
  };
  const down = async (role: "bot" | "worker"): Promise<[number, string[]]> => {
    const [status, checks] = await health(role);
    return [status, Object.keys(checks).filter((name) => checks[name] !== "up")];
  };

  it("names what each process depends on, all of it up", async () => {
    const [postgres, queues, vault, intake, slack] = ["up", "up", "up", "up", "up"];
    expect(await health("bot")).toEqual([200, { postgres, queues, vault, intake, slack }]);
    expect(await health("worker")).toEqual([200, { postgres, queues, vault }]);
  });

  it("says 503 and that Vault is down while it does not answer, and 200 once it does", async () => {
    world.vaultFront?.down(true);
    expect([await down("bot"), await down("worker")]).toEqual([
      [503, ["vault"]],
      [503, ["vault"]],
    ]);
    world.vaultFront?.down(false);
    expect([await down("bot"), await down("worker")]).toEqual([
      [200, []],
      [200, []],
    ]);
  });

  it("says that the intake is down while SQS does not answer", async () => {
    world.stack.aws.front?.down(true);
    expect(await down("bot")).toEqual([503, ["intake"]]);
    world.stack.aws.front?.down(false);
    await expect.poll(() => down("bot"), { timeout: 10_000 }).toEqual([200, []]);
  });

  it("says that Slack is down once it has gone", async () => {
    process.kill(world.slack.pid, "SIGKILL");
    await expect.poll(() => down("bot"), { timeout: 10_000 }).toEqual([503, ["slack"]]);
  });
});
