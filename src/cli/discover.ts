import { CrawlStoppedError, CrawlUnderWayError } from "../catalog/crawl/crawl-errors.ts";
import { BadConfigError, loadCrawlConfig } from "../config.ts";
import { BadRulesError, loadRules } from "../rules.ts";
import { migrateStore } from "../store/migrate.ts";
import { openStore, type Store } from "../store/open-store.ts";
import { findStoreFaults } from "../wiring/find-store-faults.ts";
import { identifyEstate } from "../wiring/identify-estate.ts";
import { openCrawl } from "../wiring/open-crawl.ts";
import { summaryLines } from "./crawl-lines.ts";
import { complain, print } from "./terminal.ts";
import { watchCrawl } from "./watch-crawl.ts";

const EX_TEMPFAIL = 75; // sysexits: another crawl is under way
const EX_INTERRUPTED = 130; // as shells say it of Ctrl-C
/** One holds the lock that lets one crawl work at a time; the others read and write. */
const CONNECTIONS = 4;

export interface DiscoverOptions {
  readonly namesOnly?: true;
  readonly full?: true;
  readonly callsAtOnce: number;
}

/**
 * Crawls once and shows how far it is. The first Ctrl-C or SIGTERM stops it with its checkpoint written, the second at
 * once; also then the next crawl goes on from the last batch.
 * @returns The exit code.
 * @throws {BadConfigError} {GloveboxError} Vault refuses the login or stops answering.
 */
export async function discover({ namesOnly, full, callsAtOnce }: DiscoverOptions): Promise<number> {
  const { common, catalogLogin } = loadCrawlConfig(process.env);
  const faults = await findStoreFaults(common.DATABASE_URL);
  if (faults.length > 0) throw new BadConfigError(faults);
  const store = openStore(common.DATABASE_URL.reveal(), () => {}, CONNECTIONS);
  const watch = watchCrawl(process.stderr.isTTY === true, complain);
  const stopping = stopOnSignal(() => complain("Stopping: what was listed is being written. Once more stops at once."));
  try {
    await migrateStore(store);
    const scope = { namesOnly: namesOnly === true, full: full === true };
    const { crawl } = openCrawl(common, catalogLogin, { callsAtOnce, ...followAtHand(store) });
    const summary = await crawl({ store, scope, signal: stopping.signal, report: watch.show });
    watch.stop();
    for (const line of summaryLines(summary)) print(line);
    return 0;
  } catch (error) {
    watch.stop();
    if (!(error instanceof CrawlUnderWayError) && !(error instanceof CrawlStoppedError)) throw error;
    complain(`${error.userMessage} (${error.code})`);
    return error instanceof CrawlUnderWayError ? EX_TEMPFAIL : EX_INTERRUPTED;
  } finally {
    stopping.forget();
    await store.destroy();
  }
}

/** Without the rules, as on an operator's own machine, the bot does it after its next crawl. */
function followAtHand(store: Store): { follow?: () => Promise<unknown> } {
  try {
    const rules = loadRules(process.env.GLOVEBOX_RULES ?? "glovebox.yaml");
    return { follow: identifyEstate(store, rules, () => new Date()) };
  } catch (error) {
    if (!(error instanceof BadRulesError)) throw error;
    complain(
      "glovebox.yaml can't be read here (GLOVEBOX_RULES): what secrets are is found out by the bot's next crawl.",
    );
    return {};
  }
}

function stopOnSignal(say: () => void): { signal: AbortSignal; forget(): void } {
  const controller = new AbortController();
  const stop = (): void => {
    if (controller.signal.aborted) process.exit(EX_INTERRUPTED);
    say();
    controller.abort();
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
  return {
    signal: controller.signal,
    forget() {
      process.off("SIGINT", stop);
      process.off("SIGTERM", stop);
    },
  };
}
