import type { Logger } from "pino";
import type { CommonConfig } from "../config.ts";
import { openQueues, type Queues } from "../queue/open-queues.ts";
import type { Rules } from "../rules.ts";
import { migrateStore } from "../store/migrate.ts";
import { type Core, openCore } from "./open-core.ts";

/** What every role of a process that stays shares. */
export interface Base extends Core {
  readonly queues: Queues;
}

export const MIGRATE_ONE_AT_A_TIME = ["migrate"];

/** Connects to Postgres, brings its schema up to date, and opens the queues. Anything that fails closes what was opened. */
export async function openBase(
  common: CommonConfig,
  rules: Rules,
  log: Logger,
): Promise<{ base: Base; close(): Promise<void> }> {
  const { core, close } = await openCore(common, rules, log);
  try {
    await migrateStore(core.store);
    const queues = openQueues({
      redisUrl: common.REDIS_URL?.reveal() ?? null,
      databaseUrl: common.DATABASE_URL.reveal(),
      log,
      oneAtATime: MIGRATE_ONE_AT_A_TIME,
      lockSeconds: common.TAKEOVER_SECONDS,
    });
    core.onClose(() => queues.close());
    return { base: { ...core, queues }, close };
  } catch (error) {
    await close();
    throw error;
  }
}
