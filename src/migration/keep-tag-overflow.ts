import type { Store } from "../store/open-store.ts";
import type { TagOverflow } from "./custom-metadata-tags.ts";

export interface OverflowNote extends TagOverflow {
  readonly entryId: number;
  readonly at: Date;
}

/** Keeps what of an entry's custom metadata AWS gets not as a tag. A later form replaces an earlier one's note. */
export async function keepTagOverflow(store: Store, { entryId, total, leftOut, at }: OverflowNote): Promise<void> {
  if (leftOut.length === 0) {
    await store.deleteFrom("tagOverflow").where("entryId", "=", entryId).execute();
    return;
  }
  const columns = { total, leftOut: JSON.stringify(leftOut), notedAt: at };
  await store
    .insertInto("tagOverflow")
    .values({ entryId, ...columns })
    .onConflict((conflict) => conflict.column("entryId").doUpdateSet(columns))
    .execute();
}

/** By entry; an entry whose custom metadata all went along is missing. */
export async function readTagOverflows(
  store: Store,
  entryIds: readonly number[],
): Promise<ReadonlyMap<number, TagOverflow>> {
  if (entryIds.length === 0) return new Map();
  const rows = await store.selectFrom("tagOverflow").selectAll().where("entryId", "in", entryIds).execute();
  return new Map(rows.map(({ entryId, total, leftOut }) => [entryId, { total, leftOut }]));
}
