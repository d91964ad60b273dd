import { lastFinishedCrawl, unfinishedCrawl } from "../../catalog/crawl/crawl-row.ts";
import { countUnreadable } from "../../catalog/crawl/unreadable.ts";
import type { Store } from "../../store/open-store.ts";

/** How much of Vault the catalogue has seen. */
export interface CatalogueAge {
  /** The newest crawl that came to its end, or null. */
  readonly finishedAt: Date | null;
  /** Branches that it could not read. */
  readonly unreadableCount: number;
  /** A newer crawl is under way, or broke off. */
  readonly isNewerUnfinished: boolean;
}

export async function catalogueAge(store: Store): Promise<CatalogueAge> {
  const finished = await lastFinishedCrawl(store);
  return {
    finishedAt: finished?.finishedAt ?? null,
    unreadableCount: finished === null ? 0 : await countUnreadable(store, finished.crawlId),
    isNewerUnfinished: (await unfinishedCrawl(store)) !== null,
  };
}
