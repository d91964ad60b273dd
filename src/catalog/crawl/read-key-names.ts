import type { Store } from "../../store/open-store.ts";
import { writeKeyNames } from "../entry-rows.ts";
import { addCounts } from "./crawl-row.ts";
import { askFor, type DetailAnswer, type DetailRow, type DetailsDeps } from "./details.ts";
import { readPages } from "./read-pages.ts";
import { writeUnreadable } from "./unreadable.ts";

type KeyNames = readonly string[] | null;
type Row = DetailRow & { readonly versionMark: string | null };
type Answer = DetailAnswer<KeyNames> & Pick<Row, "versionMark">;

/**
 * Reads the key names of every secret whose version is another than the one whose key names are known: a version never
 * changes, so the others need no call.
 * @param isFull Of all that have a version that is there.
 */
export async function readAllKeyNames(deps: DetailsDeps, isFull: boolean): Promise<void> {
  const { store, source, crawlId, mountOf, batchSize, written } = deps;
  await readPages<Row, Answer>({
    ...deps,
    page: (afterId) =>
      keyNameRows(store, crawlId, isFull)
        .select(["id", "namespace", "mount", "path", "versionMark"])
        .where("id", ">", afterId)
        .orderBy("id")
        .limit(batchSize)
        .execute(),
    ask: async (row) => {
      const answer = await askFor(row, "keys", () => source.readKeyNames(mountOf(row), row.path));
      return { ...answer, versionMark: row.versionMark };
    },
    write: async (answers, last) => {
      const unreadableCount = await store.transaction().execute((tx) => writeAnswers(tx, deps, answers));
      written({ mount: last.mount, askedCount: answers.length, unreadableCount });
    },
  });
}

/** KV v2 secrets of this crawl whose key names have to be asked for. */
export function keyNameRows(store: Store, crawlId: number, isFull: boolean) {
  const rows = store
    .selectFrom("entry")
    .where("engine", "=", "kv-v2")
    .where("seenIn", "=", crawlId)
    .where("goneAt", "is", null)
    .where("versionMark", "is not", null)
    .where("keyedIn", "is distinct from", crawlId);
  return isFull ? rows : rows.where(({ eb, ref }) => eb("keysMark", "is distinct from", ref("versionMark")));
}

async function writeAnswers(store: Store, { crawlId, now }: DetailsDeps, answers: readonly Answer[]): Promise<number> {
  const unreadable = answers.flatMap((one) => (one.unreadable === null ? [] : [one.unreadable]));
  await writeKeyNames(
    store,
    answers.map(({ id, read, versionMark }) => ({ id, keyNames: read, versionMark })),
    crawlId,
  );
  await writeUnreadable(store, crawlId, unreadable);
  await addCounts(store, crawlId, { keyedCount: answers.length }, now());
  return unreadable.length;
}
