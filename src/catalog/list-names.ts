import { CatalogRightMissingError, type CatalogSource, type MountInfo } from "./catalog-source.ts";
import { runBounded } from "./run-bounded.ts";
import { assertSafePath, formatPath } from "./secret-path.ts";
import type { UnreadableList } from "./unreadable.ts";

/** The index on (namespace, mount, path) takes about 2,700 bytes a row; AWS allows 512 in a name. */
const MAX_PATH_BYTES = 2_000;

export interface ListNamesDeps {
  readonly source: CatalogSource;
  readonly concurrency: number;
  readonly batchSize: number;
  readonly unreadable: UnreadableList;
  /** Takes the names found so far; the listing waits for it. */
  takeNames(mount: MountInfo, paths: readonly string[]): Promise<void>;
}

/**
 * Walks one mount folder by folder and hands over its names in batches.
 * @returns The folders that could not be read, "" for the whole mount.
 */
export async function listNames(deps: ListNamesDeps, mount: MountInfo): Promise<string[]> {
  const { source, concurrency, batchSize, unreadable, takeNames } = deps;
  const unreadableFolders: string[] = [];
  let batch: string[] = [];
  const flush = async (): Promise<void> => {
    const full = batch;
    batch = [];
    await takeNames(mount, full);
  };
  const readable = (path: string): string => formatPath({ ...mount, mount: mount.path, path });

  await runBounded([""], concurrency, async (folder, add) => {
    const names = await source.listFolder(mount, folder).catch((error: unknown) => {
      if (!(error instanceof CatalogRightMissingError)) throw error;
      unreadable.add(readable(folder), `The catalog identity lacks ${error.missingRight}.`);
      unreadableFolders.push(folder);
      return [];
    });
    for (const name of names) {
      const path = folder + name;
      const refusal = refusalOf(path);
      if (refusal !== null) unreadable.add(readable(path), refusal);
      else if (name.endsWith("/")) add(path);
      else batch.push(path);
    }
    if (batch.length >= batchSize) await flush();
  });
  await flush();
  return unreadableFolders;
}

/** Why a listed name can't be catalogued; null when it can. */
function refusalOf(path: string): string | null {
  if (Buffer.byteLength(path) > MAX_PATH_BYTES) return `Its name is longer than ${MAX_PATH_BYTES} bytes.`;
  try {
    assertSafePath(path.replace(/\/$/, ""));
    return null;
  } catch {
    return "Its name has an empty, `.` or `..` part or a control character: Vault would answer for another path.";
  }
}
