import { searchEntries } from "../catalog/search/search-entries.ts";
import type { SearchFilters } from "../catalog/search/search-query.ts";
import { SEES_ALL } from "../catalog/visibility.ts";
import type { Store } from "../store/open-store.ts";
import { hitLine } from "./hit-line.ts";
import type { TerminalAnswer } from "./look-up.ts";

export interface SearchOptions extends SearchFilters {
  readonly json?: true;
  readonly limit: number;
}

/** `glovebox search`: whoever may run it on the host sees every name. @throws {SearchFilterUnknownError} */
export async function searchForTerminal(
  store: Store,
  words: readonly string[],
  { json, limit, ...filters }: SearchOptions,
): Promise<TerminalAnswer> {
  const { hits, hasMore } = await searchEntries(store, { text: textOf(words), limit, ...filters }, SEES_ALL);
  const ok = hits.length > 0;
  if (json) {
    const found = hits.map(({ entryId, path, isGone, fit, because, apart }) => ({
      ...{ entryId, path, isGone, fit, because, apart },
    }));
    return { ok, lines: [JSON.stringify({ v: 1, hits: found, hasMore })] };
  }
  if (!ok) return { ok, lines: ["Nothing in the catalogue fits. Fewer words, or a filter, may find it."] };
  const more = hasMore ? [`  and more: narrow it down, or --limit ${limit * 2}`] : [];
  const isNear = hits.every(({ fit }) => fit === "near");
  return { ok, lines: [...(isNear ? ["Nothing fits as it stands. Near it:"] : []), ...hits.map(hitLine), ...more] };
}

/** The shell took the quotes off: `tag:"cost centre=42"` comes as one word with a blank in it. */
const textOf = (words: readonly string[]): string =>
  words.map((word) => (/\s/.test(word) ? word.replace(/^([a-z]{2,20}):(?!")(.*)$/is, '$1:"$2"') : word)).join(" ");
