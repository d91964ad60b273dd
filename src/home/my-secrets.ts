import { type RawBuilder, sql } from "kysely";
import { isNamedClient } from "../catalog/usage/is-named-client.ts";
import { spellingsOf, type Team } from "../metadata/team.ts";
import type { Store } from "../store/open-store.ts";
import type { Engine } from "../store/tables/catalog.ts";
import type { HomePerson } from "./home-person.ts";
import type { Reason } from "./home-place.ts";
import type { Slice } from "./page-of.ts";

/** A secret that somebody has to do with, and why. */
export interface MySecret {
  readonly entryId: number;
  readonly source: {
    readonly namespace: string;
    readonly mount: string;
    readonly engine: Engine;
    readonly path: string;
  };
  /** null: not known. */
  readonly keyNames: readonly string[] | null;
  /** Vault's; null where there is none or none is known. */
  readonly version: number | null;
  /** A team of theirs owns it, or is taken for the owner. */
  readonly owner: { readonly team: string; readonly isConfirmed: boolean } | null;
  /** A Vault role or display name of a team of theirs reads it. */
  readonly use: { readonly reader: string; readonly reads: number } | null;
  readonly isRequestedByThem: boolean;
  /** The surest word on what it is (a type of secret-types.ts) and where it is used; null: nothing says it. */
  readonly purpose: string | null;
  readonly environment: string | null;
  /** The newest request for it, whoever asked. */
  readonly requestId: string | null;
}

export interface MySecrets {
  readonly rows: readonly MySecret[];
  /** Of those that the filter lets through. */
  readonly total: number;
  readonly counts: Readonly<Record<Reason | "all", number>>;
}

interface Row {
  readonly entryId: number | null;
  readonly namespace: string;
  readonly mount: string;
  readonly engine: Engine;
  readonly path: string;
  readonly keyNames: readonly string[] | null;
  readonly currentVersion: number | null;
  readonly team: string | null;
  readonly isConfirmed: boolean;
  readonly reader: string | null;
  readonly reads: number;
  readonly isRequested: boolean;
  readonly purpose: string | null;
  readonly environment: string | null;
  readonly requestId: string | null;
  readonly allCount: number;
  readonly ownerCount: number;
  readonly useCount: number;
  readonly requestCount: number;
}

const SHOWN: Readonly<Record<Reason | "all", RawBuilder<boolean>>> = {
  all: sql<boolean>`true`,
  owner: sql<boolean>`team is not null`,
  use: sql<boolean>`reader is not null`,
  request: sql<boolean>`is_requested`,
};

/**
 * The secrets of one person's teams and requests: failed moves first, then what nobody asked for yet, what is under way,
 * and what is moved; among these the confirmed ones and the most read ones first. A secret that is theirs by two reasons
 * stands once. What a person asked for stays visible to them.
 */
export async function listMySecrets(
  store: Store,
  { userId, teams, visible }: Pick<HomePerson, "userId" | "teams" | "visible">,
  by: Reason | "all",
  { limit, offset }: Slice,
): Promise<MySecrets> {
  const clientIds = await clientsOf(store, teams);
  const { rows } = await sql<Row>`
    with ${reasonsOf({ userId, teams, clientIds })}, listed as (
      select entry.id as entry_id, entry.namespace, entry.mount, entry.engine, entry.path, entry.full_path,
        entry.current_version, team, is_confirmed, reader, reads, is_requested, newest.id as request_id,
        case when newest.status = 'failed' then 0 when newest.status in ('waiting', 'approved', 'migrating') then 2
          when newest.status = 'migrated' then 3 else 1 end as rank
      from mine join entry on entry.id = mine.entry_id
        left join lateral (
          select id, status from request where request.entry_id = mine.entry_id order by created_at desc limit 1
        ) as newest on true
      where entry.gone_at is null and (is_requested or ${visible})
    ), counted as (
      select count(*)::float8 as all_count, count(team)::float8 as owner_count, count(reader)::float8 as use_count,
        (count(*) filter (where is_requested))::float8 as request_count from listed
    ), page as (
      select * from listed where ${SHOWN[by]}
      order by rank, is_confirmed desc, reads desc, full_path limit ${limit} offset ${offset}
    )
    select counted.*, page.*, fact.purpose, fact.environment, shown.key_names
    from counted left join page on true left join entry_fact as fact on fact.entry_id = page.entry_id
      left join entry as shown on shown.id = page.entry_id
    order by rank, is_confirmed desc, reads desc, full_path
  `.execute(store);
  const [first] = rows;
  const counts = {
    all: first?.allCount ?? 0,
    owner: first?.ownerCount ?? 0,
    use: first?.useCount ?? 0,
    request: first?.requestCount ?? 0,
  };
  return { rows: rows.flatMap(mySecret), total: counts[by], counts };
}

