import { distance } from "fastest-levenshtein";
import { type RawBuilder, sql } from "kysely";
import type { Store } from "../../store/open-store.ts";
import { prepared } from "../../store/prepared.ts";
import { isVisible, type Viewer } from "../visibility.ts";
import { queryOf } from "./lexeme.ts";

const READINGS_AT_MOST = 3;
/** Letters that may differ in a word, as a share of its length. */
const MAX_CHANGED_SHARE = 0.34;

/**
 * For each word that no entry is found by, the words nearest to it; a word that is known stands for itself. Known is what
 * the viewer's own entries know: whether a word is read as another must not tell what is hidden.
 * @returns By word, the likeliest first; an empty list where nothing is near.
 */
export async function nearestWords(
  store: Store,
  words: readonly string[],
  viewer: Viewer,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const { rows } = await sql<{ asked: string; word: string }>`${prepared}
    select asked, word
    from unnest(${[...words]}::text[], ${words.map((word) => queryOf(word))}::text[]) as asked (asked, query)
    -- Told once for each word (offset keeps it apart): who is known is not looked for among the others.
    cross join lateral (select ${isKnown(viewer, sql`asked`, sql`query`)} as is_known offset 0) as itself
    cross join lateral (
      (select asked as word, 1.0 as likeness where is_known)
      union all
      (select word, similarity(word, asked) from search_word
        where not is_known and is_spellable and word % asked and length(asked) >= 3
        ${viewer.hidden.length === 0 ? sql`` : sql`and ${isSeen(viewer, sql`quote_literal(word)`)}`}
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

/** Among all words first: to find that no entry has a word, Postgres would read them all. */
function isKnown(viewer: Viewer, word: RawBuilder<unknown>, query: RawBuilder<unknown>): RawBuilder<boolean> {
  const isWord = sql<boolean>`exists (select from search_word where search_word.word = ${word})`;
  return viewer.hidden.length === 0 ? isWord : sql<boolean>`${isWord} and ${isSeen(viewer, query)}`;
}

const isSeen = (viewer: Viewer, query: RawBuilder<unknown>): RawBuilder<boolean> => sql<boolean>`exists (
  select from entry_fact join entry on entry.id = entry_fact.entry_id
  where entry_fact.words @@ ${query}::tsquery and ${isVisible(viewer)})`;
