import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "kysely";
import { codeOf } from "../../src/errors.ts";
import { endAct, startAct } from "./acts.ts";
import type { ChaosWorld } from "./chaos-world.ts";
import { actOf, type Item, note } from "./item.ts";
import { approve, resumeStopped, retry, takeOver, undo } from "./people.ts";
import { nameStrike } from "./pick-strike.ts";
import type { MigrationPlan } from "./plan.ts";
import { catalogue, plantItem } from "./plant.ts";
import type { Planted } from "./planted-values.ts";
import type { WorkerSays } from "./process-talk.ts";
import type { WorkerProcess } from "./processes.ts";
import type { Striker } from "./strikes.ts";

/** Enough for anybody: a move that failed as often with nothing in its way is stuck. */
const MAX_RETRIES = 12;
const HANGS_AFTER_MS = 90_000;
const IN_FLIGHT = 3;
const CONFLICTS = new Set(["TARGET_NOT_OURS", "TARGET_TOMBSTONED"]);
const LOOK_EVERY_MS = 60;

export interface Drive {
  readonly items: readonly Item[];
  /** Runs that held the fence. */
  readonly runs: () => number;
  /** How often the engine stopped the whole run, and an operator resumed it. */
  readonly stops: () => number;
  /** Orders and sees through all of these, a few at a time. @param isOver Asked before each new one. */
  carryOut(plans: readonly MigrationPlan[], isOver: () => boolean, stopping: AbortSignal): Promise<void>;
  heard(worker: WorkerProcess, words: WorkerSays): void;
}

/** People's part: they ask, approve, approve again, press Retry and order undos, until each item has ended as it must. */
export function openDrive(world: ChaosWorld, planted: Planted, striker: () => Striker): Drive {
  const items: Item[] = [];
  let [runs, stops] = [0, 0];

  const itemOf = async (migrationId: string): Promise<Item | undefined> => {
    const row = await world.store
      .selectFrom("migration")
      .select("requestId")
      .where("id", "=", migrationId)
      .executeTakeFirst();
    return items.find(({ requestIds }) => row && requestIds.includes(row.requestId));
  };
  const armed = async (worker: WorkerProcess, ask: number, migrationId: string): Promise<void> => {
    runs += 1;
    const item = await itemOf(migrationId);
    const strike = item && actOf(item)?.strikes[item.struck];
    if (item) item.struck += 1;
    if (item) note(item, `worker ${worker.pid} runs ${migrationId}${strike ? ` against ${nameStrike(strike)}` : ""}`);
    striker().strike(worker, ask, strike);
  };

  return {
    items,
    runs: () => runs,
    stops: () => stops,
    heard: (worker, words) => {
      if (words.says === "up") return;
      if (words.says === "armed") return void armed(worker, words.ask, words.migrationId);
      const what = words.says === "point" ? `gets ${words.signal} at ${words.point}` : `ends: ${words.how}`;
      void itemOf(words.migrationId).then((item) => item && note(item, `worker ${worker.pid} ${what}`));
      if (words.says === "point") worker.signalled(words.signal);
    },
    carryOut: async (plans, isOver, stopping) => {
      const waiting = [...plans];
      const inFlight = () => items.filter(({ isSettled }) => !isSettled);
      while (!stopping.aborted && (waiting.length > 0 || inFlight().length > 0)) {
        if (isOver()) waiting.splice(0, waiting.length - 1); // the last one goes in peace and shows that all works again
        while (waiting.length > 0 && inFlight().length < IN_FLIGHT) {
          const item = await plantItem(world, waiting.shift() as MigrationPlan, planted);
          items.push(item);
          await startAct(world, item, planted);
        }
        if (await resumeStopped(world)) stops += 1;
        await look(world, inFlight(), planted);
        await sleep(LOOK_EVERY_MS);
      }
      if (!stopping.aborted) await striker().settle();
    },
  };
}

interface Seen {
  readonly requestId: string;
  readonly status: string;
  readonly version: number;
  readonly migrationId: string;
  readonly state: string;
  readonly causeCode: string | null;
  readonly undoOrder: string | null;
}

/** Where each of them stands: the newest attempt of its newest request. */
async function look(world: ChaosWorld, items: readonly Item[], planted: Planted): Promise<void> {
  if (items.length === 0) return;
  const ids = items.map(({ requestIds }) => requestIds.at(-1) ?? "");
  const { rows } = await sql<Seen>`
    select distinct on (r.id) r.id as "requestId", r.status, r.version, m.id as "migrationId", m.state,
      m.cause_code as "causeCode", m.undo_order as "undoOrder"
    from request r join migration m on m.request_id = r.id
    where r.id = any(${ids}) order by r.id, m.attempt desc`.execute(world.store);
  for (const seen of rows) {
    const item = items.find(({ requestIds }) => requestIds.at(-1) === seen.requestId);
    if (!item) continue;
    await advance(world, item, seen, planted).catch((error: unknown) =>
      giveUp(item, `people were refused: ${codeOf(error)}`),
    );
  }
}

async function advance(world: ChaosWorld, item: Item, seen: Seen, planted: Planted): Promise<void> {
  const { status, version, state, causeCode, undoOrder } = seen;
  const words = [status, state, causeCode].filter((word) => word !== null).join(" ");
  if (words !== item.lastSeen) note(item, `is ${words}`);
  item.lastSeen = words;
  const isUndo = actOf(item)?.does === "undo";
  if (performance.now() - item.movedAt > HANGS_AFTER_MS) return giveUp(item, `it hangs, ${words}`);
  if (status === "waiting") {
    await catalogue(world, item);
    return approve(world, item, version);
  }
  if (status === "failed") {
    const isTheirs = item.plan.target !== "free" && CONFLICTS.has(causeCode ?? "");
    if (isTheirs && !item.plan.isTakenOver) return endAct(world, item, planted);
    if (item.retries === MAX_RETRIES)
      return giveUp(item, `it failed once more after ${MAX_RETRIES} retries: ${causeCode}`);
    if (isTheirs) return takeOver(world, item, version);
    return retry(world, item, causeCode ?? "no cause");
  }
  if (status === "undone" && isUndo) return endAct(world, item, planted);
  if (status === "migrated" && !isUndo) return endAct(world, item, planted);
  if (status === "migrated" && undoOrder === null) {
    if (item.retries === MAX_RETRIES) return giveUp(item, `its undo was refused: ${causeCode}`);
    item.retries += 1;
    return undo(world, item);
  }
}

function giveUp(item: Item, why: string): void {
  note(item, why);
  item.stuck = why;
  item.isSettled = true;
}
