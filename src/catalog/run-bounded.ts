import type { SharedLimit } from "./crawl/shared-limit.ts";

/** Hands out more work while work is under way: a folder that was listed adds its folders. */
export type AddWork<T> = (item: T) => void;

export interface Bounds {
  readonly limit: Pick<SharedLimit, "atOnce" | "restMs">;
  /** Nothing new begins once it is aborted. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Runs `work` over the items and over whatever it adds, as many at once as the bounds allow at that moment. The first
 * failure, or the signal, stops the hand-out; the promise settles when those under way have ended.
 * @param bounds A number: always so many.
 * @throws What failed first, or the signal's reason.
 */
export function runBounded<T>(
  items: Iterable<T>,
  bounds: number | Bounds,
  work: (item: T, add: AddWork<T>) => Promise<void>,
): Promise<void> {
  const { limit, signal } = typeof bounds === "number" ? always(bounds) : bounds;
  const waiting = [...items];
  let active = 0;
  let failure: { readonly error: unknown } | null = null;
  let rest: NodeJS.Timeout | undefined;
  return new Promise((resolve, reject) => {
    const add: AddWork<T> = (item) => {
      waiting.push(item);
    };
    const ended = (): void => {
      active -= 1;
      pump();
    };
    const failed = (error: unknown): void => {
      failure ??= { error };
      ended();
    };
    const restFor = (ms: number): void => {
      rest ??= setTimeout(() => {
        rest = undefined;
        pump();
      }, ms);
    };
    const startSome = (): void => {
      while (waiting.length > 0 && active < limit.atOnce()) {
        const restMs = limit.restMs();
        if (restMs > 0) {
          restFor(restMs);
          return;
        }
        const item = waiting.pop() as T; // the newest first: depth first keeps the list of waiting folders short
        active += 1;
        work(item, add).then(ended, failed);
      }
    };
    const pump = (): void => {
      if (signal?.aborted) failure ??= { error: signal.reason };
      if (failure === null) startSome();
      if (active > 0 || (failure === null && waiting.length > 0)) return;
      clearTimeout(rest);
      signal?.removeEventListener("abort", pump);
      if (failure === null) resolve();
      else reject(failure.error);
    };
    signal?.addEventListener("abort", pump);
    pump();
  });
}

function always(count: number): Bounds {
  return { limit: { atOnce: () => count, restMs: () => 0 } };
}
