import { type RawBuilder, sql, type Updateable } from "kysely";
import {
  type AuditFact,
  appendEvent,
  appendingEvent,
  appendingLink,
  type ChainLink,
  isChainMoved,
  type LinkPlace,
  nextLink,
} from "../audit/append-event.ts";
import type { Store } from "../store/open-store.ts";
import { outboxRow, redrawOf } from "../store/outbox.ts";
import { prepared } from "../store/prepared.ts";
import type { MigrationTable } from "../store/tables/migrations.ts";
import { FenceLostError, holdingFence, throwFenceLost } from "./fence.ts";
import { type FenceHold, momentNow } from "./fence-hold.ts";
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
  /**
   * Further statements that write, each with a `returning`. They go out with the entry, as one statement: no round trip
   * more. They may read `moved`, the migration's row with its changes, and do not see what each other writes.
   */
  readonly with?: readonly RawBuilder<unknown>[];
  /** Further rows of the same commit, for what needs more than a statement: costs a transaction. */
  readonly also?: (tx: Store) => Promise<void>;
  /** What comes into the chain right behind the event. Costs a transaction as well. */
  readonly afterEvent?: (tx: Store) => Promise<void>;
  /** Changes that rest on the event's place in the chain, and on the row with its other changes. Needs `event`. */
  readonly changesAt?: (link: ChainLink, row: JournaledRow) => Updateable<MigrationTable>;
  /** Nothing is left to do under the fence: it is given back with this commit. */
  readonly givesFenceBack?: boolean;
}

/** What each commit reads back of its migration: what a receipt needs of it. */
export type JournaledRow = Pick<
  MigrationRow,
  "id" | "attempt" | "vaultVersion" | "leaseOpenedAt" | "leaseClosedAt" | "finishedAt"
>;
const journaledColumns = sql.raw(
  ["id", "attempt", "vault_version", "lease_opened_at", "lease_closed_at", "finished_at"]
    .map((column) => `moved.${column}`)
    .join(", "),
);

export interface Journal {
  /** @throws {FenceLostError} Nothing was written: this worker no longer holds the fence. */
  commit(entry: JournalEntry): Promise<void>;
}

interface JournalOf {
  readonly migrationId: string;
  readonly requestId: string;
  readonly hold: FenceHold;
  readonly now: () => Date;
}

/** The write-ahead record of one migration. Every commit checks the fencing number under a lock. */
export function openJournal(store: Store, journal: JournalOf): Journal {
  const { hold, now } = journal;
  /** What the last commit of ours left: mostly nobody else appends to the chain before the next one. */
  let last: Written | null = null;
  return {
    async commit(entry) {
      const askedAt = momentNow();
      const written = await write(store, journal, { entry, at: now(), last }).catch(throwFenceLost);
      last = { row: written.row, link: written.link ?? last?.link ?? null };
      hold.sawHeld(askedAt);
      if (entry.givesFenceBack) hold.isGivenBack = true;
    },
  };
}

interface Written {
  readonly row: JournaledRow;
  /** Where the newest event of ours stands. */
  readonly link: LinkPlace | null;
}

interface Writing {
  readonly entry: JournalEntry;
  readonly at: Date;
  readonly last: Written | null;
}

/** In one statement, which is a transaction, where that can be; else in as few as it takes. */
async function write(store: Store, journal: JournalOf, { entry, at, last }: Writing): Promise<Written> {
  const { event, also, afterEvent, changesAt } = entry;
  const fact = event && { ...event, subject: `migration:${journal.migrationId}` };
  const isMore = also !== undefined || afterEvent !== undefined;
  if (!isMore && !(fact && changesAt)) return writeEntry(store, journal, entry, fact && appendingEvent(at, fact));
  if (!isMore && fact && changesAt && last?.link) {
    const link = nextLink(at, fact, last.link);
    // Written by us and read back from the database, so it is what the row will be.
    const row = { ...last.row, ...entry.changes } as JournaledRow;
    const changes = { ...entry.changes, ...changesAt(link, row) };
    const atOnce = writeEntry(store, journal, { ...entry, changes }, appendingLink(link));
    const written = await atOnce.catch((error: unknown) => {
      if (!isChainMoved(error)) throw error;
      return null; // nothing of it was written; the long way knows where the chain ends
    });
    if (written) return written;
  }
  return store.transaction().execute(async (tx) => {
    const { row } = await writeEntry(tx, journal, entry, undefined);
    await also?.(tx);
    if (!fact) return { row, link: null };
    const link = await appendEvent(tx, at, fact);
    await afterEvent?.(tx);
    if (changesAt)
      await tx.updateTable("migration").set(changesAt(link, row)).where("id", "=", journal.migrationId).execute();
    return { row, link };
  });
}

/**
 * The row's changes, its line in the journal and the redraw, and whatever else goes with it, in one statement.
 * @param appending Comes last of all: the chain stays locked until the transaction ends, so nothing may be waited for
 * behind it. It stands in the outermost list, which is worked out once all that the `from` names is done.
 */
async function writeEntry(
  store: Store,
  { migrationId, requestId, hold }: JournalOf,
  { step, changes, detail = {}, with: more = [], givesFenceBack }: JournalEntry,
  appending: RawBuilder<LinkPlace> | undefined,
): Promise<Written> {
  const redraw = outboxRow(redrawOf(`request:${requestId}`));
  const set = sql.join(Object.entries(changes).map(([column, value]) => sql`${sql.ref(column)} = ${value}`));
  const others = [
    sql`insert into journal (migration_id, fence, step, detail)
      select moved.id, held.number, ${step}::text, ${JSON.stringify(detail)}::jsonb from moved, held returning 1`,
    sql`insert into outbox (kind, subject, detail, dedupe_key)
      select ${redraw.kind}::text, ${redraw.subject}::text, ${redraw.detail}::jsonb, ${redraw.dedupeKey}::text
      from moved returning 1`,
    ...(givesFenceBack ? [givingBack] : []),
    ...(changes.leaseClosedAt ? [closingAsks(changes.leaseClosedAt)] : []),
    ...more,
  ];
  const { rows } = await sql<JournaledRow & { link: LinkPlace | null }>`${prepared}
    with held as materialized (select ${holdingFence(hold.number)} as number),
      moved as (update migration set ${set} from held where migration.id = ${migrationId} returning migration.*),
      ${sql.join(others.map((other, index) => sql`${sql.ref(`also_${index}`)} as (${other})`))}
    select ${journaledColumns}${appending ? sql`, ${appending} as link` : sql``}
    from moved, ${sql.join(others.map((_other, index) => sql`(select count(*) from ${sql.ref(`also_${index}`)}) as ${sql.ref(`done_${index}`)}`))}`.execute(
    store,
  );
  const [found] = rows;
  if (!found) throw new FenceLostError();
  const { link = null, ...row } = found;
  return { row, link };
}

const givingBack = sql`update fence set admin_accessor = null, holder = null, deadline = null
  from held where fence.number = held.number returning 1`;

/** What the gate opened for this migration is not open any more, nor does its other question wait. */
const closingAsks = (at: Updateable<MigrationTable>["leaseClosedAt"]) => sql`update gate_ask set closed_at = ${at}
  from moved where gate_ask.migration_id = moved.id and gate_ask.closed_at is null returning 1`;
