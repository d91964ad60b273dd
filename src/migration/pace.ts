import { setTimeout as sleep } from "node:timers/promises";
import type { EngineLog } from "./migrate-deps.ts";

/** The rest between two migrations: none while all is well. */
export interface Pace {
  /** Milliseconds. */
  readonly restMs: number;
  /** Rests, and begins to listen for the next migration. */
  rest(): Promise<void>;
  /** A vendor asked for less. @param atLeastMs What it said itself, as in Retry-After. */
  slowDown(because: string, atLeastMs?: number | null): void;
  /** A migration waits for something that is away: the next would meet the same, but may begin as soon as it is back. */
  waitAwhile(because: string): void;
  /** A migration is over: after one that nobody complained of, the rest gets shorter. */
  passed(): void;
  /** Ends the rest that is on, and allows none any more: the process stops. */
  stop(): void;
}

const FIRST_MS = 500;
const LONGEST_MS = 60_000;
/** While something is away, each migration tries it once and then waits by itself: a short rest is enough. */
const LONGEST_AWAY_MS = 4_000;

/** Slows down by doubling and speeds up by halving, once for each migration. Kept in this process alone. */
export function openPace(
  log: EngineLog,
  wait: (delayMs: number, signal: AbortSignal) => Promise<unknown> = waitFor,
): Pace {
  const stopping = new AbortController();
  let restMs = 0;
  let wasSlowed = false;
  const slowDown = (because: string, atLeastMs: number, longestMs: number): void => {
    const doubled = wasSlowed ? restMs : Math.max(FIRST_MS, restMs * 2);
    const slower = Math.max(restMs, Math.min(Math.max(doubled, atLeastMs), longestMs));
    wasSlowed = true;
    if (slower === restMs) return;
    restMs = slower;
    log.warn({ restMs, because }, "resting longer between two migrations");
  };
  return {
    get restMs() {
      return restMs;
    },
    async rest() {
      if (restMs > 0 && !stopping.signal.aborted) await wait(restMs, stopping.signal).catch(() => {});
      wasSlowed = false;
    },
    slowDown: (because, atLeastMs = 0) => slowDown(because, atLeastMs ?? 0, LONGEST_MS),
    waitAwhile: (because) => slowDown(because, 0, LONGEST_AWAY_MS),
    passed() {
      if (wasSlowed || restMs === 0) return;
      restMs = restMs <= FIRST_MS ? 0 : restMs / 2;
      log.info({ restMs }, "resting shorter between two migrations");
    },
    stop: () => stopping.abort(),
  };
}

const waitFor = (delayMs: number, signal: AbortSignal): Promise<unknown> => sleep(delayMs, undefined, { signal });
