import { sql } from "kysely";
import type { GloveboxError } from "../errors.ts";
import type { Store } from "../store/open-store.ts";
import { causeFor, comesAgain, secondsUntilNext } from "./causes.ts";
import type { Attempt } from "./migration-run.ts";

const HOUR_MS = 3_600_000;

/** Of a migration that has an end, or that starts. */
export const NOT_WAITING = { waitingSince: null, waitCount: 0, dueAt: null };

interface Waiting {
  /** Something may have reached AWS, of this attempt or an earlier one. */
  readonly hasWritten: boolean;
  readonly leaseClosedAt: Date | null;
  /** Our admin token is proven dead: no successor has to revoke it. */
  readonly hasLeftVault: boolean;
  /** For the card, where what is left to do is special. */
  readonly words?: string;
}

/** True if this cause is one that passes by itself, and has not gone on for too long. */
export async function mayComeAgain({ deps, row }: Attempt, code: string): Promise<boolean> {
  const cause = causeFor(code);
  if (!comesAgain(cause)) return false;
  if (row.causeCode !== code || row.waitingSince === null) return true;
  const at = await databaseNow(deps.store).catch(deps.now); // with a lost database nothing can be recorded either
  return at.getTime() - row.waitingSince.getTime() < cause.limitHours * HOUR_MS;
}

/**
 * Leaves the migration unfinished, says on its card what it waits for, and when it goes on. All times are the database's:
 * the sweep compares them there.
 * @throws The cause, always.
 */
export async function recordWaiting(
  { deps, row, journal }: Attempt,
  cause: GloveboxError,
  { hasWritten, leaseClosedAt, hasLeftVault, words }: Waiting,
): Promise<never> {
  const at = await databaseNow(deps.store);
  const isSame = row.causeCode === cause.code && row.waitingSince !== null;
  const waitCount = isSame ? row.waitCount + 1 : 1;
  const dueAt = await nextAttempt(deps.store, { code: cause.code, waitCount, at });
  const isQueuedAgain = !hasWritten;
  await journal.commit({
    step: "migration.waiting",
    changes: {
      causeCode: cause.code,
      causeText: words ?? waitingWords(cause.code, hasWritten),
      waitingSince: isSame ? row.waitingSince : at,
      waitCount,
      dueAt,
      ...(isQueuedAgain && { state: "queued" }),
      ...(leaseClosedAt && { leaseClosedAt }),
    },
    detail: { code: cause.code, waitCount, dueAt: dueAt.toISOString() },
    // Once for each cause: a night of a sealed Vault is one event, not hundreds.
    ...(!isSame && { event: { kind: "migration.waiting", actor: "worker", content: eventOf(row, cause) } }),
    also: async (tx) => {
      if (isQueuedAgain) await queueAgain(tx, row.requestId);
      if (leaseClosedAt) await closeAsk(tx, row.id, leaseClosedAt);
    },
    givesFenceBack: hasLeftVault,
  });
  deps.trace?.("migration.waiting");
  throw cause;
}

/** What was asked of the gate is over, so that nothing keeps it open. */
export async function closeAsk(tx: Store, migrationId: string, closedAt: Date): Promise<void> {
  await tx
    .updateTable("gateAsk")
    .set({ closedAt })
    .where("migrationId", "=", migrationId)
    .where("closedAt", "is", null)
    .execute();
}

const eventOf = ({ requestId }: Attempt["row"], { code }: GloveboxError) => ({ requestId, code });

function waitingWords(code: string, hasWritten: boolean): string {
  const written = hasWritten
    ? "If the write reached AWS I find it there and go on from it; nothing is written twice."
    : "Nothing was written to AWS.";
  return `${causeFor(code).waitsFor || "It waits"}; I go on by myself. ${written}`;
}

async function queueAgain(tx: Store, requestId: string): Promise<void> {
  await tx
    .updateTable("request")
    .set({ status: "approved" })
    .where("id", "=", requestId)
    .where("status", "=", "migrating")
    .execute();
}

async function nextAttempt(
  store: Store,
  { code, waitCount, at }: { code: string; waitCount: number; at: Date },
): Promise<Date> {
  const cause = causeFor(code);
  const seconds = comesAgain(cause) ? secondsUntilNext(cause, waitCount) : secondsUntilNext(WAIT, waitCount);
  const earliest = new Date(at.getTime() + seconds * 1_000);
  const freeAt = code === "GATE_PACE" ? await nextFreeOpening(store, at) : null;
  return freeAt !== null && freeAt > earliest ? freeAt : earliest;
}

/** A cause that parks, while nobody knows what AWS holds. */
const WAIT = causeFor("TARGET_UNAVAILABLE");

/** The gate counts its openings of the last hour: the next one is free when the oldest of them leaves it. */
async function nextFreeOpening(store: Store, at: Date): Promise<Date | null> {
  const { oldest } = await store
    .selectFrom("gateAsk")
    .select(({ fn }) => fn.min("answeredAt").as("oldest"))
    .where("kind", "=", "open")
    .where("refusalCode", "is", null)
    .where("answeredAt", ">", new Date(at.getTime() - HOUR_MS))
    .executeTakeFirstOrThrow();
  return oldest ? new Date(oldest.getTime() + HOUR_MS) : null;
}

async function databaseNow(store: Store): Promise<Date> {
  const { rows } = await sql<{ now: Date }>`select clock_timestamp() as now`.execute(store);
  return rows[0]?.now ?? new Date();
}
