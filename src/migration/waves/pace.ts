/** Ends of the newest migrations that the pace is measured over. */
export const PACE_OVER = 20;

/**
 * Seconds from one end to the next, in the middle of the newest: waiting for a pause or a night does not count, and
 * waiting for the worker does.
 * @param ends The newest first. @returns null: fewer than two ends tell nothing.
 */
export function measurePace(ends: readonly Date[]): number | null {
  const newest = ends.slice(0, PACE_OVER + 1);
  const gaps = newest.slice(1).map((end, index) => ((newest[index]?.getTime() ?? 0) - end.getTime()) / 1_000);
  const sorted = gaps.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const median = sorted.length % 2 === 1 ? sorted[middle] : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
  return sorted.length === 0 ? null : (median ?? null);
}

/**
 * When what remains is moved, at the measured pace and no faster than the gate opens.
 * @param facts `opened`: how often the gate opened within the last hour.
 */
export function estimateEnd(facts: {
  readonly at: Date;
  readonly remaining: number;
  readonly secondsEach: number | null;
  readonly opened: number;
  readonly maxPerHour: number;
}): Date | null {
  const { at, remaining, secondsEach, opened, maxPerHour } = facts;
  if (secondsEach === null || remaining === 0) return null;
  const free = Math.max(0, maxPerHour - opened);
  const gateSeconds = (Math.max(0, remaining - free) / maxPerHour) * 3_600;
  return new Date(at.getTime() + Math.max(remaining * secondsEach, gateSeconds) * 1_000);
}
