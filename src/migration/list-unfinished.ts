import { sql } from "kysely";
import type { Store } from "../store/open-store.ts";

/**
 * The migrations that a worker has yet to end, the oldest first: whatever state a crash left them in, and what is
 * ordered to be undone. Those that must not start yet, that wait for their next attempt, or that their wave holds back, are
 * left out.
 */
export async function listUnfinishedMigrations(store: Store, at: Date): Promise<{ id: string; attempt: number }[]> {
  return store
    .selectFrom("migration")
    .innerJoin("statement", "statement.id", "migration.statementId")
    .select(["migration.id", "migration.attempt"])
    .where(({ and, eb, or, not }) =>
      or([
        eb("migration.state", "not in", ["done", "failed", "undone"]),
        and([eb("migration.state", "=", "done"), not(eb("migration.undoOrder", "is", null))]),
      ]),
    )
    .where(({ eb, or }) => or([eb("migration.isHeld", "=", false), eb("migration.state", "!=", "queued")]))
    .where(
      sql<boolean>`coalesce((statement.bytes::jsonb ->> 'notBefore')::timestamptz, '-infinity'::timestamptz) <= ${at}`,
    )
    .where(({ eb, or }) =>
      or([eb("migration.dueAt", "is", null), eb("migration.dueAt", "<=", sql<Date>`clock_timestamp()`)]),
    )
    .orderBy("migration.createdAt")
    .limit(200)
    .execute();
}
