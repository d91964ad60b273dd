import { distance } from "fastest-levenshtein";
import { sql } from "kysely";
import type { Store } from "../../store/open-store.ts";

const READINGS_AT_MOST = 3;
/** Letters that may differ in a word, as a share of its length. */
const MAX_CHANGED_SHARE = 0.34;

/**
 * For each word that no entry is found by, the words nearest to it; a word that is known stands for itself.
 * @returns By word, the likeliest first; an empty list where nothing is near.
 */
export async function nearestWords(
  store: Store,
  words: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const { rows } = await sql<{ asked: string; word: string }>`
    select asked, word from unnest(${[...words]}::text[]) as asked
    cross join lateral (
      (select word, 1.0 as likeness from search_word where word = asked)
      union all
      (select word, similarity(word, asked) from search_word where word % asked and length(asked) >= 3
        order by 2 desc limit 20)
    ) as near
  `.execute(store);
  return new Map(
    words.map((asked) => {
      const near = rows.filter((row) => row.asked === asked).map(({ word }) => word);
      if (near.includes(asked)) return [asked, [asked]];
      const readings = [...new Set(near)]
        .map((word) => ({ word, changes: distance(word, asked) }))
        .filter(({ word, changes }) => changes <= Math.max(1, Math.max(word.length, asked.length) * MAX_CHANGED_SHARE))
        .sort((a, b) => a.changes - b.changes)
        .slice(0, READINGS_AT_MOST);
      return [asked, readings.map(({ word }) => word)];
    }),
  );
}