interface Reasons {
  readonly userId: string;
  readonly teams: readonly Team[];
  /** Of usage_client: whose reads are these teams'. */
  readonly clientIds: readonly number[];
}

/** Asked for first: the planner can't guess how many a pattern fits, and reads all uses where they are few. */
async function clientsOf(store: Store, teams: readonly Team[]): Promise<number[]> {
  const names = teams.flatMap(({ vaultRoles }) => vaultRoles);
  if (names.length === 0) return [];
  const { rows } = await sql<{ id: number }>`select id from usage_client where ${isNamedClient(names)}`.execute(store);
  return rows.map(({ id }) => id);
}

/** `mine`: each entry once, with what makes it theirs. */
function reasonsOf({ userId, teams, clientIds }: Reasons): RawBuilder<unknown> {
  const spelt = teams.flatMap((team) => spellingsOf(team).map((spelling) => ({ spelling, name: team.name })));
  const spellings = spelt.map(({ spelling }) => spelling);
  const names = spelt.map(({ name }) => name);
  return sql`
    spelt as (select * from unnest(${spellings}::text[], ${names}::text[]) as spelt (spelling, team)),
    owned as (
      select fact.entry_id, spelt.team, fact.is_owner_confirmed as is_confirmed
      from spelt join entry_fact as fact on lower(fact.owner_team) = spelt.spelling
      where not exists (
        select from owner_contradiction as word where word.entry_id = fact.entry_id and word.team = spelt.team
          and word.kind = 'not-ours' and word.settled_at is null
      )
    ), read as (
      select path_id, sum(reads)::float8 as reads,
        (array_agg(coalesce(nullif(role, ''), display_name) order by reads desc, role, display_name))[1] as reader
      from usage_by_client join usage_client on usage_client.id = client_id
      where client_id = any(${clientIds}::bigint[]) and reads > 0 group by path_id
    ), reason as (
      select entry_id, team, is_confirmed, null::text as reader, 0::float8 as reads, false as is_requested from owned
      union all
      select entry.id, null, false, reader, reads, false from read join usage_path as path on path.id = read.path_id
        join entry on entry.namespace = path.namespace and entry.mount = path.mount and entry.path = path.path
      union all
      select distinct entry_id, null, false, null, 0::float8, true from request where requester = ${userId}
    ), mine as (
      select entry_id, max(team) as team, bool_or(is_confirmed) as is_confirmed, max(reader) as reader,
        max(reads) as reads, bool_or(is_requested) as is_requested
      from reason group by entry_id
    )`;
}

function mySecret(row: Row): MySecret[] {
  const { entryId, namespace, mount, engine, path, currentVersion, team, isConfirmed, reader, reads } = row;
  if (entryId === null) return []; // the counts alone
  return [
    {
      entryId,
      source: { namespace, mount, engine, path },
      keyNames: row.keyNames,
      version: currentVersion,
      owner: team === null ? null : { team, isConfirmed },
      use: reader === null ? null : { reader, reads },
      isRequestedByThem: row.isRequested,
      purpose: row.purpose,
      environment: row.environment,
      requestId: row.requestId,
    },
  ];
}
