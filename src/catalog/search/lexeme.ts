import { wordsOf } from "../words.ts";

const MAX_LENGTH = 120;

/** A word as Postgres keeps it: what is written and what is looked for must go through the same hands. */
export function lexeme(text: string): string {
  const word = plain(text).toLowerCase().replaceAll("\u0000", "");
  return word.length <= MAX_LENGTH ? word : [...word].slice(0, MAX_LENGTH).join("");
}

/** What a filter looks for, `:owner:payments`. No word of a name begins with a colon, so none is taken for one. */
export const filterLexeme = (name: string, value: string): string => lexeme(`:${name}:${value}`);

/** Without accents, which people leave out and Unicode spells in two ways. */
const plain = (text: string): string => (/^[ -~]*$/.test(text) ? text : text.normalize("NFKD").replace(/\p{M}+/gu, ""));

/** The words of a name, of a key or of what somebody typed. */
export function lexemesOf(text: string): string[] {
  return wordsOf(plain(text)).map(lexeme);
}

/** A lexeme in a tsquery, whatever is in it. `isPrefix`: and all that begin with it. */
export function queryOf(word: string, isPrefix = false): string {
  return `'${word.replace(/['\\]/g, "$&$&")}'${isPrefix ? ":*" : ""}`;
}
