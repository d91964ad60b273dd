import { sql } from "kysely";
import type { Store } from "../../store/open-store.ts";
import { entryName } from "../entry-name.ts";
import { lookKey } from "../look-key.ts";
import type { Viewer } from "../visibility.ts";
import { type AskedWords, askedWords } from "./asked-words.ts";
import { type FoundRow, ROWS_AT_MOST, type RowScope, rowsByName, rowsByWords, statesOf } from "./find-rows.ts";
import { filterLexeme, lexeme, queryOf } from "./lexeme.ts";
import { nearestWords } from "./nearest-words.ts";
import { changedShare, type Match, type RankedRow, rankRows } from "./rank-rows.ts";
import { readSearchText, SearchFilterUnknownError } from "./read-search-text.ts";
import {
  SEARCH_STATES,
  type SearchFilters,
  type SearchHit,
  type SearchQuery,
  type SearchResult,
  searchStateOf,
} from "./search-query.ts";
import { tellApart } from "./tell-apart.ts";

/** Longer than any path that the catalogue holds. */
export const MAX_SEARCH_LENGTH = 2_500;

/**
 * Searches the catalogue by path, words, key names and what is known of entries; see docs/search.md. What the viewer may
 * not see is not found, not counted and not offered.
 * @param isLenient See readSearchText. @throws {SearchFilterUnknownError}
 */
export async function searchEntries(
  store: Store,
  { text, limit, offset = 0, ...given }: SearchQuery,
  viewer: Viewer,
  isLenient = false,
): Promise<SearchResult> {
  if (text.length > MAX_SEARCH_LENGTH) return { hits: [], hasMore: false };
  const { words, filters } = readSearchText(text.replaceAll("\u0000", ""), isLenient);
  const all = { ...filters, ...given };
  const scope = scopeOf(all, viewer);
  const isNarrowed = scope.query !== null || scope.state !== null || scope.isOwnerUnknown;
  const wanted = offset + limit + 1;
  const ranked =
    words === "" ? (isNarrowed ? await byFilters(store, scope, all) : []) : await byText(store, scope, words, wanted);
  const page = await withStates(store, ranked.slice(offset, offset + limit));
  const apart = tellApart(page.map(({ row }) => row));
  return {
    hits: page.map(({ row, match, because }, place) => ({
      ...entryName(row),
      because,
      apart: apart[place] ?? "",
      fit: FIT[match] ?? "near",
    })),
    hasMore: ranked.length > offset + limit,
  };
}

/** The state is asked of what is shown alone. */
async function withStates(store: Store, ranked: readonly RankedRow[]) {
  const states =
    ranked.length < 2
      ? new Map()
      : await statesOf(
          store,
          ranked.map(({ row }) => row.id),
        );
  return ranked.map((one) => ({ ...one, row: { ...one.row, state: states.get(one.row.id) ?? null } }));
}

const FIT: Readonly<Partial<Record<Match, SearchHit["fit"]>>> = { path: "name", end: "name", words: "words" };

/** @throws {SearchFilterUnknownError} No such state. */
function scopeOf(filters: SearchFilters, viewer: Viewer): RowScope {
  const state = filters.state === undefined ? null : searchStateOf(filters.state);
  if (filters.state !== undefined && state === null) {
    const known = Object.keys(SEARCH_STATES).join(", ");
    throw new SearchFilterUnknownError(
      `There is no state called "${filters.state}", so nothing was looked up. States are ${known}.`,
    );
  }
  const isOwnerUnknown = /^(unknown|none|nobody)$/i.test(filters.owner ?? "");
  const exact = (["tag", "engine", "env", "type", "app", "mount"] as const).flatMap((name) =>
    filters[name] === undefined ? [] : [queryOf(filterLexeme(name, filters[name]))],
  );
  const owner = filters.owner === undefined || isOwnerUnknown ? [] : [ownerQuery(lexeme(filters.owner))];
  const key = filters.key === undefined ? [] : [queryOf(filterLexeme("key", filters.key), true)];
  const parts = [...exact, ...owner, ...key];
  return { viewer, state, isOwnerUnknown, query: parts.length === 0 ? null : parts.join(" & ") };
}

/** Paths and metadata say `team-payments` where people say `payments`. */
function ownerQuery(owner: string): string {
  const bare = owner.replace(/^(team|squad|tribe)[-_]|[-_](team|squad|tribe)$/g, "");
  const spellings = new Set([owner, bare, `team-${bare}`, `${bare}-team`]);
  return `(${[...spellings].map((one) => queryOf(filterLexeme("owner", one))).join(" | ")})`;
}

async function byFilters(store: Store, scope: RowScope, filters: SearchFilters): Promise<RankedRow[]> {
  const because = Object.entries(filters)
    .map(([name, value]) => `${name === "key" ? "key name" : name} ${value}`)
    .join("; ");
  const rows = await rowsByWords(store, scope, null);
  const asked = { needed: [], wished: [] };
  return rankRows(rows, { match: "words", asked, text: "" }).map((ranked) => ({ ...ranked, because }));
}

