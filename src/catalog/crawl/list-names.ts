import type { Store } from "../../store/open-store.ts";
import { CatalogRightMissingError, type CatalogSource, type MountInfo } from "../catalog-source.ts";
import { type Bounds, runBounded } from "../run-bounded.ts";
import { assertSafePath } from "../secret-path.ts";
import { showName } from "../show-name.ts";
import type { Folder } from "./folders.ts";
import { emptyBatch, type NameBatch, writeBatch } from "./name-batch.ts";
import type { UnreadableBranch } from "./unreadable.ts";
import { writeBehind } from "./write-behind.ts";

/** The index on (namespace, mount, path) takes about 2,700 bytes a row; AWS allows 512 in a name. */
const MAX_PATH_BYTES = 2_000;
/** People can ask about a name so long after it was listed, whatever the size of a batch. */
const WRITTEN_WITHIN_MS = 1_000;

export interface ListNamesDeps extends Bounds {
  readonly store: Store;
  readonly source: CatalogSource;
  readonly crawlId: number;
  /** Names written in one transaction. */
  readonly batchSize: number;
  readonly now: () => Date;
  /** Hears of each batch that is written. */
  written(batch: { mount: string; entryCount: number; unreadableCount: number }): void;
}

/**
 * Lists the folders and all below them. What is found is written while the walk goes on; when it ends, also by a
 * failure, all that was listed is written.
 */
export async function listNames(deps: ListNamesDeps, folders: readonly Folder[]): Promise<void> {
  const { store, source, crawlId, batchSize, now, written } = deps;
  const writing = writeBehind();
  let batch = emptyBatch();
  let writtenAt = now().getTime();
  const flush = (): Promise<void> => {
    const full = batch;
    batch = emptyBatch();
    writtenAt = now().getTime();
    return writing.push(async () => {
      const { entryCount } = await writeBatch(store, crawlId, full, now());
      const mount = [...full.names.keys()].at(-1)?.path ?? "";
      written({ mount, entryCount, unreadableCount: full.unreadable.length });
    });
  };
  try {
    await runBounded(folders, deps, async (place, add) => {
      const names = await source.listFolder(place.mount, place.folder).catch((error: unknown) => {
        if (!(error instanceof CatalogRightMissingError)) throw error;
        batch.unreadable.push(unreadableFolder(place, error.missingRight));
        return [];
      });
      takeFolder(batch, place, names, add);
      const isOld = now().getTime() - writtenAt >= WRITTEN_WITHIN_MS;
      if (batch.nameCount >= batchSize || batch.listed.length >= batchSize || isOld) await flush();
    });
  } finally {
    await flush();
    await writing.drain();
  }
}

/** Puts one folder's names into the batch, and takes the folder off what waits. */
function takeFolder(batch: NameBatch, place: Folder, names: readonly string[], add: (folder: Folder) => void): void {
  const { mount, folder } = place;
  const found = batch.names.get(mount) ?? [];
  batch.names.set(mount, found);
  for (const name of names) {
    const path = folder + name;
    const refusal = refusalOf(path);
    if (refusal !== null) {
      batch.unreadable.push(unreadableName(mount, path, refusal));
    } else if (name.endsWith("/")) {
      const below = { mount, folder: path };
      batch.waiting.add(below);
      add(below);
    } else {
      found.push(path);
      batch.nameCount += 1;
    }
  }
  // One that was found since the last batch never gets into the table.
  if (!batch.waiting.delete(place)) batch.listed.push(place);
}

function unreadableFolder({ mount, folder }: Folder, missingRight: string): UnreadableBranch {
  const reason = `The catalog identity lacks ${missingRight}.`;
  return { kind: "folder", namespace: mount.namespace, mount: mount.path, branch: folder, missingRight, reason };
}

function unreadableName(mount: MountInfo, path: string, reason: string): UnreadableBranch {
  const branch = showName(path).shown;
  return { kind: "name", namespace: mount.namespace, mount: mount.path, branch, missingRight: null, reason };
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
