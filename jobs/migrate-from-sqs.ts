import { codeOf, GloveboxError } from "../src/errors.ts";
import { MigrateJob } from "./migrate-job.ts";

/** One message of the queue, as Lambda hands it over. */
export interface RingRecord {
  readonly messageId: string;
  readonly body: string;
}

/**
 * - `ended`: the engine came to an end with it, good or bad; the migration's row says which.
 * - `comes-again`: it can't go on now; SQS hands it out again.
 * - `no-time`: too little time was left to begin it; SQS hands it out again.
 * - `unreadable`: no ring of ours; it is dropped, for the truth is in our tables and the sweep rings for what is undone.
 */
export type RingOutcome = "ended" | "comes-again" | "no-time" | "unreadable";

export interface MigrateFromSqsDeps {
  /** One that waits has ended here: the sweep rings when its time has come, and the queue's one group is not blocked. */
  migrate(migrationId: string): Promise<unknown>;
  /** Until Lambda kills this process. Milliseconds. */
  remainingMs(): number;
  /** A migration is not begun with less than this left. Milliseconds. */
  readonly neededMs: number;
  /** Hears how each record ended. @param migrationId null: unreadable. */
  report(outcome: RingOutcome, migrationId: string | null, code: string | null): Promise<void> | void;
}

/**
 * Deals with the records of one event, one at a time and in order.
 * @returns The ids of those that must come again: after the first of them all later ones, or they would overtake it.
 */
export async function migrateFromSqs(deps: MigrateFromSqsDeps, records: readonly RingRecord[]): Promise<string[]> {
  for (const [index, record] of records.entries()) {
    const outcome = await dealWith(deps, record);
    if (outcome === "comes-again" || outcome === "no-time") {
      return records.slice(index).map(({ messageId }) => messageId);
    }
  }
  return [];
}

async function dealWith(deps: MigrateFromSqsDeps, { body }: RingRecord): Promise<RingOutcome> {
  const migrationId = readRing(body);
  if (migrationId === null) return report(deps, "unreadable", null);
  if (deps.remainingMs() < deps.neededMs) return report(deps, "no-time", migrationId);
  try {
    await deps.migrate(migrationId);
    return await report(deps, "ended", migrationId);
  } catch (error) {
    const isFinal = error instanceof GloveboxError && !error.retryable;
    return report(deps, isFinal ? "ended" : "comes-again", migrationId, codeOf(error));
  }
}

async function report(
  deps: MigrateFromSqsDeps,
  outcome: RingOutcome,
  migrationId: string | null,
  code: string | null = null,
): Promise<RingOutcome> {
  await deps.report(outcome, migrationId, code);
  return outcome;
}

/** JSON.parse quotes its input when it fails, so its error goes no further. */
function readRing(body: string): string | null {
  try {
    return MigrateJob.safeParse(JSON.parse(body)).data?.migrationId ?? null;
  } catch {
    return null;
  }
}
