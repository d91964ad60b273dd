import type { Updateable } from "kysely";
import { type AuditFact, appendEvent, type ChainLink } from "../audit/append-event.ts";
import type { Store } from "../store/open-store.ts";
import { outboxRow, redrawOf } from "../store/outbox.ts";
import type { MigrationTable } from "../store/schema.ts";
import { FenceLostError, heldFence } from "./fence.ts";
import type { MigrationRow } from "./load-order.ts";

/** What one commit of the journal makes true, all of it or nothing. */
export interface JournalEntry {
  /** The step's name, as it stands in the journal: `lease.opened`. */
  readonly step: string;
  /** At least one. */
  readonly changes: Updateable<MigrationTable>;
  /** Ids, versions and times for the journal row. Never a value. */
  readonly detail?: Readonly<Record<string, unknown>>;
  /** What goes into the audit chain with it. */
  readonly event?: Omit<AuditFact, "subject">;
  /** Further rows of the same commit. */
  readonly also?: (tx: Store) => Promise<void>;
  /** What needs the event's place in the chain, and the row with its changes. */
  readonly afterEvent?: (tx: Store, link: ChainLink, row: MigrationRow) => Promise<void>;
}

export interface Journal {
  /** @throws {FenceLostError} Nothing was written: this worker no longer holds the fence. */
  commit(entry: JournalEntry): Promise<void>;
}

/** The write-ahead record of one migration. Every commit checks the fencing number under a lock. */
export function openJournal(
  store: Store,
  { migrationId, requestId, fence, now }: { migrationId: string; requestId: string; fence: number; now: () => Date },
): Journal {
  const write = (tx: Store, entry: JournalEntry) => writeEntry(tx, { migrationId, requestId, fence }, entry);
  return {
    async commit(entry) {
      const { event, also, afterEvent } = entry;
      if (!event && !also) {
        await write(store, entry); // one statement is a transaction
        return;
      }
      await store.transaction().execute(async (tx) => {
        const row = await write(tx, entry);
        await also?.(tx);
        if (!event) return;
        const link = await appendEvent(tx, now(), { ...event, subject: `migration:${migrationId}` });
        await afterEvent?.(tx, link, row);
      });
    },
  };
}

/**
 * The row's changes, its line in the journal and the redraw in one statement, which does nothing unless the fence is held.
 * @throws {FenceLostError}
 */
async function writeEntry(
  store: Store,
  { migrationId, requestId, fence }: { migrationId: string; requestId: string; fence: number },
  { step, changes, detail = {} }: JournalEntry,
): Promise<MigrationRow> {
  const redraw = outboxRow(redrawOf(`request:${requestId}`));
  const row = await store
    .with("held", (db) => heldFence(db, fence))
    .with("moved", (db) =>
      db
        .updateTable("migration")
        .from("held")
        .set(changes)
        .where("migration.id", "=", migrationId)
        .returningAll("migration"),
    )
    .with("noted", (db) =>
      db
        .insertInto("journal")
        .columns(["migrationId", "fence", "step", "detail"])
        .expression(({ selectFrom, val, cast }) =>
          selectFrom("held").select([
            cast<string>(val(migrationId), "uuid").as("migrationId"),
            "held.number",
            cast<string>(val(step), "text").as("step"),
            cast<string>(val(JSON.stringify(detail)), "jsonb").as("detail"),
          ]),
        ),
    )
    .with("redrawn", (db) =>
      db
        .insertInto("outbox")
        .columns(["kind", "subject", "detail", "dedupeKey"])
        .expression(({ selectFrom, val, cast }) =>
          selectFrom("held").select([
            cast<string>(val(redraw.kind), "text").as("kind"),
            cast<string>(val(redraw.subject), "text").as("subject"),
            cast<string>(val(redraw.detail), "jsonb").as("detail"),
            cast<string>(val(redraw.dedupeKey), "text").as("dedupeKey"),
          ]),
        ),
    )
    .selectFrom("moved")
    .selectAll()
    .executeTakeFirst();
  if (!row) throw new FenceLostError();
  return row;
}
