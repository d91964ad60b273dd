// A worker as in production (BullMQ, the janitor at start, one at a time by the fence), whose runs can be made to die.
import { writeSync } from "node:fs";
import pino from "pino";
import { z } from "zod";
import { migrateWorker } from "../../jobs/migrate.ts";
import { codeOf } from "../../src/errors.ts";
import { cleanUpAfterCrash } from "../../src/migration/keep-fence.ts";
import type { MigrateDeps } from "../../src/migration/migrate-deps.ts";
import { type NextAttempt, takeUpMigration } from "../../src/migration/take-up-migration.ts";
import { openQueues } from "../../src/queue/open-queues.ts";
import { withPoints } from "../migration/crash-points.ts";
import { openWorker, type WorkerSettings } from "../migration/engine-worker.ts";
import {
  MIGRATE_ONE_AT_A_TIME,
  QUEUE_LOCK_SECONDS,
  type Signal,
  type ToWorker,
  type WorkerSays,
} from "./process-talk.ts";
import { startAgain } from "./start-again.ts";

const Order = z.object({
  settings: z.custom<WorkerSettings>(),
  redisUrl: z.string(),
  prefix: z.string(),
});
const { settings, redisUrl, prefix } = Order.parse(JSON.parse(process.env.CHAOS_ORDER ?? ""));

const log = pino({ level: "debug", base: { pid: process.pid } }, pino.destination({ dest: 2, sync: true }));
const answers = new Map<number, (answer: ToWorker) => void>();
let asked = 0;
process.on("message", (answer: ToWorker) => {
  answers.get(answer.to)?.(answer);
  answers.delete(answer.to);
});
process.on("disconnect", () => process.exit()); // whoever started us is gone

/** Written at once: the next line may be the signal. */
function say(words: WorkerSays): void {
  writeSync(1, `${JSON.stringify(words)}\n`);
}

/** Tells that this run holds the fence, and hears what will be done to it. */
async function arm(migrationId: string): Promise<ToWorker> {
  const answer = Promise.withResolvers<ToWorker>();
  asked += 1;
  answers.set(asked, answer.resolve);
  say({ says: "armed", ask: asked, migrationId });
  return answer.promise;
}

const opened = await startAgain(() => openWorker(settings));
const deps: MigrateDeps = { ...opened.deps, log, holder: `chaos:${process.pid}` };

/** Every run's own points are counted from its first call to a server on: the fence is held from just before. */
async function run(migrationId: string): Promise<NextAttempt | null> {
  let order: Promise<ToWorker> | undefined;
  let [reached, at] = [0, -1];
  let signal: Signal = "SIGKILL";
  const armed = async (): Promise<void> => {
    order ??= arm(migrationId).then((answer) => {
      [at, signal] = [answer.atPoint, answer.signal];
      return answer;
    });
    await order;
  };
  const { broker, target } = deps;
  const armedFirst: MigrateDeps = {
    ...deps,
    broker: { ...broker, loginAdmin: () => armed().then(broker.loginAdmin) },
    target: { ...target, describe: (ref) => armed().then(() => target.describe(ref)) },
  };
  const watched = withPoints(armedFirst, {
    reached: (point) => {
      if (order === undefined) return;
      reached += 1;
      if (reached !== at) return;
      say({ says: "point", migrationId, point, signal });
      process.kill(process.pid, signal);
    },
  });
  try {
    const next = await takeUpMigration(watched, migrationId);
    if (order) say({ says: "ended", migrationId, how: next === null ? "returned" : "waits" });
    return next;
  } catch (error) {
    if (order) say({ says: "ended", migrationId, how: codeOf(error) });
    throw error;
  }
}

await cleanUpAfterCrash(deps).catch((error: unknown) => log.warn({ code: codeOf(error) }, "could not clean up yet"));
const queues = openQueues({
  ...{ redisUrl, databaseUrl: settings.databaseUrl, log, prefix },
  ...{ oneAtATime: MIGRATE_ONE_AT_A_TIME, lockSeconds: QUEUE_LOCK_SECONDS },
});
migrateWorker(queues, run);
say({ says: "up" });
process.once("SIGTERM", async () => {
  await queues.close();
  await opened.close();
  process.exit();
});
