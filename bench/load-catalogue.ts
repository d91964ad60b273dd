import { generateEstate, MOUNTS, type Mount } from "../dev/seed/generate-estate.ts";
import { writeNames } from "../src/catalog/entry-rows.ts";
import type { Store } from "../src/store/open-store.ts";

const BATCH = 1_000;

/** Catalogues the estate of an invented bank as a crawl would, without a Vault behind it. @returns How many entries there are. */
export async function loadCatalogue(store: Store, entries: number): Promise<number> {
  const waiting = new Map<string, string[]>();
  const flush = async (mount: string, paths: string[]): Promise<void> => {
    const info = { namespace: "", path: mount, accessor: `kv_${mount}`, engine: MOUNTS[mount as Mount] };
    await writeNames(store, info, paths.splice(0), new Date());
  };
  for (const { mount, path } of generateEstate({ secrets: entries, seed: 1 })) {
    const paths = waiting.get(mount) ?? [];
    waiting.set(mount, paths);
    if (paths.push(path) === BATCH) await flush(mount, paths);
  }
  for (const [mount, paths] of waiting) await flush(mount, paths);
  const { count } = await store
    .selectFrom("entry")
    .select(({ fn }) => fn.countAll<number>().as("count"))
    .executeTakeFirstOrThrow();
  return count;
}
