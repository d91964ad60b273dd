import { GloveboxError } from "../errors.ts";
import type { Store } from "../store/open-store.ts";
import type { CatalogSource, MountInfo } from "./catalog-source.ts";
import { calmSource } from "./crawl/calm-source.ts";
import { CrawlStoppedError } from "./crawl/crawl-errors.ts";
import {
  addCounts,
  type CrawlCounts,
  type CrawlRow,
  type CrawlScope,
  finishCrawl,
  setPhase,
  takeUpCrawl,
} from "./crawl/crawl-row.ts";
import type { DetailRow, DetailsDeps } from "./crawl/details.ts";
import { type FoundMounts, findMounts, settleUnseenMounts } from "./crawl/find-mounts.ts";
import { type Folder, readFolders } from "./crawl/folders.ts";
import { listNames } from "./crawl/list-names.ts";
import { oneAtATime } from "./crawl/one-at-a-time.ts";
import { keyNameRows, readAllKeyNames } from "./crawl/read-key-names.ts";
import { metadataRows, readAllMetadata } from "./crawl/read-metadata.ts";
import { type SharedLimit, sharedLimit } from "./crawl/shared-limit.ts";
import { countUnreadable, listUnreadable, type ShownBranch } from "./crawl/unreadable.ts";
import { markGone } from "./entry-rows.ts";

export interface CrawlProgress {
  /** Names of all mounts come first, so that people can ask about every path soon; then metadata, then key names. */
  readonly phase: "names" | "metadata" | "keys";
  /** The mount of the newest batch. */
  readonly mount: string;
  /** Of this phase. */
  readonly doneCount: number;
  /** Of this phase: for names what the last crawl found, and null where there was none. */
  readonly totalCount: number | null;
  readonly unreadableCount: number;
}

export interface CrawlSummary extends CrawlCounts {
  readonly crawlId: number;
  /** A crawl that had broken off was gone on with. */
  readonly isResumed: boolean;
  readonly namesOnly: boolean;
  readonly unreadableCount: number;
  /** At most 1,000 of them. */
  readonly unreadable: readonly ShownBranch[];
  readonly startedAt: Date;
  readonly finishedAt: Date;
}

export interface CrawlDeps {
  readonly store: Store;
  readonly source: CatalogSource;
  readonly now: () => Date;
  report(progress: CrawlProgress): void;
  /** How many calls to Vault may be under way, also as Vault's own limits have it. */
  readonly limit?: SharedLimit;
  /** The same as a number, where nobody else shares the limit. */
  readonly concurrency?: number;
  /** Entries written in one transaction. */
  readonly batchSize?: number;
  readonly scope?: CrawlScope;
  /** Stops it: what was listed is written, and the next crawl goes on from there. */
  readonly signal?: AbortSignal;
  /** Hears when all of a phase is written; the next begins when this has ended. */
  phaseEnded?(phase: CrawlProgress["phase"]): void | Promise<void>;
}

const CALLS_AT_ONCE = 8;
const BATCH_SIZE = 2_000;
const WHOLE: CrawlScope = { namesOnly: false, full: false };

/**
 * Brings the catalogue up to date with Vault: every name of every mount, then versions and custom metadata, then the key
 * names of versions that are new. Each batch is visible at once. What broke off within a day is gone on with.
 * @throws {CrawlUnderWayError} {CrawlStoppedError} {GloveboxError} Vault stopped answering. Nothing is marked as gone
 *   before all names are listed.
 */
export function crawlVault(deps: CrawlDeps): Promise<CrawlSummary> {
  return oneAtATime(deps.store, () => crawl(deps));
}

