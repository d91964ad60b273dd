import { sql } from "kysely";
import { listRequestStates } from "../migration/load-request-state.ts";
import type { RequestState } from "../migration/request-state.ts";
import type { Store } from "../store/open-store.ts";
import type { Slice } from "./page-of.ts";

/**
 * What a person asked for: failed first, then what is open, then what is over, each the newest first. Of a wave only what
 * failed: its card stands for the rest.
 */
export async function listMyRequests(
  store: Store,
  userId: string,
  { limit, offset }: Slice,
): Promise<{ rows: readonly RequestState[]; total: number }> {
  const { rows } = await sql<{ id: string | null; total: number }>`
    with listed as (
      select id, created_at, case when status = 'failed' then 0
        when status in ('waiting', 'approved', 'migrating') then 1 else 2 end as rank
      from request where requester = ${userId} and (status = 'failed' or not exists (
        select from wave_item as item where item.envelope_id = request.envelope_id
          and item.request_version = request.version and item.left_code is null
      ))
    ), page as (select * from listed order by rank, created_at desc, id desc limit ${limit} offset ${offset})
    select page.id, counted.total from (select count(*)::float8 as total from listed) as counted left join page on true
    order by page.rank, page.created_at desc, page.id desc
  `.execute(store);
  const ids = rows.flatMap(({ id }) => (id === null ? [] : [id]));
  return { rows: await statesInOrder(store, ids), total: rows[0]?.total ?? 0 };
}

export async function statesInOrder(store: Store, ids: readonly string[]): Promise<RequestState[]> {
  if (ids.length === 0) return [];
  const states = await listRequestStates(store, { ids });
  const byId = new Map(states.map((state) => [state.id, state]));
  return ids.flatMap((id) => byId.get(id) ?? []);
}
