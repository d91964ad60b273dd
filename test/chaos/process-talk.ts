/** As in src/wiring. */
export const MIGRATE_ONE_AT_A_TIME = ["migrate"];
/** TAKEOVER_SECONDS of these runs: a dead worker's job comes back within twice this time. */
export const QUEUE_LOCK_SECONDS = 1;

export type Signal = "SIGKILL" | "SIGSTOP";

/** A line that a worker writes to its standard output. */
export type WorkerSays =
  | { readonly says: "up" }
  /** A run holds the fence and is about to ask its first server. */
  | { readonly says: "armed"; readonly ask: number; readonly migrationId: string }
  /** It sends itself the signal now. */
  | { readonly says: "point"; readonly migrationId: string; readonly point: string; readonly signal: Signal }
  | { readonly says: "ended"; readonly migrationId: string; readonly how: string };

/** The answer to "armed". */
export interface ToWorker {
  readonly to: number;
  /** -1: it is let run. */
  readonly atPoint: number;
  readonly signal: Signal;
  /** How long after SIGSTOP it is woken. */
  readonly wakeMs: number;
}
