import { setTimeout as sleep } from "node:timers/promises";
import type { EngineLog } from "./migrate-deps.ts";

/** The rest between two migrations: none while all is well. */
export interface Pace {
  /** Milliseconds. */
  readonly restMs: number;
  /** Rests, and begins to listen for the next migration. */
  rest(): Promise<void>;
  /** A vendor asked for less, or is not there. @param atLeastMs What it said itself, as in Retry-After. */
  slowDown(because: string, atLeastMs?: number | null): void;
  /** A migration is over: after one that nobody complained of, the rest gets shorter. */
  passed(): void;
  /** Ends the rest that is on, and allows none any more: the process stops. */
  stop(): void;
}

const FIRST_MS = 500;
const LONGEST_MS = 60_000;
const SHORTEN_BY_MS = 500;

/** Slows down by doubling, once for each migration, and speeds up by half a second at a time. Kept in this process alone. */
export function openPace(
  log: EngineLog,
  wait: (delayMs: number, signal: AbortSignal) => Promise<unknown> = waitFor,
): Pace {
  const stopping = new AbortController();
  let restMs = 0;
  let wasSlowed = false;
  return {
    get restMs() {
      return restMs;
    },
    async rest() {
      if (restMs > 0 && !stopping.signal.aborted) await wait(restMs, stopping.signal).catch(() => {});
      wasSlowed = false;
    },
    slowDown(because, atLeastMs = 0) {
      const doubled = wasSlowed ? restMs : Math.max(FIRST_MS, restMs * 2);
      const slower = Math.min(Math.max(doubled, atLeastMs ?? 0), LONGEST_MS);
      wasSlowed = true;
      if (slower === restMs) return;
      restMs = slower;
      log.warn({ restMs, because }, "resting longer between two migrations");
    },
    passed() {
      if (wasSlowed || restMs === 0) return;
      restMs = Math.max(0, restMs - SHORTEN_BY_MS);
      log.info({ restMs }, "resting shorter between two migrations");
    },
    stop: () => stopping.abort(),
  };
}

const waitFor = (delayMs: number, signal: AbortSignal): Promise<unknown> => sleep(delayMs, undefined, { signal });
