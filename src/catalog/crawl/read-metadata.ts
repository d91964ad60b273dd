import type { Store } from "../../store/open-store.ts";
import type { SecretMetadata } from "../catalog-source.ts";
import { writeMetadata } from "../entry-rows.ts";
import { addCounts } from "./crawl-row.ts";
import { askFor, type DetailAnswer, type DetailRow, type DetailsDeps } from "./details.ts";
import { readPages } from "./read-pages.ts";
import { writeUnreadable } from "./unreadable.ts";

/**
 * Reads versions, times and custom metadata of every KV v2 secret that this crawl has listed and not asked about: one
 * call each, for nothing cheaper tells whether a secret has changed.
 */
export async function readAllMetadata(deps: DetailsDeps): Promise<void> {
  const { store, source, crawlId, mountOf, batchSize, written } = deps;
  await readPages<DetailRow, DetailAnswer<SecretMetadata>>({
    ...deps,
    page: (afterId) =>
      metadataRows(store, crawlId)
        .select(["id", "namespace", "mount", "path"])
        .where("id", ">", afterId)
        .orderBy("id")
        .limit(batchSize)
        .execute(),
    ask: (row) => askFor(row, "metadata", () => source.readMetadata(mountOf(row), row.path)),
    write: async (answers, last) => {
      const unreadableCount = await store.transaction().execute((tx) => writeAnswers(tx, deps, answers));
      written({ mount: last.mount, askedCount: answers.length, unreadableCount });
    },
  });
}

/** KV v2 secrets that this crawl has listed and not asked about. */
export function metadataRows(store: Store, crawlId: number) {
  return store
    .selectFrom("entry")
    .where("engine", "=", "kv-v2")
    .where("seenIn", "=", crawlId)
    .where("goneAt", "is", null)
    .where("describedIn", "is distinct from", crawlId);
}

async function writeAnswers(
  store: Store,
  { crawlId, now }: DetailsDeps,
  answers: readonly DetailAnswer<SecretMetadata>[],
): Promise<number> {
  const read = answers.flatMap(({ id, read }) => (read === null ? [] : [{ ...read, id }]));
  const unreadable = answers.flatMap((one) => (one.unreadable === null ? [] : [one]));
  const { changedCount } = await writeMetadata(store, read, crawlId, now());
  if (unreadable.length > 0) {
    const ids = unreadable.map(({ id }) => id);
    await store.updateTable("entry").set({ describedIn: crawlId }).where("id", "in", ids).execute();
    await writeUnreadable(
      store,
      crawlId,
      unreadable.map((one) => one.unreadable),
    );
  }
  await addCounts(store, crawlId, { describedCount: answers.length, changedCount }, now());
  return unreadable.length;
}
