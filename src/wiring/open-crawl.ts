import type { CatalogSource } from "../catalog/catalog-source.ts";
import type { CrawlScope } from "../catalog/crawl/crawl-row.ts";
import { sharedLimit } from "../catalog/crawl/shared-limit.ts";
import { type CrawlProgress, type CrawlSummary, crawlVault } from "../catalog/crawl-vault.ts";
import type { LoginSettings } from "../config/vault-login.ts";
import type { CommonConfig } from "../config.ts";
import type { Store } from "../store/open-store.ts";
import { vaultCatalogSource } from "../vault/catalog-source.ts";
import { standingClient } from "../vault/login/standing-client.ts";
import { openLogin } from "./open-login.ts";

/** Calls to Vault at once, unless told otherwise. */
const CALLS_AT_ONCE = 8;

export interface CrawlOptions {
  readonly callsAtOnce?: number;
  /**
   * What is done with entries that are new or changed: once all names are written, beside the rest of the crawl, and
   * once more when it has ended. What fails is done after the next crawl.
   */
  readonly follow?: () => Promise<unknown>;
}

export interface CrawlOrder {
  readonly store: Store;
  readonly scope?: CrawlScope;
  readonly signal?: AbortSignal;
  report(progress: CrawlProgress): void;
}

export interface OpenCrawl {
  /** The same Vault for whoever looks one secret up. */
  readonly source: CatalogSource;
  crawl(order: CrawlOrder): Promise<CrawlSummary>;
}

/** The catalog identity's Vault, for the bot and for `glovebox discover`. */
export function openCrawl(
  common: CommonConfig,
  catalogLogin: LoginSettings,
  { callsAtOnce = CALLS_AT_ONCE, follow = async () => {} }: CrawlOptions = {},
): OpenCrawl {
  const limit = sharedLimit(callsAtOnce);
  const login = openLogin(common, catalogLogin, limit.throttled);
  const source = vaultCatalogSource(standingClient(login), common.VAULT_NAMESPACE);
  return {
    source,
    async crawl(order) {
      let following: Promise<unknown> = Promise.resolve();
      const phaseEnded = (phase: CrawlProgress["phase"]): void => {
        if (phase === "names") following = follow().catch(() => {}); // the one at the end says what is wrong
      };
      const deps = { ...order, source, limit, phaseEnded, now: () => new Date() };
      const summary = await crawlVault(deps).finally(() => following);
      await follow();
      return summary;
    },
  };
}
