import { type RawBuilder, sql } from "kysely";
import type { Store } from "../../store/open-store.ts";
import { prepared } from "../../store/prepared.ts";
import type { Engine } from "../../store/tables/catalog.ts";
import type { NamedRow } from "../entry-name.ts";
import { isVisible, type Viewer } from "../visibility.ts";
import type { SearchState } from "./search-query.ts";

/** One entry with what a hit says of it. */
export interface FoundRow extends NamedRow {
  readonly mount: string;
  readonly engine: Engine;
  readonly keyNames: readonly string[] | null;
  readonly vaultUpdatedAt: Date | null;
  readonly ownerTeam: string | null;
  readonly environment: string | null;
  readonly purpose: string | null;
  readonly application: string | null;
}

/** What every row of a search must meet: what the viewer may see, and the filters. */
export interface RowScope {
  readonly viewer: Viewer;
  /** A tsquery out of the filters, or null. */
  readonly query: string | null;
  readonly state: SearchState | null;
  /** Who alone may be in that state; null: too many, or it is no state of a request. */
  readonly fewIds: readonly number[] | null;
  readonly isOwnerUnknown: boolean;
}

/** More than anybody pages through: the ranking looks at so many at most, and a common word stays quick. */
export const ROWS_AT_MOST = 120;

/** One way to find entries: each row of `from` that meets the condition. */
export interface Way {
  readonly from: RawBuilder<unknown>;
  readonly condition: RawBuilder<boolean>;
}

/** Entries whose words fit a tsquery, and which meet a further condition. */
export function byWords({ query: ofFilters, fewIds }: RowScope, query: string | null, also = sql<boolean>`true`): Way {
  const parts = [query, ofFilters].filter((part) => part !== null);
  const fits = sql<boolean>`${parts.length === 0 ? sql`true` : wordsFit(parts.join(" & "))} and ${also}`;
  const from = sql`entry_fact join entry on entry.id = entry_fact.entry_id`;
  if (fewIds === null) return { from, condition: fits };
  // "is true" keeps the index on words out of it: these few are read, and not all that have a common word.
  const isOfFew = sql<boolean>`entry_fact.entry_id = any (${[...fewIds]}::bigint[])`;
  return { from, condition: sql<boolean>`${isOfFew} and (${fits}) is true` };
}

/** The same by a condition on the name, also for entries that the identify pass has not seen yet. */
export function byName({ query }: RowScope, condition: RawBuilder<boolean>): Way {
  const from = sql`entry left join entry_fact on entry_fact.entry_id = entry.id`;
  return { from, condition: query === null ? condition : sql<boolean>`${condition} and (${wordsFit(query)}) is true` };
}

const wordsFit = (query: string): RawBuilder<boolean> => sql<boolean>`entry_fact.words @@ ${query}::tsquery`;

export async function rowsBy(store: Store, scope: RowScope, way: Way): Promise<readonly FoundRow[]> {
  const [rows = []] = await rowsByEach(store, scope, [way]);
  return rows;
}

/** What each way finds, in one round trip. */
export async function rowsByEach(
  store: Store,
  { viewer, state, isOwnerUnknown }: RowScope,
  ways: readonly Way[],
): Promise<readonly (readonly FoundRow[])[]> {
  const parts = ways.map(
    ({ from, condition }, way) => sql`
    (select ${sql.lit(way)} as way, entry.id, full_path, gone_at, mount, engine, key_names, vault_updated_at, owner_team,
      environment, purpose, application
    from ${from}
    where ${condition} and ${inState(state)} and ${isVisible(viewer)}
      ${isOwnerUnknown ? sql`and owner_team is null` : sql``}
    limit ${sql.lit(ROWS_AT_MOST)})`,
  );
  const { rows } = await sql<FoundRow & { way: number }>`${prepared} ${sql.join(parts, sql` union all `)}`.execute(
    store,
  );
  return ways.map((_, way) => rows.filter((row) => row.way === way));
}

/** The state of each entry, as `state:` filters by it. */
export async function statesOf(store: Store, ids: readonly number[]): Promise<ReadonlyMap<number, SearchState>> {
  const { rows } = await sql<{ id: number; state: SearchState }>`${prepared}
    select entry.id, case when gone_at is not null then 'gone' when deleted_at <= now() then 'deleted'
      else coalesce(${newestStatus}, 'not requested') end as state
    from entry left join entry_fact on entry_fact.entry_id = entry.id
    where entry.id = any (${[...ids]}::bigint[])
  `.execute(store);
  return new Map(rows.map(({ id, state }) => [id, state]));
}

function inState(state: SearchState | null): RawBuilder<boolean> {
  switch (state) {
    case null:
      return sql<boolean>`true`;
    case "gone":
      return sql<boolean>`gone_at is not null`;
    case "deleted":
      return sql<boolean>`deleted_at <= now() and gone_at is null`;
    case "not requested":
      return sql<boolean>`gone_at is null and not exists (select from request where entry_id = entry.id)`;
    default:
      return sql<boolean>`gone_at is null and ${newestStatus} = ${state}`;
  }
}

const newestStatus = sql<string | null>`(select status from request where entry_id = entry.id
  order by created_at desc limit 1)`;

const FEW = 2_000;

/** The entries with a request in that state, be it the newest or not. @returns null: too many to name them. */
export async function fewInState(store: Store, state: SearchState): Promise<readonly number[] | null> {
  if (["gone", "deleted", "not requested"].includes(state)) return null;
  const { rows } = await sql<{ id: number }>`
    select entry_id as id from request where status = ${state} limit ${FEW + 1}
  `.execute(store);
  return rows.length > FEW ? null : rows.map(({ id }) => id);
}
