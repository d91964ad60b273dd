import type { Updateable } from "kysely";
import { type AuditFact, appendEvent, type ChainLink } from "../audit/append-event.ts";
import type { Store } from "../store/open-store.ts";
import { enqueueRedraw } from "../store/outbox.ts";
import type { MigrationTable } from "../store/schema.ts";
import { assertFence } from "./fence.ts";

/** What one commit of the journal makes true, all of it or nothing. */
export interface JournalEntry {
  /** The step's name, as it stands in the journal: `lease.opened`. */
  readonly step: string;
  readonly changes: Updateable<MigrationTable>;
  /** Ids, versions and times for the journal row. Never a value. */
  readonly detail?: Readonly<Record<string, unknown>>;
  /** What goes into the audit chain with it. */
  readonly event?: Omit<AuditFact, "subject">;
  /** Further rows of the same commit. */
  readonly also?: (tx: Store) => Promise<void>;
  /** What needs the event's place in the chain. */
  readonly afterEvent?: (tx: Store, link: ChainLink) => Promise<void>;
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
  return {
    async commit({ step, changes, detail = {}, event, also, afterEvent }) {
      await store.transaction().execute(async (tx) => {
        await assertFence(tx, fence);
        if (Object.keys(changes).length > 0) {
          await tx.updateTable("migration").set(changes).where("id", "=", migrationId).execute();
        }
        await tx
          .insertInto("journal")
          .values({ migrationId, fence, step, detail: JSON.stringify(detail) })
          .execute();
        await also?.(tx);
        await enqueueRedraw(tx, `request:${requestId}`);
        if (!event) return;
        const link = await appendEvent(tx, now(), { ...event, subject: `migration:${migrationId}` });
        await afterEvent?.(tx, link);
      });
    },
  };
}
