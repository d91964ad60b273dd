import { sql } from "kysely";
import type { Store } from "../../store/open-store.ts";
import { entryName } from "../entry-name.ts";
import type { Viewer } from "../visibility.ts";
import { byName, rowsBy, statesOf } from "./find-rows.ts";
import type { SearchHit } from "./search-query.ts";
import { tellApart } from "./tell-apart.ts";

/** A button in a message answers for as long. */
const KEPT_MS = 3_600_000;

export interface ListedPage {
  readonly hits: readonly Pick<SearchHit, "entryId" | "path" | "shown" | "note" | "isGone" | "apart">[];
  readonly hasMore: boolean;
}

/** Keeps which entries an answer lists, for its further pages. What was asked is not kept: people type all sorts of things. */
export async function keepList(
  store: Store,
  { id, askedBy, entryIds, at }: { id: string; askedBy: string; entryIds: readonly number[]; at: Date },
): Promise<void> {
  await store
    .deleteFrom("shownList")
    .where("shownAt", "<", new Date(at.getTime() - KEPT_MS))
    .execute();
  await store
    .insertInto("shownList")
    .values({ id, askedBy, entryIds: [...entryIds], shownAt: at })
    .execute();
}

/**
 * A part of a list that was kept, as far as the viewer may see it now.
 * @returns null: it is somebody else's, or too old.
 */
export async function readList(
  store: Store,
  { id, askedBy, offset, limit }: { id: string; askedBy: string; offset: number; limit: number },
  viewer: Viewer,
): Promise<ListedPage | null> {
  const list = await store
    .selectFrom("shownList")
    .select("entryIds")
    .where("id", "=", id)
    .where("askedBy", "=", askedBy)
    .executeTakeFirst();
  if (list === undefined) return null;
  const entryIds = list.entryIds.map(Number);
  const page = entryIds.slice(offset, offset + limit);
  const scope = { viewer, query: null, state: null, fewIds: null, isOwnerUnknown: false };
  const rows = await rowsBy(store, scope, byName(scope, sql<boolean>`entry.id = any(${page}::bigint[])`));
  const inOrder = page.flatMap((entryId) => rows.find((row) => row.id === entryId) ?? []);
  const states = await statesOf(store, page);
  const apart = tellApart(inOrder.map((row) => ({ ...row, state: states.get(row.id) ?? null })));
  return {
    hits: inOrder.map((row, place) => ({ ...entryName(row), apart: apart[place] ?? "" })),
    hasMore: entryIds.length > offset + limit,
  };
}
