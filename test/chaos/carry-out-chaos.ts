import pg from "pg";
import type { ChaosFigures } from "./chaos-report.ts";
import type { ChaosServers } from "./chaos-servers.ts";
import { type ChaosWorld, openChaosWorld } from "./chaos-world.ts";
import { type Drive, openDrive } from "./drive.ts";
import { addFindings, type Findings, noFindings } from "./findings.ts";
import type { Item } from "./item.ts";
import { judgeItem } from "./judge-item.ts";
import { judgeLeaks } from "./judge-leaks.ts";
import { judgeLeftovers } from "./judge-leftovers.ts";
import { type MigrationPlan, planCalm, planMigration } from "./plan.ts";
import { type Planted, plantedValues } from "./planted-values.ts";
import { type Processes, startProcesses } from "./processes.ts";
import { openStriker, type Striker } from "./strikes.ts";

export interface ChaosOrder {
  readonly migrations: number;
  readonly seed: number;
  readonly only: number | null;
  readonly minutes: number;
  readonly workers: number;
}

export interface ChaosRun {
  say(line: string): void;
  readonly stopping: AbortSignal;
}

/** After so many migrations everything comes to rest and the judge looks. */
const JUDGE_EVERY = 200;
const SAY_EVERY_MS = 5_000;

interface Scene {
  readonly world: ChaosWorld;
  readonly planted: Planted;
  readonly drive: Drive;
  readonly processes: Processes;
  readonly striker: Striker;
}

/** @returns null: it was stopped on the way. */
export async function carryOutChaos(
  servers: ChaosServers,
  order: ChaosOrder,
  { say, stopping }: ChaosRun,
): Promise<ChaosFigures | null> {
  const startedAt = performance.now();
  const world = await openChaosWorld(servers.servers);
  const scene = openScene(world, servers, order);
  const total = order.only === null ? order.migrations : 1;
  const telling = setInterval(() => say(liveLine(scene, total)), SAY_EVERY_MS);
  const findings = noFindings();
  const judged = new Map<Item, Findings>();
  const shown: string[] = [];
  const isOver = (): boolean => stopping.aborted || performance.now() - startedAt > order.minutes * 60_000;
  try {
    for (const batch of batches(order)) {
      if (isOver()) break;
      await scene.drive.carryOut(batch, isOver, stopping);
      await judge(scene, { findings, judged, shown }, stopping);
    }
    if (stopping.aborted) return null;
    findings.leaked.push(...(await judgeLeaks({ world, planted: scene.planted, shown, ...servers })));
    return figuresOf(scene, { order, findings, judged, seconds: (performance.now() - startedAt) / 1_000 });
  } finally {
    clearInterval(telling);
    await scene.processes.stop();
    await world.close();
  }
}

function openScene(world: ChaosWorld, { logDir }: ChaosServers, { seed, workers }: ChaosOrder): Scene {
  const planted = plantedValues(seed);
  const drive = openDrive(world, planted, () => striker);
  const processes = startProcesses({ world, workerCount: workers, logDir, heard: drive.heard });
  const striker = openStriker(world, () => processes);
  return { world, planted, drive, processes, striker };
}

/** Each batch ends with a calm one: what a crash left is closed at the latest by the next lease. */
function* batches({ migrations, seed, only }: ChaosOrder): Generator<MigrationPlan[]> {
  if (only !== null) return yield [planMigration(seed, only), planCalm(migrations)];
  for (let from = 0; from < migrations; from += JUDGE_EVERY) {
    const to = Math.min(from + JUDGE_EVERY, migrations);
    const plans = Array.from({ length: to - from }, (_, index) => planMigration(seed, from + index));
    yield [...plans.slice(0, -1), planCalm(to - 1)];
  }
}

interface Bench {
  readonly findings: Findings;
  readonly judged: Map<Item, Findings>;
  readonly shown: string[];
}

async function judge(
  { world, drive }: Scene,
  { findings, judged, shown }: Bench,
  stopping: AbortSignal,
): Promise<void> {
  const sql = new pg.Client({ connectionString: world.databaseUrl });
  await sql.connect();
  try {
    for (const item of drive.items.filter((each) => !judged.has(each) && each.isSettled)) {
      if (stopping.aborted) return;
      const verdict = await judgeItem(world, sql, item);
      judged.set(item, verdict.findings);
      shown.push(verdict.shown);
      addFindings(findings, verdict.findings);
    }
    findings.leftover.push(...(await judgeLeftovers(world, sql, stopping)));
  } finally {
    await sql.end();
  }
}

function liveLine({ drive, processes, striker }: Scene, total: number): string {
  const settled = drive.items.filter(({ isSettled }) => isSettled).length;
  const { kills, stops, gateKills } = processes.counts;
  const { vaultFaults, awsFaults, postgresCuts, pauses } = striker.counts;
  return `${settled}/${total} settled, ${drive.runs()} runs; ${kills} kills, ${stops} stops, gate killed ${gateKills}; faults: Vault ${vaultFaults}, AWS ${awsFaults}, Postgres ${postgresCuts}, pauses ${pauses}`;
}

interface End {
  readonly order: ChaosOrder;
  readonly findings: Findings;
  readonly judged: ReadonlyMap<Item, Findings>;
  readonly seconds: number;
}

function figuresOf({ drive, processes, striker }: Scene, { order, findings, judged, seconds }: End): ChaosFigures {
  const ends = { done: 0, undone: 0, refused: 0, stuck: 0 };
  for (const { stuck, plan } of drive.items) {
    if (stuck !== null) ends.stuck += 1;
    else if (plan.target !== "free" && !plan.isTakenOver) ends.refused += 1;
    else if (plan.acts.at(-1)?.does === "undo") ends.undone += 1;
    else ends.done += 1;
  }
  const isFaulty = (item: Item): boolean => Object.values(judged.get(item) ?? {}).some((each) => each.length > 0);
  return {
    seed: order.seed,
    migrations: drive.items.length,
    ends,
    runs: drive.runs(),
    engineStops: drive.stops(),
    retries: drive.items.reduce((sum, { retries }) => sum + retries, 0),
    ...processes.counts,
    ...striker.counts,
    seconds: Math.round(seconds),
    counts: {
      lost: findings.lost.length,
      doubled: findings.doubled.length,
      leftover: findings.leftover.length,
      leaked: findings.leaked.length,
    },
    findings,
    histories: drive.items
      .filter(isFaulty)
      .map(({ plan, history }) => ({ index: plan.index, plan: JSON.stringify(plan), history: [...history] })),
  };
}
