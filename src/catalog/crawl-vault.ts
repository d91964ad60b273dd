import { appendEvent } from "../audit/append-event.ts";
import type { Store } from "../store/open-store.ts";
import { type CatalogSource, isKeyValue, type MountInfo } from "./catalog-source.ts";
import { markGone, writeMounts, writeNames } from "./entry-rows.ts";
import { listNames } from "./list-names.ts";
import { readDetails } from "./read-details.ts";
import { type UnreadableBranch, unreadableList } from "./unreadable.ts";

export interface CrawlProgress {
  /** Names of all mounts come first, so that people can ask about every path soon; details follow. */
  readonly phase: "names" | "details";
  readonly mount: string;
  readonly entryCount: number;
  readonly describedCount: number;
  readonly unreadableCount: number;
}

export interface CrawlSummary {
  readonly crawlId: number;
  readonly mountCount: number;
  readonly entryCount: number;
  /** Entries of earlier crawls that are no longer there. */
  readonly goneCount: number;
  readonly unreadableCount: number;
  /** At most 1,000 of them. */
  readonly unreadable: readonly UnreadableBranch[];
  readonly startedAt: Date;
  readonly finishedAt: Date;
}

export interface CrawlDeps {
  readonly store: Store;
  readonly source: CatalogSource;
  readonly now: () => Date;
  report(progress: CrawlProgress): void;
  /** Calls to Vault under way at once. */
  readonly concurrency?: number;
  /** Entries written in one statement. */
  readonly batchSize?: number;
}

/**
 * Brings the catalogue up to date with Vault: every name of every KV mount, then versions, custom metadata and key
 * names. Each batch is visible at once; what a crawl that broke off has found stays, and the next one goes over all of
 * it again. Two at a time do no harm.
 * @throws {GloveboxError} Vault stopped answering. Nothing is marked as gone in the mounts not yet listed.
 */
export async function crawlVault(deps: CrawlDeps): Promise<CrawlSummary> {
  const { store, source, now, report, concurrency = 8, batchSize = 500 } = deps;
  const startedAt = now();
  const unreadable = unreadableList();
  const counts = { entryCount: 0, describedCount: 0, goneCount: 0 };
  const say = (phase: CrawlProgress["phase"], mount: MountInfo): void =>
    report({
      phase,
      mount: mount.path,
      entryCount: counts.entryCount,
      describedCount: counts.describedCount,
      unreadableCount: unreadable.count(),
    });

  const mounts = await source.listMounts();
  await writeMounts(store, mounts, startedAt);
  const { id: crawlId } = await store
    .insertInto("crawl")
    .values({ startedAt, unreadable: "[]" })
    .returning("id")
    .executeTakeFirstOrThrow();
  for (const { path } of await hiddenMounts(store, startedAt)) {
    unreadable.add(
      path,
      "The catalog identity no longer sees this mount: it was disabled, or the right was taken away.",
    );
  }

  const keyValueMounts = mounts.filter(isKeyValue);
  for (const mount of keyValueMounts) {
    const takeNames = async (_: MountInfo, paths: readonly string[]): Promise<void> => {
      await writeNames(store, mount, paths, now());
      counts.entryCount += paths.length;
      say("names", mount);
    };
    const unreadableFolders = await listNames({ source, concurrency, batchSize, unreadable, takeNames }, mount);
    counts.goneCount += await markGone(store, mount, { since: startedAt, unreadableFolders, at: now() });
  }
  for (const mount of keyValueMounts.filter(({ engine }) => engine === "kv-v2")) {
    const described = (count: number): void => {
      counts.describedCount += count;
      say("details", mount);
    };
    await readDetails({ store, source, concurrency, batchSize, unreadable, now, described }, mount, startedAt);
  }

  const finishedAt = now();
  const { entryCount, goneCount } = counts;
  await store.transaction().execute(async (tx) => {
    await tx
      .updateTable("crawl")
      .set({ finishedAt, entryCount, unreadable: JSON.stringify(unreadable.branches) })
      .where("id", "=", crawlId)
      .execute();
    const content = { mountCount: mounts.length, entryCount, goneCount, unreadableCount: unreadable.count() };
    await appendEvent(tx, finishedAt, {
      kind: "catalog.crawled",
      actor: "catalog",
      subject: `crawl:${crawlId}`,
      content,
    });
  });
  return {
    crawlId,
    mountCount: mounts.length,
    entryCount,
    goneCount,
    unreadableCount: unreadable.count(),
    unreadable: unreadable.branches,
    startedAt,
    finishedAt,
  };
}

/** Mounts that an earlier crawl saw and this one does not. Their entries stay: a lost right looks the same. */
async function hiddenMounts(store: Store, startedAt: Date): Promise<{ path: string }[]> {
  return store.selectFrom("mount").select("path").where("seenAt", "<", startedAt).execute();
}
