/** A clock that stands still until it is moved. It starts now, for the database's own clock takes part in some tests. */
export function fakeClock(start: Date = new Date()): { now(): Date; advanceHours(hours: number): void } {
  let at = start.getTime();
  return {
    now: () => new Date(at),
    advanceHours: (hours) => {
      at += hours * 3_600_000;
    },
  };
}
