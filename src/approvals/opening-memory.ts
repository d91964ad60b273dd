const HOUR_MS = 3_600_000;

/**
 * The paths that this process itself opened. Rows say the same, but whoever holds the database may delete them; out of a
 * gate's own memory nobody takes an opening. It forgets with a restart, and each gate knows only its own.
 */
export interface OpeningMemory {
  /** Before Vault hears of it: an opening whose answer was lost counts as well. */
  note(at: Date): void;
  /** Counts no further back than an hour. */
  countSince(at: Date): number;
}

export function openingMemory(): OpeningMemory {
  let openings: number[] = [];
  return {
    note(at) {
      openings = [...openings.filter((earlier) => earlier > at.getTime() - HOUR_MS), at.getTime()];
    },
    countSince: (at) => openings.filter((opening) => opening > at.getTime()).length,
  };
}
