import { sql } from "kysely";
import type { Store } from "../../store/open-store.ts";
import { entryName } from "../entry-name.ts";
import { lookKey } from "../look-key.ts";
import type { Viewer } from "../visibility.ts";
import { askedWords } from "./asked-words.ts";
import { byName, byWords, fewInState, ROWS_AT_MOST, type RowScope, rowsBy, rowsByEach, statesOf } from "./find-rows.ts";
import { filterLexeme, lexeme, queryOf } from "./lexeme.ts";
import { type AddRows, addNearRows } from "./near-rows.ts";
import { type Match, type RankedRow, rankRows } from "./rank-rows.ts";
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
import { begunWord, begunWords } from "./word-pieces.ts";

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
  const scope = await scopeOf(store, all, viewer);
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
async function scopeOf(store: Store, filters: SearchFilters, viewer: Viewer): Promise<RowScope> {
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
  const key = filters.key === undefined ? [] : [await keyQuery(store, filterLexeme("key", filters.key))];
  const parts = [...exact, ...owner, ...key];
  const query = parts.length === 0 ? null : parts.join(" & ");
  return { viewer, state, isOwnerUnknown, query, fewIds: state === null ? null : await fewInState(store, state) };
}

const keyQuery = async (store: Store, key: string): Promise<string> => (await begunWord(store, key)) ?? queryOf(key);

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
  const rows = await rowsBy(store, scope, byWords(scope, null));
  const asked = { needed: [], wished: [] };
  return rankRows(rows, { match: "words", asked, text: "" }).map((ranked) => ({ ...ranked, because }));
}

/** Each way in turn, the surest first, until there are enough. What is only near is looked for where nothing fits. */
async function byText(store: Store, scope: RowScope, text: string, wanted: number): Promise<RankedRow[]> {
  const asked = askedWords(text);
  const found = new Map<number, RankedRow>();
  const add: AddRows = (match, rows, readAs) => {
    const more = rankRows(rows, { match, asked, text, ...(readAs && { readAs }) });
    for (const one of more) if (!found.has(one.row.id)) found.set(one.row.id, one);
    return found.size;
  };
  const path = byName(scope, sql<boolean>`look_key = ${lookKey(text)}`); // also the name as it stands
  const end = byWords(scope, queryOf(filterLexeme("end", text.replace(/^\/+|\/+$/g, ""))));
  const { needed } = asked;
  const words = byWords(scope, needed.map((word) => queryOf(word)).join(" & "));
  if (needed.length === 0) {
    add("path", await rowsBy(store, scope, path));
  } else if (text.includes("/")) {
    const [named = [], ending = []] = await rowsByEach(store, scope, [path, end]);
    add("path", named);
    if (add("end", ending) < ROWS_AT_MOST) add("words", await rowsBy(store, scope, words));
  } else {
    const [named = [], worded = []] = await rowsByEach(store, scope, [path, words]);
    add("path", named);
    // What is called so goes before what has the word, and among so many it need not be.
    if (worded.length === ROWS_AT_MOST) add("words", await rowsBy(store, scope, end));
    add("words", worded);
  }
  if (needed.length === 1 && found.size < wanted) {
    const begun = await begunWords(store, needed);
    if (begun !== null) add("begun", await rowsBy(store, scope, byWords(scope, begun)));
  }
  if (found.size === 0) await addNearRows(store, scope, { text, asked, add });
  return [...found.values()];
}
