import { setTimeout as delay } from "node:timers/promises";
import { DescribeSecretCommand, ListSecretVersionIdsCommand } from "@aws-sdk/client-secrets-manager";
import { nothingLeft } from "./failures.ts";
import { expect, type Step, type Tour } from "./tour-world.ts";

/** Longer than it takes to notice the call and to kill. */
const SLOW_MS = 700;
const FINISHED_WITHIN_MS = 90_000;

/** A call of the worker that is held up, so that the kill strikes in it. */
interface Moment {
  readonly name: string;
  /** Holds up the call. @returns Whether it was made since. */
  holdUp(tour: Tour): () => boolean;
}

const MOMENTS: readonly Moment[] = [
  {
    name: "while it holds the lease and reads the value",
    holdUp({ world: { vaultFront } }) {
      const isRead = ({ method, path }: { method: string; path: string }): boolean =>
        method === "GET" && path.includes("/data/");
      const before = vaultFront?.calls().filter(isRead).length ?? 0;
      vaultFront?.fault({ kind: "slow", method: "GET", path: /\/data\//, delayMs: SLOW_MS });
      return () => (vaultFront?.calls().filter(isRead).length ?? 0) > before;
    },
  },
  { name: "while AWS carries out the write", holdUp: (tour) => holdUpAws(tour, "CreateSecret") },
  { name: "between the write and its verification", holdUp: (tour) => holdUpAws(tour, "GetSecretValue") },
  { name: "while the target is sealed", holdUp: (tour) => holdUpAws(tour, "TagResource") },
];

function holdUpAws({ world }: Tour, action: string): () => boolean {
  const { front } = world.stack.aws;
  const made = (): number => front?.calls().filter((call) => call.action === action).length ?? 0;
  const before = made();
  front?.fault({ kind: "slow", action, delayMs: SLOW_MS });
  return () => made() > before;
}

async function killAt(tour: Tour, { name, holdUp }: Moment): Promise<void> {
  const path = await tour.unusedPath();
  await tour.ask(path);
  const isIn = holdUp(tour);
  await tour.approve(path);
  for (const deadline = Date.now() + 20_000; !isIn(); await delay(5)) {
    expect(Date.now() < deadline, "the move never came to that call");
  }
  killWorker(tour);
  tour.see("the worker", "its process", `killed with -9 ${name}; the journal says: ${await stateOf(tour, path)}`);
  await tour.world.start("worker");
  await finishedOnce(tour, path);
}

/** Dies again and again in one move, wherever it happens to be. */
async function killRepeatedly(tour: Tour, times: number): Promise<void> {
  const path = await tour.unusedPath();
  await tour.ask(path);
  await tour.approve(path);
  for (let at = 1; at <= times; at += 1) {
    await delay(Math.random() * 150);
    killWorker(tour);
    tour.see("the worker", "its process", `killed with -9, time ${at}; the journal says: ${await stateOf(tour, path)}`);
    await tour.world.start("worker");
  }
  await finishedOnce(tour, path);
}

function killWorker({ world }: Tour): void {
  const { worker } = world.running;
  expect(worker !== null, "there is no worker");
  process.kill(worker.pid, "SIGKILL");
}

/** One version in AWS under the journaled token, one terminal row, one receipt in the thread, and nothing open. */
async function finishedOnce(tour: Tour, path: string): Promise<void> {
  const card = await tour.waitForCard(path, /Migrated/, FINISHED_WITHIN_MS);
  await nothingLeft(tour);
  const SecretId = await tour.targetOf(path);
  const [row] = await tour.rows<{ token: string; finished: number }>(
    `select (m.writes ->> 'bytes')::jsonb #>> '{targets,0,versions,-1,requestToken}' as token, (select count(*)::int from finished_statement f where f.migration_id = m.id) as finished
     from migration m join request r on r.id = m.request_id join entry e on e.id = r.entry_id where e.full_path = $1`,
    [path],
  );
  const { Versions = [] } = await tour.aws.send(new ListSecretVersionIdsCommand({ SecretId, IncludeDeprecated: true }));
  const ids = Versions.map(({ VersionId }) => VersionId);
  expect(ids.length === 1 && ids[0] === row?.token, `AWS has ${ids.length} versions of it`);
  const { Tags = [] } = await tour.aws.send(new DescribeSecretCommand({ SecretId }));
  const isSealed = Tags.some(({ Key, Value }) => Key === "glovebox-state" && Value === "sealed");
  expect(isSealed, "the target is not sealed");
  expect(row?.finished === 1, "it was not finished exactly once");
  const isReceipt = ({ thread_ts: thread }: { thread_ts?: string }): boolean => thread === card.ts;
  await tour.drive.waitForMessage(tour.channels.approvals, isReceipt);
  tour.see("approvers", "the one card as it changed", tour.historyOf(card).join("\n"));
  tour.see("an operator", "AWS, Vault and the journal", "one version, sealed; no lease, no open gate; finished once");
}

async function stateOf(tour: Tour, path: string): Promise<string> {
  const [row] = await tour.rows<{ state: string }>(
    `select m.state from migration m join request r on r.id = m.request_id join entry e on e.id = r.entry_id
     where e.full_path = $1 order by m.attempt desc limit 1`,
    [path],
  );
  return row?.state ?? "nothing";
}

export const CRASHES: readonly Step[] = [
  ...MOMENTS.map((moment) => ({
    name: `kill -9 of the worker ${moment.name}: a restart finishes it exactly once`,
    run: (tour: Tour) => killAt(tour, moment),
  })),
  { name: "kill -9 three times in one move, at any moment", run: (tour) => killRepeatedly(tour, 3) },
];
