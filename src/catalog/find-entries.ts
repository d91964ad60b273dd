import type { Store } from "../store/open-store.ts";
import { lookKey } from "./look-key.ts";
import { type NamedRow, nearestNames } from "./nearest-names.ts";
import { showName } from "./show-name.ts";
import { typedSpellings } from "./typed-path.ts";

/** One entry as a choice for people. */
export interface EntryName {
  readonly entryId: number;
  /** `mount/path`, exactly. */
  readonly path: string;
  /** The same with blanks at edges and invisible characters made visible. */
  readonly shown: string;
  /** What the eye can't see; null when the name is plain. */
  readonly note: string | null;
  readonly isGone: boolean;
}

export type FindResult =
  | { readonly kind: "one"; readonly entry: EntryName }
  /** several: more than one name fits what was typed. none: nothing does; `near` may still hold what was meant. */
  | { readonly kind: "several" | "none"; readonly near: readonly EntryName[] };

const NEAR_AT_MOST = 5;
/** Longer than any path that the catalogue holds: nothing can be found, and the search stays quick. */
const MAX_TYPED_LENGTH = 2_500;

/**
 * Finds the entry that a person named. Exactly what was typed wins; then what it says by habit (a leading slash,
 * `secret/data/…`, a link). A name that only looks alike is offered and never taken: it is another secret.
 * @param text As typed, with Slack's `&amp;` already undone.
 */
export async function findEntries(store: Store, text: string): Promise<FindResult> {
  if (text.trim() === "" || text.length > MAX_TYPED_LENGTH || text.includes("\u0000"))
    return { kind: "none", near: [] };
  const spellings = typedSpellings(text);
  for (const spelling of spellings) {
    const rows = await selectNames(store).where("fullPath", "=", spelling).execute();
    const [row] = rows;
    if (row !== undefined && rows.length === 1) return { kind: "one", entry: entryName(row) };
    if (rows.length > 1) return { kind: "several", near: rows.map(entryName) };
  }
  const meant = spellings.at(-1) ?? text;
  const alike = await selectNames(store)
    .where("lookKey", "in", spellings.map(lookKey))
    .orderBy("fullPath")
    .limit(NEAR_AT_MOST)
    .execute();
  if (alike.length > 1) return { kind: "several", near: alike.map(entryName) };
  const { fitting, near } = await nearestNames(store, meant, NEAR_AT_MOST);
  const others = near.filter(({ id }) => id !== alike[0]?.id);
  return {
    kind: fitting > 1 && alike.length === 0 ? "several" : "none",
    near: [...alike, ...others].slice(0, NEAR_AT_MOST).map(entryName),
  };
}

function selectNames(store: Store) {
  return store.selectFrom("entry").select(["id", "fullPath", "goneAt"]);
}

function entryName({ id, fullPath, goneAt }: NamedRow): EntryName {
  return { entryId: id, path: fullPath, ...showName(fullPath), isGone: goneAt !== null };
}
