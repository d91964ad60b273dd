import { type RawBuilder, sql } from "kysely";
import type { Store } from "../../store/open-store.ts";
import { type Coverage, coverageOf } from "./coverage.ts";

export interface UnusedEntry {
  readonly entryId: number;
  /** `mount/path`, exactly. */
  readonly fullPath: string;
  /** null: never, as far as any log tells. */
  readonly lastReadAt: Date | null;
  readonly lastWriteAt: Date | null;
}

export interface UnusedEntries {
  readonly coverage: Coverage | null;
  /** Since when nothing read them: never earlier than the log begins. null: nothing can be said. */
  readonly since: Date | null;
  readonly total: number;
  /** Those first that were read longest ago, or never. */
  readonly entries: readonly UnusedEntry[];
}

/**
 * Entries that nobody read since a moment. What is younger than that moment is left out: it had no time to be read. Where
 * the log begins later than the moment that was asked for, the answer is for the log's beginning, and says so by `since`.
 * @param visible A condition on `entry.full_path`, for what one person may see.
 */
export async function unusedEntries(
  store: Store,
  asked: Date,
  { now, limit, offset = 0, visible = sql<boolean>`true` }: UnusedOptions,
): Promise<UnusedEntries> {
  const coverage = await coverageOf(store, now);
  if (coverage === null || asked >= coverage.to) return { coverage, since: null, total: 0, entries: [] };
  const since = asked < coverage.from ? coverage.from : asked;
  const { rows } = await sql<UnusedEntry & { readonly total: number }>`
    select entry.id as entry_id, entry.full_path, used.last_read_at, used.last_write_at, count(*) over () as total
    from entry left join usage_path used
      on used.namespace = entry.namespace and used.mount = entry.mount and used.path = entry.path
    where entry.gone_at is null and (used.last_read_at is null or used.last_read_at < ${since})
      and (entry.vault_created_at is null or entry.vault_created_at < ${since}) and ${visible}
    order by used.last_read_at nulls first, entry.full_path
    limit ${limit} offset ${offset}
  `.execute(store);
  const entries = rows.map(({ total: _, ...entry }) => entry);
  return { coverage, since, total: rows[0]?.total ?? 0, entries };
}

interface UnusedOptions {
  readonly now: Date;
  readonly limit: number;
  readonly offset?: number;
  readonly visible?: RawBuilder<boolean>;
}
