import type { Engine } from "../../store/tables/catalog.ts";
import { filterLexeme, lexemesOf } from "./lexeme.ts";

/** What an entry is found by, apart from what people and rules say of it. */
export interface NamedEntry {
  readonly namespace: string;
  readonly mount: string;
  readonly engine: Engine;
  readonly path: string;
  readonly keyNames: readonly string[] | null;
  readonly customMetadata: Readonly<Record<string, string>>;
}

/** Longer custom metadata is a remark: its first words are enough to find it by. */
const MAX_WORDS_OF_A_VALUE = 20;
const MAX_KEYS = 200;

/** Every word of path, key names and custom metadata, once, and what answers filters and the end of a path. */
export function entryWords({ namespace, mount, engine, path, keyNames, customMetadata }: NamedEntry): string[] {
  const keys = (keyNames ?? []).slice(0, MAX_KEYS);
  const keyWords = keys.flatMap((key) => [key, ...lexemesOf(key)]).map((word) => filterLexeme("key", word));
  const tags = Object.entries(customMetadata)
    .slice(0, MAX_KEYS)
    .flatMap(([key, value]) => [
      ...[key, value, `${key}=${value}`].map((text) => filterLexeme("tag", text)),
      ...lexemesOf(value).slice(0, MAX_WORDS_OF_A_VALUE),
    ]);
  const words = [
    ...lexemesOf(`${namespace}/${mount}/${path}`),
    ...keys.flatMap(lexemesOf),
    ...keyWords,
    ...tags,
    ...endsOf(path).map((end) => filterLexeme("end", end)),
    filterLexeme("mount", mount),
    filterLexeme("engine", engine),
  ];
  return [...new Set(words)].filter((word) => word !== "");
}

/** `a/b/c` → `a/b/c`, `b/c`, `c`: people leave out the mount, or the folders that they take for granted. */
function endsOf(path: string): string[] {
  const parts = path.split("/");
  return parts.map((_, from) => parts.slice(from).join("/"));
}

/** Those that somebody may type the beginning of: words, and key names as a filter looks for them. */
export const dictionaryWords = (words: readonly string[]): string[] =>
  words.filter((word) => !word.startsWith(":") || word.startsWith(filterLexeme("key", "")));

/** A misspelt word may be read as this one. */
export const isSpellable = (word: string): boolean => /^[^:\p{N}]{3,40}$/u.test(word);
