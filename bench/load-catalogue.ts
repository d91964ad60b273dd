import { spawn } from "node:child_process";
import { once } from "node:events";
import { generateEstate, MOUNTS, type Mount } from "../dev/seed/generate-estate.ts";
import { writeNames } from "../src/catalog/entry-rows.ts";
import { openStore, type Store } from "../src/store/open-store.ts";

const BATCH = 1_000;

/**
 * Catalogues the estate of an invented bank as a crawl would, without a Vault behind it. In a process of its own, for a
 * worker does not crawl: what is measured is the memory of what moves.
 */
export async function loadCatalogue(databaseUrl: string, entries: number): Promise<void> {
  const file = new URL("load-catalogue.ts", import.meta.url).pathname;
  const child = spawn(process.execPath, [file, String(entries)], {
    env: { ...process.env, DATABASE_URL: databaseUrl },
    stdio: "inherit",
  });
  const [code] = await once(child, "exit");
  if (code !== 0) throw new Error("the catalogue could not be loaded");
}

async function load(store: Store, entries: number): Promise<void> {
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
}

if (import.meta.main) {
  const store = openStore(process.env.DATABASE_URL ?? "", () => {}, 1);
  await load(store, Number(process.argv[2])).finally(() => store.destroy());
}
