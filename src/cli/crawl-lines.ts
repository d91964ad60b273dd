import { type CrawlRow, lastFinishedCrawl, unfinishedCrawl } from "../catalog/crawl/crawl-row.ts";
import { sayHowFar } from "../catalog/crawl/one-at-a-time.ts";
import { countUnreadable, listUnreadable, type ShownBranch } from "../catalog/crawl/unreadable.ts";
import type { CrawlSummary } from "../catalog/crawl-vault.ts";
import type { Store } from "../store/open-store.ts";

const number = (count: number): string => count.toLocaleString("en-US");
const counted = (count: number, one: string, many: string): string => `${number(count)} ${count === 1 ? one : many}`;

/** What a crawl did, for a terminal. */
export function summaryLines(summary: CrawlSummary): string[] {
  const { crawlId, startedAt, finishedAt, isResumed, namesOnly, mountCount, entryCount } = summary;
  const { newCount, changedCount, goneCount, describedCount, keyedCount } = summary;
  const seconds = Math.round((finishedAt.getTime() - startedAt.getTime()) / 1_000);
  const details = namesOnly
    ? "Names alone: what else was known stays as it was."
    : `Metadata was read of ${number(describedCount)}, key names of ${number(keyedCount)}: of those whose version is new.`;
  return [
    `Crawl ${crawlId} ended ${number(seconds)} s after its beginning${isResumed ? ", gone on with after a break" : ""}.`,
    `${number(entryCount)} names in ${counted(mountCount, "mount", "mounts")}: ${number(newCount)} new, ${namesOnly ? "" : `${number(changedCount)} changed, `}${number(goneCount)} gone.`,
    `${details} No value was read.`,
    ...unreadableLines(summary.unreadableCount, summary.unreadable),
  ];
}

/** What could not be read, with the right that is missing. */
export function unreadableLines(count: number, branches: readonly ShownBranch[]): string[] {
  if (count === 0) return ["Everything could be read."];
  const left = count - branches.length;
  return [
    `${counted(count, "branch", "branches")} could not be read:`,
    ...branches.map(({ path, reason, secretCount }) => {
      const many = secretCount > 0 ? ` (${counted(secretCount, "secret", "secrets")})` : "";
      return `  ${path}${many}  ${reason}`;
    }),
    ...(left > 0 ? [`  and ${number(left)} more`] : []),
  ];
}

/** What the newest crawl that ended could not read: `glovebox discover --unreadable`. */
export async function unreadableForTerminal(store: Store): Promise<{ ok: boolean; lines: string[] }> {
  const crawl = await lastFinishedCrawl(store);
  if (crawl === null)
    return { ok: false, lines: ["No crawl has come to its end yet: `glovebox discover` begins one."] };
  const { crawlId, finishedAt } = crawl;
  const [count, branches] = [await countUnreadable(store, crawlId), await listUnreadable(store, crawlId)];
  return { ok: true, lines: [`Crawl ${crawlId} ended ${time(finishedAt)}.`, ...unreadableLines(count, branches)] };
}

/** One line or two on how fresh the catalogue is: for `glovebox status`. */
export async function crawlStatusLines(store: Store): Promise<string[]> {
  const [last, open] = [await lastFinishedCrawl(store), await unfinishedCrawl(store)];
  return [
    last === null ? "  crawl      none has come to its end yet" : await lastLine(store, last),
    ...(open === null
      ? []
      : [`  crawl      under way or broken off: ${sayHowFar(open)}, written ${time(open.reportedAt)}`]),
  ];
}

async function lastLine(store: Store, { crawlId, finishedAt, newCount, changedCount, goneCount }: CrawlRow) {
  const unreadable = await countUnreadable(store, crawlId);
  const rest =
    unreadable === 0
      ? "everything could be read"
      : `${counted(unreadable, "branch", "branches")} could not be read: \`glovebox discover --unreadable\``;
  return `  crawl      ended ${time(finishedAt)}: ${number(newCount)} new, ${number(changedCount)} changed, ${number(goneCount)} gone; ${rest}`;
}

function time(date: Date | null): string {
  return date === null ? "never" : `${date.toISOString().slice(0, 16).replace("T", " ")} UTC`;
}
