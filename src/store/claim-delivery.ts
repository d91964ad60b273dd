import { sql } from "kysely";
import type { Store } from "./open-store.ts";
import type { DeliveryKind } from "./outbox.ts";

/** One claimed row of the outbox. */
export interface ClaimedDelivery {
  readonly id: number;
  readonly kind: DeliveryKind;
  readonly subject: string;
  readonly detail: Readonly<Record<string, unknown>>;
  /** 1 for the first try. */
  readonly attempt: number;
}

/** A row that failed this often is left alone and stays visible: undelivered, with its `last_error`. */
export const MAX_DELIVERY_ATTEMPTS = 10;

/**
 * Takes one delivery for `claimSeconds`, or answers null: delivered, claimed by another worker, not due yet, given up,
 * or an older delivery of its subject still waits (they go out in order). A worker that dies keeps its claim until the
 * time is over. Rows with the same dedupe key that wait behind it count as delivered with it.
 */
export async function claimDelivery(store: Store, id: number, claimSeconds: number): Promise<ClaimedDelivery | null> {
  return store.transaction().execute(async (tx) => {
    const row = await tx
      .updateTable("outbox as this")
      .set(({ eb }) => ({ attempts: eb("this.attempts", "+", 1), dueAt: inSeconds(claimSeconds) }))
      .where("this.id", "=", id)
      .where("this.deliveredAt", "is", null)
      .where("this.attempts", "<", MAX_DELIVERY_ATTEMPTS)
      .where("this.dueAt", "<=", sql<Date>`clock_timestamp()`)
      .where(({ not, exists, selectFrom }) =>
        not(
          exists(
            selectFrom("outbox as older")
              .select("older.id")
              .whereRef("older.subject", "=", "this.subject")
              .whereRef("older.id", "<", "this.id")
              .where("older.deliveredAt", "is", null)
              .where("older.attempts", "<", MAX_DELIVERY_ATTEMPTS),
          ),
        ),
      )
      .returningAll("this")
      .executeTakeFirst();
    if (!row) return null;
    if (row.dedupeKey !== null) {
      await tx
        .updateTable("outbox")
        .set({ deliveredAt: sql<Date>`clock_timestamp()` })
        .where("dedupeKey", "=", row.dedupeKey)
        .where("subject", "=", row.subject)
        .where("id", ">", id)
        .where("deliveredAt", "is", null)
        .execute();
    }
    const { kind, subject, detail, attempts } = row;
    return { id, kind: kind as DeliveryKind, subject, detail, attempt: attempts };
  });
}

/** Marks it delivered. @returns The id of the subject's next delivery, if one waits. */
export async function finishDelivery(store: Store, { id, subject }: ClaimedDelivery): Promise<number | null> {
  await store
    .updateTable("outbox")
    .set({ deliveredAt: sql<Date>`clock_timestamp()`, dedupeKey: null, lastError: null })
    .where("id", "=", id)
    .execute();
  return nextOfSubject(store, subject);
}

/**
 * Puts it back for later: 2, 4, 8 … 300 s.
 * @param errorCode A code or a class name, never a message: vendors' messages may carry what must not be stored.
 * @returns The subject's next delivery if this one has now been given up, and when to ring this one again otherwise.
 */
export async function postponeDelivery(
  store: Store,
  { id, subject, attempt }: ClaimedDelivery,
  errorCode: string,
): Promise<{ retryInSeconds: number } | { nextId: number | null }> {
  const retryInSeconds = Math.min(300, 2 ** attempt);
  await store
    .updateTable("outbox")
    .set({ dueAt: inSeconds(retryInSeconds), lastError: errorCode })
    .where("id", "=", id)
    .execute();
  return attempt < MAX_DELIVERY_ATTEMPTS ? { retryInSeconds } : { nextId: await nextOfSubject(store, subject) };
}

/** The oldest undelivered row of each subject that is due: what the sweep rings again. */
export async function listDueDeliveries(store: Store, limit = 500): Promise<number[]> {
  const rows = await store
    .selectFrom("outbox")
    .select(({ fn }) => fn.min<number>("id").as("id"))
    .where("deliveredAt", "is", null)
    .where("attempts", "<", MAX_DELIVERY_ATTEMPTS)
    .groupBy("subject")
    .having(({ fn, eb }) => eb(fn.min("dueAt"), "<=", sql<Date>`clock_timestamp()`))
    .orderBy("id")
    .limit(limit)
    .execute();
  return rows.map(({ id }) => id);
}

async function nextOfSubject(store: Store, subject: string): Promise<number | null> {
  const next = await store
    .selectFrom("outbox")
    .select("id")
    .where("subject", "=", subject)
    .where("deliveredAt", "is", null)
    .where("attempts", "<", MAX_DELIVERY_ATTEMPTS)
    .orderBy("id")
    .limit(1)
    .executeTakeFirst();
  return next?.id ?? null;
}

const inSeconds = (seconds: number) => sql<Date>`clock_timestamp() + make_interval(secs => ${seconds})`;
