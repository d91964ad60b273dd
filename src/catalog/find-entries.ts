import type { Store } from "../store/open-store.ts";
import { type EntryName, entryName } from "./entry-name.ts";
import { lookKey } from "./look-key.ts";
import { findByTarget, type PlannedSources } from "./search/find-by-target.ts";
import { MAX_SEARCH_LENGTH, searchEntries } from "./search/search-entries.ts";
import type { SearchHit } from "./search/search-query.ts";
import { typedSpellings } from "./typed-path.ts";
import { hiddenBy, isVisible, type Viewer, type VisibilityRule } from "./visibility.ts";

export type FindResult =
  /** `because`: by what it was found, where that was not its path. */
  | { readonly kind: "one"; readonly entry: EntryName; readonly because?: string }
  /**
   * several: more than one fits what was typed. none: nothing does; `near` may still hold what was meant. `hasMore`: a
   * search finds more of them.
   */
  | { readonly kind: "several" | "none"; readonly near: readonly SearchHit[]; readonly hasMore: boolean }
  /** The rule covers what was typed, and says nothing of what there is. */
  | { readonly kind: "hidden"; readonly rule: VisibilityRule };

const NEAR_AT_MOST = 5;

/**
 * Finds the entry that a person named, by path, ARN, target name, key name or a sentence. Exactly what was typed wins;
 * then what it says by habit (a leading slash, `secret/data/…`, a link). A name that only looks alike is offered and never
 * taken: it is another secret.
 * @param text As typed, with Slack's `&amp;` already undone.
 * @param plannedSources What a target name would be for; none are known unless given.
 * @throws {GloveboxError} It names a path that the viewer may not see, as far as is known: the directory did not answer.
 */
export async function findEntries(
  store: Store,
  text: string,
  viewer: Viewer,
  plannedSources: PlannedSources = () => [],
): Promise<FindResult> {
  if (text.trim() === "" || text.length > MAX_SEARCH_LENGTH || text.includes("\u0000"))
    return { kind: "none", near: [], hasMore: false };
  const spellings = typedSpellings(text);
  for (const spelling of spellings) {
    // Before the look-up: the answer must not depend on what there is.
    const rule = hiddenBy(viewer, spelling);
    if (rule !== null) return hiddenResult(viewer, rule);
    const rows = await selectNames(store)
      .where("lookKey", "=", lookKey(spelling)) // by the index; the same name has the same key
      .where("fullPath", "=", spelling)
      .execute();
    const [row] = rows;
    if (row !== undefined && rows.length === 1) return { kind: "one", entry: entryName(row) };
    if (rows.length > 1) return { kind: "several", near: rows.map((one) => hitOf(one, "its path")), hasMore: false };
  }
  const meant = spellings.at(-1) ?? text;
  const byTarget = await findByTarget(store, meant, viewer, plannedSources);
  if (byTarget !== null && "paths" in byTarget) return hiddenResult(viewer, byTarget);
  if (byTarget !== null) return oneOrSeveral(byTarget, false);
  const alike = await selectNames(store)
    .where("lookKey", "in", spellings.map(lookKey))
    .where(isVisible(viewer))
    .orderBy("fullPath")
    .limit(NEAR_AT_MOST)
    .execute();
  if (alike.length > 1) return { kind: "several", near: alike.map((row) => hitOf(row, LOOKS_ALIKE)), hasMore: false };
  const { hits, hasMore } = await searchEntries(store, { text: meant, limit: NEAR_AT_MOST }, viewer, true);
  if (alike.length === 0) {
    // All words of a path that is not there may stand in another path: that is another secret.
    const isFitting = ({ fit }: SearchHit): boolean => fit === "name" || (fit === "words" && !meant.includes("/"));
    const fitting = hits.filter(isFitting);
    if (fitting.length > 0) return oneOrSeveral(fitting.length === 1 ? fitting : hits, hasMore);
  }
  const near = [
    ...alike.map((row) => hitOf(row, LOOKS_ALIKE)),
    ...hits.filter(({ entryId }) => entryId !== alike[0]?.id),
  ];
  return { kind: "none", near: near.slice(0, NEAR_AT_MOST), hasMore };
}

const LOOKS_ALIKE = "looks like what you typed";

function hiddenResult({ fault }: Viewer, rule: VisibilityRule): FindResult {
  if (fault !== null) throw fault;
  return { kind: "hidden", rule };
}

function oneOrSeveral(hits: readonly SearchHit[], hasMore: boolean): FindResult {
  const [only] = hits;
  if (only === undefined || hits.length > 1) return { kind: "several", near: hits.slice(0, NEAR_AT_MOST), hasMore };
  return { kind: "one", entry: only, because: only.because };
}

function selectNames(store: Store) {
  return store.selectFrom("entry").select(["id", "fullPath", "goneAt"]);
}

const hitOf = (row: Parameters<typeof entryName>[0], because: string): SearchHit => ({
  ...entryName(row),
  because,
  apart: "",
  fit: "near",
});
