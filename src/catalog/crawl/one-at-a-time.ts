import { sql } from "kysely";
import type { Store } from "../../store/open-store.ts";
import { CrawlUnderWayError } from "./crawl-errors.ts";
import { type CrawlRow, unfinishedCrawl } from "./crawl-row.ts";

const LOCK = 7_206_005; // any fixed number of our own

/**
 * Lets one crawl work at a time, over all processes. The lock is a connection's: it ends with the process, also by a
 * kill. Two at a time would do no harm, but ask Vault everything twice.
 * @throws {CrawlUnderWayError}
 */
export async function oneAtATime<T>(store: Store, crawl: () => Promise<T>): Promise<T> {
  return store.connection().execute(async (connection) => {
    const { rows } = await sql<{ isOurs: boolean }>`select pg_try_advisory_lock(${sql.lit(LOCK)}) as "isOurs"`.execute(
      connection,
    );
    if (!rows[0]?.isOurs) {
      const other = await unfinishedCrawl(store);
      throw new CrawlUnderWayError(other === null ? "it has just begun" : sayHowFar(other));
    }
    try {
      return await crawl();
    } finally {
      // A connection that broke has given the lock back already.
      await sql`select pg_advisory_unlock(${sql.lit(LOCK)})`.execute(connection).catch(() => {});
    }
  });
}

/** "names, 12,000 so far". */
export function sayHowFar({ phase, entryCount, describedCount, keyedCount }: CrawlRow): string {
  const number = (count: number): string => count.toLocaleString("en-US");
  if (phase === "names") return `names, ${number(entryCount)} so far`;
  if (phase === "metadata") return `metadata, ${number(describedCount)} of ${number(entryCount)} names so far`;
  if (phase === "keys") return `key names, ${number(keyedCount)} so far`;
  return "it is about to end";
}
