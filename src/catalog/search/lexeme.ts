import { wordsOf } from "../words.ts";

const MAX_LENGTH = 120;

/** A word as Postgres keeps it: what is written and what is looked for must go through the same hands. */
export function lexeme(text: string): string {
  return [...plain(text).toLowerCase().replaceAll("\u0000", "")].slice(0, MAX_LENGTH).join("");
}

/** Without accents, which people leave out and Unicode spells in two ways. */
const plain = (text: string): string => text.normalize("NFKD").replace(/\p{M}+/gu, "");

/** The words of a name, of a key or of what somebody typed. */
export function lexemesOf(text: string): string[] {
  return wordsOf(plain(text)).map(lexeme);
}

/** A lexeme in a tsquery, whatever is in it. `isPrefix`: and all that begin with it. */
export function queryOf(word: string, isPrefix = false): string {
  return `'${word.replace(/['\\]/g, "$&$&")}'${isPrefix ? ":*" : ""}`;
}
