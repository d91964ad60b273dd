import type { Store } from "../store/open-store.ts";
import {
  CatalogRightMissingError,
  type CatalogSource,
  type MountInfo,
  NotInVaultError,
  type SecretMetadata,
} from "./catalog-source.ts";
import { isCurrentVersionDeleted } from "./current-version.ts";
import { describeEntry, type EntryDescription } from "./describe-entry.ts";
import { writeDetails, writeMounts, writeNames } from "./entry-rows.ts";
import type { Viewer } from "./visibility.ts";

export interface RefreshDeps {
  readonly store: Store;
  readonly source: CatalogSource;
  readonly now: () => Date;
}

/**
 * Looks one entry up in Vault again, when a request is made and when it is approved: the crawl may be a day old.
 * An entry that is no longer there comes back with `goneAt` set.
 * @throws {EntryUnknownError} {PathHiddenError} {CatalogRightMissingError} {GloveboxError} Vault is not answering.
 */
export async function refreshEntry(deps: RefreshDeps, entryId: number, viewer: Viewer): Promise<EntryDescription> {
  const { store, source, now } = deps;
  const known = await describeEntry(store, entryId, viewer, now());
  const { namespace, mount: mountPath, path } = known.source;
  const { mounts } = await source.listMounts(namespace);
  const mount = mounts.find((one) => one.path === mountPath);
  // Not seen may mean not allowed to see, so it is no proof that the secret is gone.
  if (mount === undefined) throw new CatalogRightMissingError("list", `${mountPath}/`);
  const metadata = await metadataOf(source, mount, path);
  if (metadata === null) {
    await store.updateTable("entry").set({ goneAt: now() }).where("id", "=", entryId).execute();
    return describeEntry(store, entryId, viewer, now());
  }
  const isDeleted = isCurrentVersionDeleted(metadata, now());
  const keyNames = isDeleted ? null : await keyNamesOf(source, mount, path);
  await store.transaction().execute(async (tx) => {
    await writeMounts(tx, [mount], now());
    await writeNames(tx, mount, [path], now());
    await writeDetails(tx, [{ id: entryId, ...metadata, keyNames }]);
  });
  return describeEntry(store, entryId, viewer, now());
}

/** null: nothing is there. Only KV v2 has metadata, so elsewhere the parent folder is listed. */
async function metadataOf(source: CatalogSource, mount: MountInfo, path: string): Promise<SecretMetadata | null> {
  if (mount.engine !== "kv-v2") {
    const folder = path.slice(0, path.lastIndexOf("/") + 1);
    const names = await source.listFolder(mount, folder);
    if (!names.includes(path.slice(folder.length))) return null;
  }
  return source.readMetadata(mount, path).catch((error: unknown) => {
    if (error instanceof NotInVaultError) return null;
    throw error;
  });
}

/** Without the right to see them the key names are unknown, which is no reason to refuse the rest. */
async function keyNamesOf(source: CatalogSource, mount: MountInfo, path: string): Promise<readonly string[] | null> {
  return source.readKeyNames(mount, path).catch((error: unknown) => {
    if (error instanceof CatalogRightMissingError) return null;
    throw error;
  });
}
