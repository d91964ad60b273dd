import { distance } from "fastest-levenshtein";
import type { AskedWords } from "./asked-words.ts";
import type { FoundRow } from "./find-rows.ts";
import { lexemesOf } from "./lexeme.ts";

/** How a row was found, the best first. */
export const MATCHES = ["path", "end", "words", "begun", "contained", "read-as", "most", "alike"] as const;
export type Match = (typeof MATCHES)[number];

export interface RankedRow {
  readonly row: FoundRow;
  readonly match: Match;
  readonly because: string;
}

export interface RankedBy {
  readonly match: Match;
  readonly asked: AskedWords;
  /** What was looked for in place of what was typed: `chekout` was read as `checkout`. */
  readonly readAs?: ReadonlyMap<string, readonly string[]>;
  readonly text: string;
}

/**
 * Puts rows that were found in one way in order: words that are whole parts of the path before words within them, those
 * before key names and facts; what was wished for; what is still in Vault; the fewest letters to change, the shortest
 * path.
 */
export function rankRows(rows: readonly FoundRow[], by: RankedBy): RankedRow[] {
  return rows
    .map((row) => ({ row, match: by.match, because: becauseOf(row, by), key: sortKey(row, by) }))
    .sort((a, b) => compare(a.key, b.key) || (a.row.fullPath < b.row.fullPath ? -1 : 1))
    .map(({ key: _, ...ranked }) => ranked);
}

function sortKey(row: FoundRow, { asked, match, text }: RankedBy): number[] {
  const parts = row.fullPath.toLowerCase().split("/");
  const pathWords = new Set(lexemesOf(row.fullPath));
  const keyWords = new Set((row.keyNames ?? []).flatMap(lexemesOf));
  const found = [...asked.needed].map((word) => (parts.includes(word) ? 0 : pathWords.has(word) ? 1 : 2));
  const wished = asked.wished.filter((word) => pathWords.has(word) || keyWords.has(word)).length;
  const isLeaf = asked.needed.length === 1 && parts.at(-1) === asked.needed[0];
  const isFar = match === "alike" || match === "contained" || match === "read-as" || match === "most";
  return [
    isFar ? 0 : Math.max(0, ...found),
    isLeaf ? 0 : 1,
    -wished,
    row.goneAt === null ? 0 : 1,
    isFar ? changedShare(row.fullPath.toLowerCase(), text.toLowerCase()) : 0,
    found.reduce<number>((sum, one) => sum + one, 0),
    parts.length,
    row.fullPath.length,
  ];
}

/** The share of letters to change, with the mount or without: people leave it out. */
export function changedShare(path: string, text: string): number {
  const shareOf = (name: string): number => distance(name, text) / Math.max(name.length, text.length, 1);
  return Math.min(shareOf(path), shareOf(path.slice(path.indexOf("/") + 1)));
}

function compare(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((value, place) => value !== b[place]);
  return at === -1 ? 0 : (a[at] ?? 0) - (b[at] ?? 0);
}

function becauseOf(row: FoundRow, { match, asked, readAs, text }: RankedBy): string {
  if (match === "path") return "its path";
  if (match === "end") return `ends in ${text}`;
  if (match === "alike") return "a name like it";
  if (match === "contained") return `has ${text} in its path`;
  const pathWords = lexemesOf(row.fullPath);
  const said: string[] = [];
  const inPath: string[] = [];
  for (const word of asked.needed) {
    const readings = readAs?.get(word) ?? [word];
    const fits = (one: string): boolean =>
      readings.some((reading) => one === reading || (match === "begun" && one.startsWith(reading)));
    const pathWord = pathWords.find(fits);
    if (pathWord !== undefined) inPath.push(readings.includes(word) ? pathWord : `${pathWord} for ${word}`);
    else said.push(factOf(row, fits) ?? "");
  }
  const words = inPath.length === 0 ? [] : [`${inPath.length === 1 ? "word" : "words"} ${inPath.join(", ")}`];
  return [...words, ...new Set(said.filter((one) => one !== ""))].join("; ");
}

/** Which key or fact has a word that the path has not. */
function factOf(row: FoundRow, fits: (word: string) => boolean): string | null {
  const key = row.keyNames?.find((name) => fits(name.toLowerCase()) || lexemesOf(name).some(fits));
  if (key !== undefined) return `key name ${key}`;
  const facts: readonly (readonly [string, string | null])[] = [
    ["owner", row.ownerTeam],
    ["application", row.application],
    ["type", row.purpose],
    ["environment", row.environment],
  ];
  const named = facts.find(([, value]) => value !== null && lexemesOf(value).some(fits));
  return named ? `${named[0]} ${named[1]}` : null;
}
