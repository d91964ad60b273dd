import { appendEvent } from "../../audit/append-event.ts";
import type { Store } from "../../store/open-store.ts";
import type { CrawlPhase } from "../../store/tables/catalog.ts";
import { countUnreadable } from "./unreadable.ts";

/** What is to be crawled. */
export interface CrawlScope {
  /** Names alone; what else is known stays as it is. */
  readonly namesOnly: boolean;
  /** Begin anew, and ask for key names also where the version is the one that was asked about before. */
  readonly full: boolean;
}

/** How far a crawl is, as its row has it: what is counted here is written. */
export interface CrawlCounts {
  readonly mountCount: number;
  /** Names that were listed. */
  readonly entryCount: number;
  readonly newCount: number;
  readonly changedCount: number;
  readonly goneCount: number;
  readonly describedCount: number;
  readonly keyedCount: number;
}

export interface CrawlRow extends CrawlCounts, CrawlScope {
  readonly crawlId: number;
  readonly phase: CrawlPhase;
  readonly startedAt: Date;
  readonly finishedAt: Date | null;
  readonly reportedAt: Date;
}

/** A checkpoint that is older is not gone on with: too much may have changed behind it. */
const RESUME_WITHIN_MS = 24 * 3_600_000;

const rowQuery = (store: Store) =>
  store
    .selectFrom("crawl")
    .select(["id as crawlId", "phase", "startedAt", "finishedAt", "reportedAt", "isNamesOnly as namesOnly"])
    .select(["isFull as full", "mountCount", "entryCount", "newCount", "changedCount", "goneCount"])
    .select(["describedCount", "keyedCount"])
    .orderBy("id", "desc")
    .limit(1);

/** The newest crawl that is not finished: under way, or broken off. */
export async function unfinishedCrawl(store: Store): Promise<CrawlRow | null> {
  const newest = await rowQuery(store).executeTakeFirst();
  return newest === undefined || newest.finishedAt !== null ? null : newest;
}

export async function lastFinishedCrawl(store: Store): Promise<CrawlRow | null> {
  return (await rowQuery(store).where("finishedAt", "is not", null).executeTakeFirst()) ?? null;
}

export async function readCrawl(store: Store, crawlId: number): Promise<CrawlRow> {
  return rowQuery(store).where("id", "=", crawlId).executeTakeFirstOrThrow();
}

/** The crawl to go on with, or a new one. What broke off and can't be gone on with loses its checkpoint. */
export async function takeUpCrawl(
  store: Store,
  { namesOnly, full }: CrawlScope,
  now: Date,
): Promise<{ crawl: CrawlRow; isResumed: boolean }> {
  const broken = await unfinishedCrawl(store);
  const isOfUse =
    broken !== null &&
    !full &&
    broken.namesOnly === namesOnly &&
    now.getTime() - broken.startedAt.getTime() < RESUME_WITHIN_MS;
  if (isOfUse) return { crawl: broken, isResumed: true };
  return store.transaction().execute(async (tx) => {
    await tx.deleteFrom("crawl").where("finishedAt", "is", null).execute();
    const { id } = await tx
      .insertInto("crawl")
      .values({ startedAt: now, reportedAt: now, isNamesOnly: namesOnly, isFull: full })
      .returning("id")
      .executeTakeFirstOrThrow();
    return { crawl: await readCrawl(tx, id), isResumed: false };
  });
}

/** Adds to the counts, in the transaction of what was counted. */
export async function addCounts(store: Store, crawlId: number, counts: Partial<CrawlCounts>, at: Date): Promise<void> {
  const { entryCount = 0, newCount = 0, changedCount = 0, goneCount = 0, describedCount = 0, keyedCount = 0 } = counts;
  await store
    .updateTable("crawl")
    .set(({ eb }) => ({
      entryCount: eb("entryCount", "+", entryCount),
      newCount: eb("newCount", "+", newCount),
      changedCount: eb("changedCount", "+", changedCount),
      goneCount: eb("goneCount", "+", goneCount),
      describedCount: eb("describedCount", "+", describedCount),
      keyedCount: eb("keyedCount", "+", keyedCount),
      reportedAt: at,
    }))
    .where("id", "=", crawlId)
    .execute();
}

export async function setPhase(store: Store, crawlId: number, phase: CrawlPhase, at: Date): Promise<void> {
  await store.updateTable("crawl").set({ phase, reportedAt: at }).where("id", "=", crawlId).execute();
}

/** Ends the crawl, with one event in the audit chain; what earlier ones could not see is not kept. */
export async function finishCrawl(store: Store, crawlId: number, at: Date): Promise<CrawlRow> {
  return store.transaction().execute(async (tx) => {
    await tx
      .updateTable("crawl")
      .set({ phase: "done", finishedAt: at, reportedAt: at })
      .where("id", "=", crawlId)
      .execute();
    await tx.deleteFrom("unreadableBranch").where("crawlId", "<", crawlId).execute();
    const crawl = await readCrawl(tx, crawlId);
    const unreadableCount = await countUnreadable(tx, crawlId);
    const { mountCount, entryCount, newCount, changedCount, goneCount } = crawl;
    await appendEvent(tx, at, {
      kind: "catalog.crawled",
      actor: "catalog",
      subject: `crawl:${crawlId}`,
      content: { mountCount, entryCount, newCount, changedCount, goneCount, unreadableCount },
    });
    return crawl;
  });
}
