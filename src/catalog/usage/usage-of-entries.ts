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
  const { rows } = await sql<Row & { readonly entryId: number }>`
    select entry.id as entry_id, used.last_read_at, used.last_write_at, days.read_count,
      days.read_count / ${rateDays(coverage)}::float8 as reads_per_day,
      clients.client_count, clients.address_count, clients.readers
    from entry
      join usage_path used on used.namespace = entry.namespace and used.mount = entry.mount and used.path = entry.path
      cross join lateral (
        select coalesce(sum(reads), 0)::float8 as read_count from usage_day
        where path_id = used.id and day >= ${rateSince(coverage)}
      ) as days
      cross join lateral (
        select count(*) as client_count, coalesce(max(address_count), 0) as address_count,
          coalesce((array_agg(reader order by reads desc, reader) filter (where reader <> ''))[1:10], '{}') as readers
        from (
          select coalesce(nullif(role, ''), display_name) as reader, sum(reads) as reads,
            (select count(distinct nullif(address, '')) from usage_by_client every
              join usage_client on usage_client.id = every.client_id
              where every.path_id = used.id and every.last_read_at is not null) as address_count
          from usage_by_client by_client join usage_client on usage_client.id = by_client.client_id
          where by_client.path_id = used.id and by_client.last_read_at is not null
          group by entity_id, role, display_name
        ) as each_reader
      ) as clients
    where entry.id = any(${[...entryIds]}::bigint[])
  `.execute(store);
  return rows;
}
