/** Hands out more work while work is under way: a folder that was listed adds its folders. */
export type AddWork<T> = (item: T) => void;

/**
 * Runs `work` over the items and over whatever it adds, at most `limit` at once. The first failure stops the hand-out,
 * and is thrown when those under way have ended.
 */
export async function runBounded<T>(
  items: Iterable<T>,
  limit: number,
  work: (item: T, add: AddWork<T>) => Promise<void>,
): Promise<void> {
  const waiting = [...items];
  const add: AddWork<T> = (item) => {
    waiting.push(item);
  };
  let failure: { error: unknown } | null = null;
  const active = new Set<Promise<void>>();
  while (failure === null && (waiting.length > 0 || active.size > 0)) {
    while (waiting.length > 0 && active.size < limit) {
      const item = waiting.pop() as T; // the newest first: depth first keeps the list of waiting folders short
      const running = work(item, add).catch((error: unknown) => {
        failure ??= { error };
      });
      active.add(running);
      running.finally(() => active.delete(running));
    }
    await Promise.race(active);
  }
  await Promise.all(active);
  if (failure !== null) throw (failure as { error: unknown }).error;
}
