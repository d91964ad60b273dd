import { sql } from "kysely";
import type { Store } from "../../store/open-store.ts";
import type { AskedWords } from "./asked-words.ts";
import { begunWords } from "./begun-words.ts";
import { type FoundRow, type RowScope, rowsByName, rowsByWords } from "./find-rows.ts";
import { queryOf } from "./lexeme.ts";
import { nearestWords } from "./nearest-words.ts";
import { changedShare, type Match } from "./rank-rows.ts";

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
/** Above this share of letters to change, a name is no misspelling any more. */
const MAX_CHANGED_SHARE = 0.45;

/** What was meant, perhaps, where nothing is what was typed: a piece of a name, or words that are misspelt. */
export async function addNearRows(store: Store, scope: RowScope, { text, asked, add }: NearSearch): Promise<void> {
  const { needed } = asked;
  const isAhead = await isCrawlAhead(store);
  const readAs = needed.length === 0 ? new Map() : await nearestWords(store, needed, scope.viewer);
  const isKnown = (word: string): boolean => readAs.get(word)?.[0] === word;
  let count = 0;
  if (needed.length > 1 && needed.slice(0, -1).every(isKnown)) {
    const begun = await begunWords(store, needed);
    if (begun !== null) count = add("begun", await rowsByWords(store, scope, begun));
  }
  if (count === 0 && !/\s/.test(text) && text.length >= 3 && (isAhead || needed.length <= WORDS_OF_A_PIECE))
    count = await addContained(store, scope, text, add);
  if (count === 0) count = await addReadAs(store, scope, { needed, readAs, add });
  if (isAhead && count < ENOUGH_NEAR && text.length >= 5) add("alike", await rowsAlike(store, scope, text));
}

/** There are names that the identify pass has not seen yet, so their words are not known: numbers only grow. */
async function isCrawlAhead(store: Store): Promise<boolean> {
  const { rows } = await sql<{ isAhead: boolean }>`
    select coalesce((select max(id) from entry), 0) > coalesce((select max(entry_id) from entry_fact), 0) as is_ahead
  `.execute(store);
  return rows[0]?.isAhead ?? false;
}

async function addContained(store: Store, scope: RowScope, text: string, add: AddRows): Promise<number> {
  const pattern = `%${text.replace(/[\\%_]/g, "\\$&")}%`;
  const rows = await rowsByName(store, scope, sql<boolean>`full_path ilike ${pattern}`);
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
    count = add(match, await rowsByWords(store, scope, groups.join(" & ")), readAs);
  }
  if (count > 0 || groups.length < 3) return count;
  const allButOne = groups.map((_, left) => `(${groups.filter((__, place) => place !== left).join(" & ")})`);
  return add("most", await rowsByWords(store, scope, allButOne.join(" | ")), readAs);
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
