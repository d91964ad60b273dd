import pino, { type Logger } from "pino";
import type { CommonConfig } from "../config.ts";
import { codeOf } from "../errors.ts";
import type { Rules } from "../rules.ts";
import { type Doorbell, openDoorbell } from "../store/doorbell.ts";
import { openStore, type Store } from "../store/open-store.ts";

/** What every process shares, however it is rung: by a queue of ours or by Lambda. */
export interface Core {
  readonly common: CommonConfig;
  readonly rules: Rules;
  readonly log: Logger;
  readonly store: Store;
  readonly doorbell: Doorbell;
  readonly now: () => Date;
  /** Runs at the end, in the opposite order of the calls. */
  onClose(close: () => Promise<unknown>): void;
}

export function openLog(level: string): Logger {
  return pino({ level, base: { name: "glovebox" }, timestamp: pino.stdTimeFunctions.isoTime });
}

/** Opens the store and its doorbell. Anything that fails closes what was opened. */
export async function openCore(
  common: CommonConfig,
  rules: Rules,
  log: Logger,
): Promise<{ core: Core; close(): Promise<void> }> {
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
    const doorbell = await openDoorbell(databaseUrl, (error) => log.warn({ code: codeOf(error) }, "listening broke"));
    closers.push(() => doorbell.close());
    const onClose = (closer: () => Promise<unknown>): void => void closers.push(closer);
    return { core: { common, rules, log, store, doorbell, now: () => new Date(), onClose }, close };
  } catch (error) {
    await close();
    throw error;
  }
}
