import { sql } from "kysely";
import type { Store } from "../../store/open-store.ts";
import { coverageOf } from "./coverage.ts";
import { rateDays, rateSince } from "./rate.ts";

export interface HotPath {
  /** null: the catalogue has no entry of that path. */
  readonly entryId: number | null;
  readonly fullPath: string;
  readonly readsPerDay: number;
  readonly readCount: number;
  readonly lastReadAt: Date;
  readonly clientCount: number;
}

/** The paths that are read most, by the last 30 days of what is covered. Empty where no log was read. */
export async function hotPaths(store: Store, limit: number, now: Date): Promise<HotPath[]> {
  const coverage = await coverageOf(store, now);
  if (coverage === null) return [];
  const { rows } = await sql<HotPath>`
    with hot as (
      select path_id, sum(reads::integer)::float8 as read_count from usage_day
      where day >= ${rateSince(coverage)} and reads > 0
      group by path_id order by read_count desc, path_id limit ${limit}
    )
    select entry.id as entry_id, concat_ws('/', nullif(used.namespace, ''), used.mount, used.path) as full_path,
      read_count, read_count / ${rateDays(coverage)}::float8 as reads_per_day, used.last_read_at,
      (select count(distinct (entity_id, role, display_name)) from usage_by_client by_client
        join usage_client on usage_client.id = by_client.client_id
        where by_client.path_id = used.id and by_client.last_read_at is not null) as client_count
    from hot join usage_path used on used.id = hot.path_id
      left join entry on entry.namespace = used.namespace and entry.mount = used.mount and entry.path = used.path
    order by read_count desc, full_path
  `.execute(store);
  return rows;
}
