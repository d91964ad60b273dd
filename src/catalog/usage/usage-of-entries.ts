import { sql } from "kysely";
import type { Store } from "../../store/open-store.ts";
import { type Coverage, coverageOf } from "./coverage.ts";
import { rateDays, rateSince } from "./rate.ts";

export interface EntryUsageSummary {
  /** What the imported audit logs cover; null: none was read, so nothing can be said. */
  readonly coverage: Coverage | null;
  readonly lastReadAt: Date | null;
  /** In the last 30 days of the coverage. */
  readonly readCount: number;
  readonly readsPerDay: number;
  readonly lastWriteAt: Date | null;
  /** Readers, whatever addresses they come from. */
  readonly clientCount: number;
  readonly addressCount: number;
  /** Vault roles that read it, or display names where the log tells no role: those that read most first, at most 10. */
  readonly readers: readonly string[];
}

/** What many entries are used for, in one query: for pages of the catalogue. An entry that no log names is unused. */
export async function usageOfEntries(
  store: Store,
  entryIds: readonly number[],
  now: Date,
): Promise<{ coverage: Coverage | null; of(entryId: number): EntryUsageSummary }> {
  const coverage = await coverageOf(store, now);
  const rows = coverage === null ? [] : await readRows(store, entryIds, coverage);
  const byId = new Map(rows.map(({ entryId, ...usage }) => [entryId, usage]));
  return { coverage, of: (entryId) => ({ ...UNUSED, ...byId.get(entryId), coverage }) };
}

type Row = Omit<EntryUsageSummary, "coverage">;

const UNUSED: Row = {
  lastReadAt: null,
  readCount: 0,
  readsPerDay: 0,
  lastWriteAt: null,
  clientCount: 0,
  addressCount: 0,
  readers: [],
};

async function readRows(
  store: Store,
  entryIds: readonly number[],
  coverage: Coverage,
): Promise<(Row & { readonly entryId: number })[]> {
  // In sets and not entry by entry: the plan of an estate asks for all of it, page by page.
  const { rows } = await sql<Row & { readonly entryId: number }>`
    with chosen as materialized (
      select entry.id as entry_id, used.id as path_id, used.last_read_at, used.last_write_at
      from entry join usage_path used
        on used.namespace = entry.namespace and used.mount = entry.mount and used.path = entry.path
      where entry.id = any(${[...entryIds]}::bigint[])
    ), days as (
      select path_id, sum(reads::integer)::float8 as read_count from usage_day
      where path_id in (select path_id from chosen) and day >= ${rateSince(coverage)}
      group by path_id
    ), uses as materialized (
      select path_id, entity_id, role, display_name, address, reads
      from usage_by_client join usage_client on usage_client.id = client_id
      where path_id in (select path_id from chosen) and last_read_at is not null
    ), addresses as (
      select path_id, count(distinct nullif(address, '')) as address_count from uses group by path_id
    ), readers as (
      select path_id, count(*) as client_count,
        (array_agg(reader order by reads desc, reader) filter (where reader <> ''))[1:10] as readers
      from (
        select path_id, coalesce(nullif(role, ''), display_name) as reader, sum(reads::integer) as reads
        from uses group by path_id, entity_id, role, display_name
      ) as each_reader group by path_id
    )
    select entry_id, last_read_at, last_write_at, coalesce(read_count, 0) as read_count,
      coalesce(read_count, 0) / ${rateDays(coverage)}::float8 as reads_per_day,
      coalesce(client_count, 0) as client_count, coalesce(address_count, 0) as address_count,
      coalesce(readers, '{}') as readers
    from chosen left join days using (path_id) left join addresses using (path_id) left join readers using (path_id)
  `.execute(store);
  return rows;
}
