import { sql } from "kysely";
import type { Store } from "../../store/open-store.ts";
import { lexemesOf, queryOf } from "./lexeme.ts";

/** A piece that more words have is looked up in so many of them: that is more than anybody pages through. */
const WORDS_AT_MOST = 200;

/**
 * What finds the words that begin so, as a tsquery.
 * @returns null: none does, so it would find nothing.
 */
export async function begunWord(store: Store, beginning: string): Promise<string | null> {
  const { rows } = await sql<{ word: string }>`
    select word from search_word where word ^@ ${beginning} limit ${WORDS_AT_MOST + 1}
  `.execute(store);
  return rows.length > WORDS_AT_MOST ? queryOf(beginning, true) : anyOf(rows);
}

/** What finds all the words, of which the last may not be finished yet. @returns null: see `begunWord`. */
export async function begunWords(store: Store, words: readonly string[]): Promise<string | null> {
  return all([...words.slice(0, -1).map((word) => queryOf(word)), await begunWord(store, words.at(-1) ?? "")]);
}

/**
 * What finds a piece out of the middle of a name, such as `ayside-fr`: its first word may have begun before, its last may
 * go on. More is found, for it need not stand together.
 * @returns null: see `begunWord`.
 */
export async function wordsAround(store: Store, piece: string): Promise<string | null> {
  const [first = "", ...others] = lexemesOf(piece).map(escaped);
  const last = others.at(-1);
  if (last === undefined) return wordsLike(store, `%${first}%`);
  const between = lexemesOf(piece)
    .slice(1, -1)
    .map((word) => queryOf(word));
  return all([await wordsLike(store, `%${first}`), ...between, await wordsLike(store, `${last}%`)]);
}

async function wordsLike(store: Store, pattern: string): Promise<string | null> {
  const { rows } = await sql<{ word: string }>`
    select word from search_word where word like ${pattern} and word not like ':%' limit ${WORDS_AT_MOST}
  `.execute(store);
  return anyOf(rows);
}

/** As it stands in a pattern of `like`. */
export const escaped = (text: string): string => text.replace(/[\\%_]/g, "\\$&");

const anyOf = (rows: readonly { word: string }[]): string | null =>
  rows.length === 0 ? null : `(${rows.map(({ word }) => queryOf(word)).join(" | ")})`;

const all = (queries: readonly (string | null)[]): string | null =>
  queries.includes(null) ? null : queries.join(" & ");
