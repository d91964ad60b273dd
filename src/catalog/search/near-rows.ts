import { sql } from "kysely";
import type { Store } from "../../store/open-store.ts";
import type { AskedWords } from "./asked-words.ts";
import { byName, byWords, type FoundRow, type RowScope, rowsBy } from "./find-rows.ts";
import { queryOf } from "./lexeme.ts";
import { nearestWords } from "./nearest-words.ts";
import { changedShare, type Match } from "./rank-rows.ts";
import { begunWords, escaped, wordsAround } from "./word-pieces.ts";

/** Takes rows found in one way. @returns How many there are by now. */
export type AddRows = (
  match: Match,
  rows: readonly FoundRow[],
  readAs?: ReadonlyMap<string, readonly string[]>,
) => number;

interface NearSearch {
  readonly text: string;
  readonly asked: AskedWords;
  readonly add: AddRows;
}

/** More words than this are no piece out of the middle of a name. */
const WORDS_OF_A_PIECE = 3;
const ENOUGH_NEAR = 5;
/** Shares of the trigrams of both. */
const LEAST_ALIKE = [0.5, 0.3];
/** Above this share of letters to change, a name is no misspelling any more. */
const MAX_CHANGED_SHARE = 0.45;

/** What was meant, perhaps, where nothing is what was typed: a piece of a name, or words that are misspelt. */
export async function addNearRows(store: Store, scope: RowScope, { text, asked, add }: NearSearch): Promise<void> {
  const { needed } = asked;
  const unread = await unreadSince(store);
  const readAs = needed.length === 0 ? new Map() : await nearestWords(store, needed, scope.viewer);
  const isKnown = (word: string): boolean => readAs.get(word)?.[0] === word;
  let count = 0;
  if (needed.length > 1 && needed.slice(0, -1).every(isKnown)) {
    const begun = await begunWords(store, needed);
    if (begun !== null) count = add("begun", await rowsBy(store, scope, byWords(scope, begun)));
  }
  if (count === 0 && !/\s/.test(text) && text.length >= 3 && (unread !== null || needed.length <= WORDS_OF_A_PIECE))
    count = await addContained(store, scope, { text, unread, add });
  if (count === 0) count = await addReadAs(store, scope, { needed, readAs, add });
  if (unread !== null && count < ENOUGH_NEAR && text.length >= 5)
    add("alike", await rowsAlike(store, scope, text, unread));
}

/**
 * Names that the identify pass has not seen yet, so that their words are not known: numbers only grow. They are read one by
 * one, which a whole estate's are for as long as its first crawl lists names.
 * @returns The number before them; null: there are none.
 */
async function unreadSince(store: Store): Promise<number | null> {
  const { rows } = await sql<{ newest: number; read: number }>`
    select coalesce((select max(id) from entry), 0) as newest, coalesce((select max(entry_id) from entry_reading), 0) as read
  `.execute(store);
  const [{ newest, read } = { newest: 0, read: 0 }] = rows;
  return newest > read ? read : null;
}

interface ContainedSearch {
  readonly text: string;
  readonly unread: number | null;
  readonly add: AddRows;
}

async function addContained(store: Store, scope: RowScope, { text, unread, add }: ContainedSearch): Promise<number> {
  const contains = sql<boolean>`full_path ilike ${`%${escaped(text)}%`}`;
  const query = await wordsAround(store, text);
  const rows = [
    ...(query === null ? [] : await rowsBy(store, scope, byWords(scope, query, contains))),
    ...(unread === null
      ? []
      : await rowsBy(store, scope, byName(scope, sql<boolean>`entry.id > ${unread} and ${contains}`))),
  ];
  const isEnd = ({ fullPath }: FoundRow): boolean => fullPath.toLowerCase().endsWith(`/${text.toLowerCase()}`);
  add("end", rows.filter(isEnd));
  return add("contained", rows);
}

interface ReadWords {
  readonly needed: readonly string[];
  readonly readAs: ReadonlyMap<string, readonly string[]>;
  readonly add: AddRows;
}

/** All words, each as it stands or as the nearest; else all but one of them. */
async function addReadAs(store: Store, scope: RowScope, { needed, readAs, add }: ReadWords): Promise<number> {
  const groups = needed.flatMap((word) => {
    const readings = readAs.get(word) ?? [];
    return readings.length === 0 ? [] : [`(${readings.map((one) => queryOf(one)).join(" | ")})`];
  });
  let count = 0;
  const isAsked = needed.every((word) => readAs.get(word)?.[0] === word); // as they stand: nothing was found so
  if (!isAsked && groups.length > 0 && groups.length >= needed.length - 1) {
    const match = groups.length === needed.length ? "read-as" : "most";
    count = add(match, await rowsBy(store, scope, byWords(scope, groups.join(" & "))), readAs);
  }
  if (count > 0 || groups.length < 3) return count;
  const allButOne = groups.map((_, left) => `(${groups.filter((__, place) => place !== left).join(" & ")})`);
  return add("most", await rowsBy(store, scope, byWords(scope, allButOne.join(" | "))), readAs);
}

/**
 * By trigrams in common with the whole path, among names that were not read. A strict threshold first: in an estate whose
 * names are all alike a loose one would fit too many of them.
 */
async function rowsAlike(store: Store, scope: RowScope, text: string, unread: number): Promise<readonly FoundRow[]> {
  for (const least of LEAST_ALIKE) {
    const isAlike = sql<boolean>`entry.id > ${unread} and similarity(full_path, ${text}) >= ${least}`;
    const near = (await rowsBy(store, scope, byName(scope, isAlike))).filter(
      ({ fullPath }) => changedShare(fullPath.toLowerCase(), text.toLowerCase()) < MAX_CHANGED_SHARE,
    );
    if (near.length > 0) return near;
  }
  return [];
}
