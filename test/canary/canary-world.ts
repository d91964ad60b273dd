import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import type { PracticeWorld } from "../../dev/practice-world.ts";
import { startVault } from "../../dev/vault/start-vault.ts";
import { ownWorld } from "../world/own-world.ts";
import { type SlackPeople, slackPeople } from "../world/slack-people.ts";
import { type PlantedSecret, plant, type VaultCall } from "./planted.ts";
import { type TalkativeFront, talkativeAws, talkativeVault } from "./talkative-fronts.ts";

export interface CanaryWorld {
  readonly world: PracticeWorld;
  readonly people: SlackPeople;
  readonly vault: TalkativeFront;
  readonly aws: TalkativeFront;
  /** Vault's own audit log and output. */
  readonly vaultFolder: string;
  /** As an operator, past the front. */
  readonly callVault: VaultCall;
  readonly rootToken: string;
  /** Starts both processes (again) with more in their environment, at the most talkative log level. */
  restart(extra?: NodeJS.ProcessEnv): Promise<void>;
  restartWorker(): Promise<void>;
  rows<Row extends object>(query: string, values?: readonly unknown[]): Promise<Row[]>;
  /** The newest request for a path, once it is in one of these states. */
  waitFor(path: string, statuses: readonly string[], withinMs?: number): Promise<Settled>;
  stop(): Promise<void>;
}

export interface Settled {
  readonly id: string;
  readonly status: string;
  readonly cause_code: string | null;
  readonly target: string;
}

/** A practice world whose Vault holds planted secrets, and whose Vault and AWS can be made to talk. */
export async function canaryWorld(planted: readonly PlantedSecret[], secrets: NodeJS.ProcessEnv): Promise<CanaryWorld> {
  const vaultFolder = await mkdtemp(join(tmpdir(), "glovebox-canary-"));
  const server = await startVault({ dataDir: vaultFolder, logTo: join(vaultFolder, "vault.log") });
  const callVault: VaultCall = (method, path, body) =>
    fetch(`${server.address}/v1/${path}`, {
      method,
      headers: { "x-vault-token": server.rootToken },
      ...(body === undefined ? {} : { body }),
    });
  await callVault("POST", "sys/mounts/kv", JSON.stringify({ type: "kv", options: { version: "1" } }));
  // before the first crawl
  for (const secret of planted) {
    if (secret.earlierJson) await plant(callVault, { ...secret, json: secret.earlierJson });
    await plant(callVault, secret);
  }
  const vault = await talkativeVault(server.address);
  const { PATH, HOME } = process.env;
  const environment = { PATH, HOME, VAULT_ADDR: vault.url, VAULT_TOKEN: server.rootToken };
  const world = await ownWorld({ secrets: 20, withModel: true, environment });
  const aws = await talkativeAws(world.stack.aws.endpointUrl);
  const database = new pg.Client({ connectionString: world.stack.postgres.url });
  await database.connect();
  // So that the server's log holds whatever was ever sent to it, also what is deleted again.
  await database.query("alter system set log_statement = 'all'");
  await database.query("select pg_reload_conf()");
  const people = await slackPeople(world);
  const rows: CanaryWorld["rows"] = async (query, values = []) => (await database.query(query, [...values])).rows;

  let given: NodeJS.ProcessEnv = secrets;
  const restartWorker = async (): Promise<void> => {
    await world.start("worker", { ...given, AWS_ENDPOINT_URL: aws.url });
  };
  const restart = async (extra: NodeJS.ProcessEnv = {}): Promise<void> => {
    await Promise.all([world.running.bot?.stop(), world.running.worker?.stop()]);
    given = { ...secrets, ...extra, LOG_LEVEL: "debug" };
    await Promise.all([world.start("bot", given), restartWorker()]);
  };
  const waitFor: CanaryWorld["waitFor"] = async (path, statuses, withinMs = 30_000) => {
    const deadline = Date.now() + withinMs;
    for (;;) {
      const [row] = await rows<Omit<Settled, "target"> & { content: string }>(
        `select r.id, r.status, m.cause_code, r.content from request r join entry e on e.id = r.entry_id
         left join migration m on m.request_id = r.id
         where e.full_path = $1 order by r.created_at desc, m.attempt desc limit 1`,
        [path],
      );
      if (row && statuses.includes(row.status)) {
        return { ...row, target: JSON.parse(row.content).content.target.name };
      }
      if (Date.now() > deadline) throw new Error(`${path} is ${row?.status} (${row?.cause_code}), not ${statuses}`);
      await new Promise((resolve) => setTimeout(resolve, 60));
    }
  };
  return {
    ...{
      world,
      people,
      vault,
      aws,
      vaultFolder,
      callVault,
      rootToken: server.rootToken,
      restart,
      restartWorker,
      rows,
      waitFor,
    },
    stop: async () => {
      people.drive.close();
      await database.end();
      await world.stop();
      await Promise.all([vault.stop(), aws.stop(), server.stop()]);
      await rm(vaultFolder, { recursive: true, force: true });
    },
  };
}
