/** How many calls to Vault may be under way, for all that crawl in this process. */
export interface SharedLimit {
  readonly atMost: number;
  /** How many may be under way just now. */
  atOnce(): number;
  /** How long nothing new may begin, in milliseconds; 0: not at all. */
  restMs(): number;
  /** Vault kept a call out. @param retryAfterMs What it said of when to come again. */
  throttled(retryAfterMs: number | null): void;
  /** A call was answered. */
  passed(): void;
}

const FIRST_REST_MS = 250;
const LONGEST_REST_MS = 30_000;
/** So many answers without a complaint for each call that is added again. */
const ANSWERS_FOR_ONE_MORE = 50;

/**
 * Halves on a complaint and grows by one again: what many clients of one server do to share it (AIMD). All calls that
 * were under way meet the same complaint, so it counts once for each rest.
 */
export function sharedLimit(atMost: number, now: () => number = Date.now): SharedLimit {
  let allowed = atMost;
  let answers = 0;
  let restUntil = 0;
  let nextRestMs = FIRST_REST_MS;
  return {
    atMost,
    atOnce: () => allowed,
    restMs: () => Math.max(0, restUntil - now()),
    throttled(retryAfterMs) {
      answers = 0;
      if (now() < restUntil) return;
      allowed = Math.max(1, Math.floor(allowed / 2));
      restUntil = now() + Math.min(retryAfterMs ?? nextRestMs, LONGEST_REST_MS);
      nextRestMs = Math.min(nextRestMs * 2, LONGEST_REST_MS);
    },
    passed() {
      answers += 1;
      if (answers < ANSWERS_FOR_ONE_MORE) return;
      answers = 0;
      allowed = Math.min(atMost, allowed + 1);
      nextRestMs = FIRST_REST_MS;
    },
  };
}