async function crawl(deps: CrawlDeps): Promise<CrawlSummary> {
  const { store, now, scope = WHOLE } = deps;
  const limit = deps.limit ?? sharedLimit(deps.concurrency ?? CALLS_AT_ONCE);
  const source = calmSource(deps.source, limit);
  const { crawl: begun, isResumed } = await takeUpCrawl(store, scope, now());
  const { crawlId } = begun;
  const found = await findMounts({ store, source, now }, crawlId);
  const run: Run = { ...deps, limit, source, begun, found, batchSize: deps.batchSize ?? BATCH_SIZE };
  try {
    const folders = await readFolders(store, crawlId, found.mounts);
    // A crawl that broke off later may have met new mounts when it was gone on with.
    const phase = folders.length > 0 ? "names" : begun.phase;
    if (phase === "names") await namesPhase(run, folders);
    await deps.phaseEnded?.("names");
    if (!scope.namesOnly) {
      if (phase !== "keys") await metadataPhase(run);
      await deps.phaseEnded?.("metadata");
      await keysPhase(run);
      await deps.phaseEnded?.("keys");
    }
  } catch (error) {
    if (deps.signal?.aborted && !(error instanceof GloveboxError)) throw new CrawlStoppedError();
    throw error;
  }
  const crawled = await finishCrawl(store, crawlId, now());
  const { namesOnly, startedAt, finishedAt, ...counts } = crawled;
  return {
    ...counts,
    namesOnly,
    isResumed,
    unreadableCount: await countUnreadable(store, crawlId),
    unreadable: await listUnreadable(store, crawlId),
    startedAt,
    finishedAt: finishedAt ?? now(),
  };
}

interface Run extends CrawlDeps {
  readonly limit: SharedLimit;
  readonly batchSize: number;
  readonly begun: CrawlRow;
  readonly found: FoundMounts;
}

async function namesPhase(run: Run, folders: readonly Folder[]): Promise<void> {
  const { store, now, begun, found, report } = run;
  const { crawlId, startedAt } = begun;
  const totalCount = await liveCount(store);
  let [doneCount, unreadableCount] = [begun.entryCount, await countUnreadable(store, crawlId)];
  const written = (batch: { mount: string; entryCount: number; unreadableCount: number }): void => {
    doneCount += batch.entryCount;
    unreadableCount += batch.unreadableCount;
    report({ phase: "names", mount: batch.mount, doneCount, totalCount, unreadableCount });
  };
  await listNames({ ...run, crawlId, written }, folders.toReversed());
  await store.transaction().execute(async (tx) => {
    const { completeNamespaces } = found;
    const goneCount = await markGone(tx, { crawlId, startedAt, completeNamespaces, at: now() });
    await settleUnseenMounts(tx, crawlId, found);
    await tx.deleteFrom("crawlFolder").where("crawlId", "=", crawlId).execute();
    await addCounts(tx, crawlId, { goneCount }, now());
    await setPhase(tx, crawlId, "metadata", now());
  });
}

async function metadataPhase(run: Run): Promise<void> {
  const { store, begun, now } = run;
  const { crawlId } = begun;
  await readAllMetadata(await detailsDeps(run, "metadata", await countOf(metadataRows(store, crawlId))));
  await setPhase(store, crawlId, "keys", now());
}

async function keysPhase(run: Run): Promise<void> {
  const { store, begun } = run;
  const waiting = await countOf(keyNameRows(store, begun.crawlId, begun.full));
  await readAllKeyNames(await detailsDeps(run, "keys", waiting), begun.full);
}

async function detailsDeps(run: Run, phase: "metadata" | "keys", totalCount: number): Promise<DetailsDeps> {
  const { store, begun, found, report } = run;
  let [doneCount, unreadableCount] = [0, await countUnreadable(store, begun.crawlId)];
  return {
    ...run,
    crawlId: begun.crawlId,
    mountOf: mountOf(found.mounts),
    written(batch) {
      doneCount += batch.askedCount;
      unreadableCount += batch.unreadableCount;
      report({ phase, mount: batch.mount, doneCount, totalCount, unreadableCount });
    },
  };
}

function mountOf(mounts: readonly MountInfo[]): (row: DetailRow) => MountInfo {
  const byPlace = new Map(mounts.map((mount) => [`${mount.namespace}\n${mount.path}`, mount]));
  // One that went since its names were listed: Vault answers that nothing is there.
  return ({ namespace, mount }) =>
    byPlace.get(`${namespace}\n${mount}`) ?? { namespace, path: mount, accessor: "", engine: "kv-v2" };
}

async function liveCount(store: Store): Promise<number | null> {
  return (await countOf(store.selectFrom("entry").where("goneAt", "is", null))) || null;
}

async function countOf(rows: ReturnType<typeof metadataRows>): Promise<number> {
  const { count } = await rows.select(({ fn }) => fn.countAll<number>().as("count")).executeTakeFirstOrThrow();
  return count;
}
