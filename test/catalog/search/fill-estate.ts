import { generateEstate, MOUNTS, type Mount, type SeedSecret } from "../../../dev/seed/generate-estate.ts";
import { writeDetails, writeNames } from "../../../src/catalog/entry-rows.ts";
import { identifyEntries } from "../../../src/metadata/identify-entries.ts";
import type { Store } from "../../../src/store/open-store.ts";
import { kvMount } from "../../fakes/catalog-source.ts";

export interface SearchedEntry {
  readonly mount: string;
  readonly path: string;
  readonly keyNames?: readonly string[];
  readonly customMetadata?: Readonly<Record<string, string>>;
}

/** Catalogues entries as a crawl would, with their details, and identifies them. */
export async function fillEstate(store: Store, entries: readonly SearchedEntry[]): Promise<void> {
  await catalogueEstate(store, entries);
  await identifyEntries({ store, now: () => new Date() });
}

/** The same without the identify pass. */
export async function catalogueEstate(store: Store, entries: readonly SearchedEntry[]): Promise<void> {
  const at = new Date("2026-06-01T09:00:00Z");
  for (const mount of new Set(entries.map((entry) => entry.mount))) {
    const own = entries.filter((entry) => entry.mount === mount);
    const engine = MOUNTS[mount as Mount] ?? "kv-v2";
    await writeNames(
      store,
      kvMount(mount, engine),
      own.map(({ path }) => path),
      at,
    );
    const rows = await store.selectFrom("entry").select(["id", "path"]).where("mount", "=", mount).execute();
    const ids = new Map(rows.map(({ id, path }) => [path, id]));
    const described = own.filter(({ keyNames, customMetadata }) => keyNames ?? customMetadata);
    await writeDetails(
      store,
      described.map(({ path, keyNames = [], customMetadata = {} }) => ({
        ...{
          id: ids.get(path) ?? Number.NaN,
          currentVersion: 1,
          keyNames,
          customMetadata,
          createdAt: at,
          updatedAt: at,
        },
        versions: [{ version: 1, createdTime: at.toISOString(), deletionTime: null, isDestroyed: false }],
      })),
    );
  }
}

/** The practice bank, as a crawl sees it. */
export function practiceBank(secrets: number): SearchedEntry[] {
  const namesOf = ({ versions }: SeedSecret): string[] => {
    const data: unknown = JSON.parse(versions.at(-1) ?? "{}");
    return typeof data === "object" && data !== null ? Object.keys(data) : [];
  };
  return [...generateEstate({ secrets, seed: 1 })].map((secret) => ({
    mount: secret.mount,
    path: secret.path,
    ...(secret.engine === "kv-v2" && { keyNames: namesOf(secret), customMetadata: secret.customMetadata ?? {} }),
  }));
}
