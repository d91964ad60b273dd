import { sql } from "kysely";
import type { Store } from "../../store/open-store.ts";
import { MS_PER_DAY, type PathTally, type Tally } from "./tally.ts";
import type { Client } from "./use.ts";

const COUNTING_LOCK = 7_206_002; // any fixed number

/** Whoever adds to the counts, or takes away from them, goes one after the other until the end of the transaction. */
export async function lockCounts(tx: Store): Promise<void> {
  await sql`select pg_advisory_xact_lock(${sql.lit(COUNTING_LOCK)})`.execute(tx);
}

/** Adds a tally to what is counted already. Call it inside the transaction that says how far the log was read. */
export async function writeTally(tx: Store, tally: Tally): Promise<void> {
  const { paths } = tally;
  if (paths.length === 0) return;
  await lockCounts(tx);
  const pathIds = await writePaths(tx, paths);
  const clientIds = await writeClients(tx, [
    ...new Set(paths.flatMap(({ clients }) => clients.map(({ client }) => client))),
  ]);
  await writeDays(tx, paths, pathIds);
  await writeByClient(tx, paths, { pathIds, clientIds });
}

const instant = (ms: number): Date | null => (ms === 0 ? null : new Date(ms));

async function writePaths(tx: Store, paths: readonly PathTally[]): Promise<number[]> {
  const { rows } = await sql<{ id: number }>`
    with given as (
      select * from unnest(
        ${paths.map(({ namespace }) => namespace)}::text[], ${paths.map(({ mount }) => mount)}::text[],
        ${paths.map(({ path }) => path)}::text[], ${paths.map(({ lastReadMs }) => instant(lastReadMs))}::timestamptz[],
        ${paths.map(({ lastWriteMs }) => instant(lastWriteMs))}::timestamptz[]
      ) with ordinality as given (namespace, mount, path, last_read_at, last_write_at, place)
    ), written as (
      insert into usage_path as known (namespace, mount, path, last_read_at, last_write_at)
      select namespace, mount, path, last_read_at, last_write_at from given
      on conflict (namespace, mount, path) do update set
        last_read_at = greatest(known.last_read_at, excluded.last_read_at),
        last_write_at = greatest(known.last_write_at, excluded.last_write_at)
      returning id, namespace, mount, path
    )
    select written.id from given join written using (namespace, mount, path) order by given.place
  `.execute(tx);
  return rows.map(({ id }) => id);
}

async function writeClients(tx: Store, clients: readonly Client[]): Promise<Map<Client, number>> {
  const column = (name: keyof Client) => clients.map((client) => client[name]);
  const given = sql`unnest(
    ${column("entityId")}::text[], ${column("role")}::text[], ${column("displayName")}::text[], ${column("address")}::text[]
  ) with ordinality as given (entity_id, role, display_name, address, place)`;
  await sql`
    insert into usage_client (entity_id, role, display_name, address)
    select entity_id, role, display_name, address from ${given}
    on conflict do nothing
  `.execute(tx);
  const { rows } = await sql<{ id: number }>`
    select known.id from ${given} join usage_client known using (entity_id, role, display_name, address)
    order by given.place
  `.execute(tx);
  return new Map(clients.map((client, place) => [client, rows[place]?.id ?? Number.NaN]));
}

async function writeDays(tx: Store, paths: readonly PathTally[], pathIds: readonly number[]): Promise<void> {
  const days = paths.flatMap(({ days: ofPath }, place) =>
    ofPath.map(({ day, reads, writes }) => ({ pathId: pathIds[place], day: dayText(day), reads, writes })),
  );
  await sql`
    insert into usage_day as known (path_id, day, reads, writes)
    select * from unnest(
      ${days.map(({ pathId }) => pathId)}::bigint[], ${days.map(({ day }) => day)}::date[],
      ${days.map(({ reads }) => reads)}::bigint[], ${days.map(({ writes }) => writes)}::bigint[]
    )
    on conflict (path_id, day) do update set
      reads = known.reads + excluded.reads, writes = known.writes + excluded.writes
  `.execute(tx);
}

async function writeByClient(
  tx: Store,
  paths: readonly PathTally[],
  { pathIds, clientIds }: { pathIds: readonly number[]; clientIds: ReadonlyMap<Client, number> },
): Promise<void> {
  const rows = paths.flatMap(({ clients }, place) =>
    clients.map(({ client, ...counts }) => ({ pathId: pathIds[place], clientId: clientIds.get(client), ...counts })),
  );
  await sql`
    insert into usage_by_client as known (path_id, client_id, reads, writes, last_read_at, last_write_at)
    select * from unnest(
      ${rows.map(({ pathId }) => pathId)}::bigint[], ${rows.map(({ clientId }) => clientId)}::bigint[],
      ${rows.map(({ reads }) => reads)}::bigint[], ${rows.map(({ writes }) => writes)}::bigint[],
      ${rows.map(({ lastReadMs }) => instant(lastReadMs))}::timestamptz[],
      ${rows.map(({ lastWriteMs }) => instant(lastWriteMs))}::timestamptz[]
    )
    on conflict (path_id, client_id) do update set
      reads = known.reads + excluded.reads, writes = known.writes + excluded.writes,
      last_read_at = greatest(known.last_read_at, excluded.last_read_at),
      last_write_at = greatest(known.last_write_at, excluded.last_write_at)
  `.execute(tx);
}

/** `2026-11-23` */
function dayText(day: number): string {
  return new Date(day * MS_PER_DAY).toISOString().slice(0, 10);
}
