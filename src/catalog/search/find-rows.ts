import { type RawBuilder, sql } from "kysely";
import type { Store } from "../../store/open-store.ts";
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
  readonly isOwnerUnknown: boolean;
}

/** More than anybody pages through: the ranking looks at so many at most, and a common word stays quick. */
export const ROWS_AT_MOST = 120;

/** Entries whose words fit a tsquery, and which meet a further condition. */
export function rowsByWords(store: Store, scope: RowScope, query: string | null, also = sql<boolean>`true`) {
  const parts = [query, scope.query].filter((part) => part !== null);
  const fits =
    parts.length === 0 ? sql<boolean>`true` : sql<boolean>`entry_fact.words @@ ${parts.join(" & ")}::tsquery`;
  return readRows(
    store,
    sql`entry_fact join entry on entry.id = entry_fact.entry_id`,
    scope,
    sql<boolean>`${fits} and ${also}`,
  );
}

/** The same by a condition on the name, also for entries that the identify pass has not seen yet. */
export function rowsByName(store: Store, scope: RowScope, condition: RawBuilder<boolean>) {
  const fits = scope.query === null ? sql<boolean>`true` : sql<boolean>`entry_fact.words @@ ${scope.query}::tsquery`;
  const from = sql`entry left join entry_fact on entry_fact.entry_id = entry.id`;
  return readRows(store, from, scope, sql<boolean>`${condition} and ${fits}`);
}

async function readRows(
  store: Store,
  from: RawBuilder<unknown>,
  { viewer, state, isOwnerUnknown }: RowScope,
  condition: RawBuilder<boolean>,
): Promise<readonly FoundRow[]> {
  const { rows } = await sql<FoundRow>`
    select entry.id, full_path, gone_at, mount, engine, key_names, vault_updated_at, owner_team, environment, purpose,
      application
    from ${from}
    where ${condition} and ${inState(state)} and ${isVisible(viewer)}
      ${isOwnerUnknown ? sql`and owner_team is null` : sql``}
    limit ${ROWS_AT_MOST}
  `.execute(store);
  return rows;
}

/** The state of each entry, as `state:` filters by it. */
export async function statesOf(store: Store, ids: readonly number[]): Promise<ReadonlyMap<number, SearchState>> {
  const { rows } = await sql<{ id: number; state: SearchState }>`
    select entry.id, case when gone_at is not null then 'gone' when deleted_at <= now() then 'deleted'
      else coalesce((select status from request where entry_id = entry.id order by created_at desc limit 1),
        'not requested') end as state
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
      return sql<boolean>`gone_at is null and entry.id in (
        select entry_id from request where status = ${state} and not exists (select from request as later
          where later.entry_id = request.entry_id and later.created_at > request.created_at))`;
  }
}
