import pino, { type Logger } from "pino";
import type { CommonConfig } from "../config.ts";
import { codeOf } from "../errors.ts";
import { openQueues, type Queues } from "../queue/open-queues.ts";
import type { Rules } from "../rules.ts";
import { type Doorbell, openDoorbell } from "../store/doorbell.ts";
import { migrateStore } from "../store/migrate.ts";
import { openStore, type Store } from "../store/open-store.ts";

/** What every role of a process shares. */
export interface Base {
  readonly common: CommonConfig;
  readonly rules: Rules;
  readonly log: Logger;
  readonly store: Store;
  readonly doorbell: Doorbell;
  readonly queues: Queues;
  readonly now: () => Date;
  /** Runs at the end, in the opposite order of the calls. */
  onClose(close: () => Promise<unknown>): void;
}

export const MIGRATE_ONE_AT_A_TIME = ["migrate"];

export function openLog(level: string): Logger {
  return pino({ level, base: { name: "glovebox" }, timestamp: pino.stdTimeFunctions.isoTime });
}

/** Connects to Postgres, brings its schema up to date, and opens the queues. Anything that fails closes what was opened. */
export async function openBase(
  common: CommonConfig,
  rules: Rules,
  log: Logger,
): Promise<{ base: Base; close(): Promise<void> }> {
  const closers: (() => Promise<unknown>)[] = [];
  const close = async (): Promise<void> => {
    for (let next = closers.pop(); next; next = closers.pop()) {
      await next().catch((error: unknown) => log.warn({ code: codeOf(error) }, "could not close something"));
    }
  };
  const databaseUrl = common.DATABASE_URL.reveal();
  try {
    const store = openStore(databaseUrl, (error) => log.warn({ code: codeOf(error) }, "a Postgres connection broke"));
    closers.push(() => store.destroy());
    await migrateStore(store);
    const doorbell = await openDoorbell(databaseUrl, (error) => log.warn({ code: codeOf(error) }, "listening broke"));
    closers.push(() => doorbell.close());
    const redisUrl = common.REDIS_URL?.reveal() ?? null;
    const queues = openQueues({
      redisUrl,
      databaseUrl,
      log,
      oneAtATime: MIGRATE_ONE_AT_A_TIME,
      lockSeconds: common.TAKEOVER_SECONDS,
    });
    closers.push(() => queues.close());
    const onClose = (closer: () => Promise<unknown>): void => void closers.push(closer);
    return { base: { common, rules, log, store, doorbell, queues, now: () => new Date(), onClose }, close };
  } catch (error) {
    await close();
    throw error;
  }
}
