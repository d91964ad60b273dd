import { sql } from "kysely";
import type { Store } from "../../store/open-store.ts";
import { queryOf } from "./lexeme.ts";

/** A beginning that so many words have is looked up as it stands: it takes longer, and one can't name them all. */
const WORDS_AT_MOST = 200;

/**
 * What finds the words that begin so, as a tsquery.
 * @returns null: none does, so it would find nothing.
 */
export async function begunWord(store: Store, beginning: string): Promise<string | null> {
  const { rows } = await sql<{ word: string }>`
    select word from search_word where word ^@ ${beginning} limit ${WORDS_AT_MOST + 1}
  `.execute(store);
  if (rows.length === 0) return null;
  if (rows.length > WORDS_AT_MOST) return queryOf(beginning, true);
  return `(${rows.map(({ word }) => queryOf(word)).join(" | ")})`;
}

/** What finds all the words, of which the last may not be finished yet. @returns null: see `begunWord`. */
export async function begunWords(store: Store, words: readonly string[]): Promise<string | null> {
  const last = await begunWord(store, words.at(-1) ?? "");
  return last === null ? null : [...words.slice(0, -1).map((word) => queryOf(word)), last].join(" & ");
}