/** Each way in turn, the surest first, until there are enough. What is only near is looked for where nothing fits. */
async function byText(store: Store, scope: RowScope, text: string, wanted: number): Promise<RankedRow[]> {
  const asked = askedWords(text);
  const found = new Map<number, RankedRow>();
  const add = (match: Match, rows: readonly FoundRow[], readAs?: ReadonlyMap<string, readonly string[]>): void => {
    const more = rankRows(rows, { match, asked, text, ...(readAs && { readAs }) });
    for (const one of more) if (!found.has(one.row.id)) found.set(one.row.id, one);
  };
  add("path", await rowsByName(store, scope, sql<boolean>`(full_path = ${text} or look_key = ${lookKey(text)})`));
  const query = asked.needed.length === 0 ? null : asked.needed.map((word) => queryOf(word)).join(" & ");
  if (query !== null) {
    const end = queryOf(filterLexeme("end", text.replace(/^\/+|\/+$/g, "")));
    add(text.includes("/") ? "end" : "words", await rowsByWords(store, scope, end));
    if (found.size < ROWS_AT_MOST) add("words", await rowsByWords(store, scope, query));
    // Behind other words only where nothing fits: a beginning is dear to look up, and rarely meant.
    if (found.size < wanted && (found.size === 0 || asked.needed.length === 1))
      add("begun", await rowsByWords(store, scope, begunQuery(asked)));
  }
  if (found.size === 0) await addNear(store, scope, { text, asked, add, count: () => found.size });
  return [...found.values()];
}

/** The last word may not be finished yet. */
const begunQuery = ({ needed }: AskedWords): string =>
  needed.map((word, place) => queryOf(word, place === needed.length - 1)).join(" & ");

interface NearSearch {
  readonly text: string;
  readonly asked: AskedWords;
  add(match: Match, rows: readonly FoundRow[], readAs?: ReadonlyMap<string, readonly string[]>): void;
  count(): number;
}

async function addNear(store: Store, scope: RowScope, near: NearSearch): Promise<void> {
  const { text, add, count } = near;
  if (text.length >= 3 && !/\s/.test(text)) {
    const pattern = `%${text.replace(/[\\%_]/g, "\\$&")}%`;
    const rows = await rowsByName(store, scope, sql<boolean>`full_path ilike ${pattern}`);
    const isEnd = ({ fullPath }: FoundRow): boolean => fullPath.toLowerCase().endsWith(`/${text.toLowerCase()}`);
    add("end", rows.filter(isEnd));
    add("contained", rows);
  }
  if (count() === 0 && near.asked.needed.length > 0) await addNearWords(store, scope, near);
  if (count() < ENOUGH_NEAR && text.length >= 5 && (await isCrawlAhead(store)))
    add("alike", await rowsAlike(store, scope, text));
}

const ENOUGH_NEAR = 5;

/** There are names that the identify pass has not seen yet, so their words are not known: numbers only grow. */
async function isCrawlAhead(store: Store): Promise<boolean> {
  const { rows } = await sql<{ isAhead: boolean }>`
    select coalesce((select max(id) from entry), 0) > coalesce((select max(entry_id) from entry_fact), 0) as is_ahead
  `.execute(store);
  return rows[0]?.isAhead ?? false;
}

async function addNearWords(store: Store, scope: RowScope, { asked, add, count }: NearSearch): Promise<void> {
  const readAs = await nearestWords(store, asked.needed, scope.viewer);
  const groups = asked.needed.flatMap((word) => {
    const readings = readAs.get(word) ?? [];
    return readings.length === 0 ? [] : [`(${readings.map((one) => queryOf(one)).join(" | ")})`];
  });
  if (groups.length > 0 && groups.length >= asked.needed.length - 1) {
    const match = groups.length === asked.needed.length ? "read-as" : "most";
    add(match, await rowsByWords(store, scope, groups.join(" & ")), readAs);
  }
  if (count() === 0 && groups.length > 2) {
    const allButOne = groups.map((_, left) => `(${groups.filter((__, place) => place !== left).join(" & ")})`);
    add("most", await rowsByWords(store, scope, allButOne.join(" | ")), readAs);
  }
}

/**
 * By trigrams in common with the whole path, which the index answers. A strict threshold first: in a big estate whose
 * names are all alike a loose one would compare half of them.
 */
async function rowsAlike(store: Store, scope: RowScope, text: string): Promise<readonly FoundRow[]> {
  for (const threshold of ["0.5", "0.3"]) {
    const rows = await store.transaction().execute(async (tx) => {
      await sql`select set_config('pg_trgm.similarity_threshold', ${threshold}, true)`.execute(tx);
      return rowsByName(tx, scope, sql<boolean>`full_path % ${text}`);
    });
    const near = rows.filter(
      ({ fullPath }) => changedShare(fullPath.toLowerCase(), text.toLowerCase()) < MAX_CHANGED_SHARE,
    );
    if (near.length > 0) return near;
  }
  return [];
}

/** Above this share of letters to change, a name is no misspelling any more. */
const MAX_CHANGED_SHARE = 0.45;
