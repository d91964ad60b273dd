import { sql } from "kysely";
import type { Store } from "../../store/open-store.ts";
import type { MountInfo } from "../catalog-source.ts";
import { writeNames } from "../entry-rows.ts";
import { addCounts } from "./crawl-row.ts";
import { addFolders, type Folder, removeFolders } from "./folders.ts";
import { type UnreadableBranch, writeUnreadable } from "./unreadable.ts";

/** What the walk has found since the last batch was closed. */
export interface NameBatch {
  readonly names: Map<MountInfo, string[]>;
  nameCount: number;
  /** Known since, and not listed yet. */
  readonly waiting: Set<Folder>;
  /** Listed since, and known from an earlier batch. */
  readonly listed: Folder[];
  readonly unreadable: UnreadableBranch[];
}

export function emptyBatch(): NameBatch {
  return { names: new Map(), nameCount: 0, waiting: new Set(), listed: [], unreadable: [] };
}

/**
 * Writes a batch and moves the checkpoint over it, in one transaction: whoever goes on lists neither what is written
 * nor forgets what is not.
 */
export async function writeBatch(
  store: Store,
  crawlId: number,
  batch: NameBatch,
  at: Date,
): Promise<{ readonly entryCount: number }> {
  return store.transaction().execute(async (tx) => {
    // A crash of the database may take the newest batches, with their checkpoint: they are listed once more.
    await sql`set local synchronous_commit = off`.execute(tx);
    let [entryCount, newCount] = [0, 0];
    for (const [mount, names] of batch.names) {
      const written = await writeNames(tx, mount, names, at, crawlId);
      entryCount += new Set(names).size - written.againCount;
      newCount += written.newCount;
    }
    await addFolders(tx, crawlId, [...batch.waiting]);
    await removeFolders(tx, crawlId, batch.listed);
    await writeUnreadable(tx, crawlId, batch.unreadable);
    await addCounts(tx, crawlId, { entryCount, newCount }, at);
    return { entryCount };
  });
}
