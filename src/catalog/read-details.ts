import type { Store } from "../store/open-store.ts";
import { CatalogRightMissingError, type CatalogSource, type MountInfo, NotInVaultError } from "./catalog-source.ts";
import { isCurrentVersionDeleted } from "./current-version.ts";
import { type EntryDetails, writeDetails } from "./entry-rows.ts";
import { runBounded } from "./run-bounded.ts";
import { formatPath } from "./secret-path.ts";
import type { UnreadableList } from "./unreadable.ts";

interface KnownEntry {
  readonly id: number;
  readonly path: string;
  readonly keyNames: readonly string[] | null;
  readonly vaultUpdatedAt: Date | null;
}

export interface ReadDetailsDeps {
  readonly store: Store;
  readonly source: CatalogSource;
  readonly concurrency: number;
  readonly batchSize: number;
  readonly unreadable: UnreadableList;
  readonly now: () => Date;
  /** Hears how many entries were described since the last call. */
  described(count: number): void;
}

/** Reads versions, custom metadata and key names of the mount's entries that were seen since `since`. */
export async function readDetails(deps: ReadDetailsDeps, mount: MountInfo, since: Date): Promise<void> {
  const { store, concurrency, batchSize, described } = deps;
  let lastId = 0;
  for (;;) {
    const page = await store
      .selectFrom("entry")
      .select(["id", "path", "keyNames", "vaultUpdatedAt"])
      .where("namespace", "=", mount.namespace)
      .where("mount", "=", mount.path)
      .where("goneAt", "is", null)
      .where("seenAt", ">=", since)
      .where("id", ">", lastId)
      .orderBy("id")
      .limit(batchSize)
      .execute();
    if (page.length === 0) return;
    lastId = page.at(-1)?.id ?? lastId;
    const details: EntryDetails[] = [];
    await runBounded(page, concurrency, async (entry) => {
      const found = await detailsOf(deps, mount, entry);
      if (found !== null) details.push(found);
    });
    await writeDetails(store, details);
    described(page.length);
  }
}

async function detailsOf(deps: ReadDetailsDeps, mount: MountInfo, entry: KnownEntry): Promise<EntryDetails | null> {
  const { source, unreadable, now } = deps;
  const readable = formatPath({ ...mount, mount: mount.path, path: entry.path });
  try {
    const metadata = await source.readMetadata(mount, entry.path);
    return { id: entry.id, ...metadata, keyNames: await keyNames() };

    async function keyNames(): Promise<readonly string[] | null> {
      if (isCurrentVersionDeleted(metadata, now())) return null;
      const isUnchanged = entry.vaultUpdatedAt?.getTime() === metadata.updatedAt?.getTime();
      if (isUnchanged && entry.keyNames !== null) return entry.keyNames;
      return source.readKeyNames(mount, entry.path).catch((error: unknown) => {
        if (!(error instanceof CatalogRightMissingError)) throw error;
        unreadable.add(readable, `Its key names: the catalog identity lacks ${error.missingRight}.`);
        return null;
      });
    }
  } catch (error) {
    if (error instanceof CatalogRightMissingError) {
      unreadable.add(readable, `The catalog identity lacks ${error.missingRight}.`);
      return null;
    }
    if (error instanceof NotInVaultError) {
      // Deleted since it was listed, or a name that is not UTF-8: Vault lists it with U+FFFD and knows no such path.
      unreadable.add(readable, "Vault lists this name but answers that nothing is there.");
      return null;
    }
    throw error;
  }
}
