import { sql } from "kysely";
import { listClients, type UsageClient } from "../catalog/usage/usage-of-entry.ts";
import type { Store } from "../store/open-store.ts";

export interface Stragglers {
  /** The newest move of this entry that stands; null: it was never moved, or taken back. */
  readonly movedAt: Date | null;
  readonly requestId: string | null;
  /** Who read the path in Vault after the move, the newest first, at most 50. */
  readonly clients: readonly UsageClient[];
}

/** Who still reads the old path, although the secret was moved. */
export async function stragglersOf(store: Store, entryId: number): Promise<Stragglers> {
  const { rows } = await sql<{ movedAt: Date; requestId: string }>`
    select moved_at, request_id from (${MOVED}) as moved where entry_id = ${entryId}
  `.execute(store);
  const [moved] = rows;
  if (moved === undefined) return { movedAt: null, requestId: null, clients: [] };
  const clients = await listClients(store, entryId, { last: "last_read_at", since: moved.movedAt });
  return { ...moved, clients };
}

export interface StraggledEntry {
  readonly entryId: number;
  readonly fullPath: string;
  readonly requestId: string;
  readonly requester: string;
  readonly movedAt: Date;
  readonly lastReadAt: Date;
  /** Readers after the move, whatever addresses they come from. */
  readonly clientCount: number;
  /** Their roles, or display names where the log tells no role; at most 10. */
  readonly readers: readonly string[];
}

export interface StragglerOptions {
  readonly limit: number;
  readonly offset?: number;
  /** So long after the move a read still counts as changing over; 0 where absent. */
  readonly graceHours?: number;
  /** Only readers of whom the requester has not heard. */
  readonly isNews?: boolean;
}

/** Every moved secret whose old path was read after its move, the last read first. */
export async function listStragglers(
  store: Store,
  { limit, offset = 0, graceHours = 0, isNews = false }: StragglerOptions,
): Promise<{ entries: readonly StraggledEntry[]; hasMore: boolean }> {
  const grace = sql`make_interval(hours => ${graceHours})`;
  const { rows } = await sql<StraggledEntry>`
    select moved.entry_id, entry.full_path, moved.request_id, moved.requester, moved.moved_at,
      max(by_client.last_read_at) as last_read_at,
      count(distinct (entity_id, role, display_name)) as client_count,
      coalesce((array_agg(distinct ${READER}) filter (where ${READER} <> ''))[1:10], '{}') as readers
    from (${MOVED}) as moved join entry on entry.id = moved.entry_id
      join usage_path used on used.namespace = entry.namespace and used.mount = entry.mount and used.path = entry.path
      join usage_by_client by_client on by_client.path_id = used.id and by_client.last_read_at > moved.moved_at + ${grace}
      join usage_client on usage_client.id = by_client.client_id
    where used.last_read_at > moved.moved_at + ${grace} and (${!isNews} or (${READER} <> '' and not exists (
      select from straggler_told told where told.request_id = moved.request_id and told.reader = ${READER}
    )))
    group by moved.entry_id, entry.full_path, moved.request_id, moved.requester, moved.moved_at
    order by max(by_client.last_read_at) desc, entry.full_path limit ${limit + 1} offset ${offset}
  `.execute(store);
  return { entries: rows.slice(0, limit), hasMore: rows.length > limit };
}

/** As people know a client: by its role, or its display name where the log tells no role. */
const READER = sql<string>`coalesce(nullif(role, ''), display_name)`;

/** The newest finished move of each entry, unless it was taken back. */
const MOVED = sql`
  select distinct on (request.entry_id) request.entry_id, request.id as request_id, request.requester,
    migration.finished_at as moved_at
  from request join migration on migration.request_id = request.id
  where request.status = 'migrated' and migration.state = 'done' and migration.finished_at is not null
  order by request.entry_id, migration.finished_at desc`;
