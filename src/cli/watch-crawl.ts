import cliProgress from "cli-progress";
import type { CrawlProgress } from "../catalog/crawl-vault.ts";

export interface CrawlWatch {
  show(progress: CrawlProgress): void;
  stop(): void;
}

const PHASE_WORDS = { names: "names", metadata: "metadata", keys: "key names" } as const;
/** A log wants to know that it goes on, not each batch. */
const PLAIN_EVERY_MS = 5_000;
const number = (count: number): string => count.toLocaleString("en-US");

/** Shows how far a crawl is: a bar for each phase on a terminal, elsewhere a plain line now and then. */
export function watchCrawl(isTerminal: boolean, print: (line: string) => void, now = Date.now): CrawlWatch {
  return isTerminal ? bars(now) : plainLines(print, now);
}

function bars(now: () => number): CrawlWatch {
  let bar: cliProgress.SingleBar | null = null;
  let phase: CrawlProgress["phase"] | null = null;
  let rate = rateSince(now);
  return {
    show(progress) {
      if (progress.phase !== phase) {
        bar?.stop();
        rate = rateSince(now);
        bar = new cliProgress.SingleBar({
          format: "{phase} [{bar}] {count} | {left} | {unreadable}",
          stopOnComplete: false,
          hideCursor: true,
        });
        bar.start(totalOf(progress), 0);
        phase = progress.phase;
      }
      bar?.setTotal(totalOf(progress));
      bar?.update(progress.doneCount, {
        phase: PHASE_WORDS[progress.phase].padEnd(9),
        count: countWords(progress),
        left: leftWords(progress, rate(progress.doneCount)),
        unreadable: `${number(progress.unreadableCount)} unreadable`,
      });
    },
    stop: () => bar?.stop(),
  };
}

function plainLines(print: (line: string) => void, now: () => number): CrawlWatch {
  let last: { readonly phase: string; readonly at: number } | null = null;
  let rate = rateSince(now);
  return {
    show(progress) {
      const { phase, doneCount, unreadableCount } = progress;
      if (last?.phase !== phase) rate = rateSince(now);
      const perSecond = rate(doneCount);
      if (last?.phase === phase && now() - last.at < PLAIN_EVERY_MS) return;
      last = { phase, at: now() };
      const unreadable = `${number(unreadableCount)} unreadable`;
      print(`${PHASE_WORDS[phase]}: ${countWords(progress)}, ${leftWords(progress, perSecond)}, ${unreadable}`);
    },
    stop: () => {},
  };
}

/** Of names only the last crawl's number is known, and there may be more by now. */
function totalOf({ doneCount, totalCount }: CrawlProgress): number {
  return Math.max(doneCount, totalCount ?? 0);
}

function countWords({ phase, doneCount, totalCount }: CrawlProgress): string {
  if (totalCount === null) return `${number(doneCount)} so far`;
  return `${number(doneCount)} of ${phase === "names" ? "about " : ""}${number(Math.max(totalCount, doneCount))}`;
}

function leftWords({ doneCount, totalCount }: CrawlProgress, perSecond: number): string {
  if (totalCount === null || perSecond === 0) return "time left not known";
  const seconds = Math.max(0, Math.ceil((totalCount - doneCount) / perSecond));
  return seconds < 90 ? `${seconds} s left` : `${Math.ceil(seconds / 60)} min left`;
}

/** From the first count on, for a crawl that is gone on with does not begin at nothing. */
function rateSince(now: () => number): (count: number) => number {
  let first: { readonly at: number; readonly count: number } | null = null;
  return (count) => {
    first ??= { at: now(), count };
    const seconds = (now() - first.at) / 1_000;
    return seconds === 0 ? 0 : (count - first.count) / seconds;
  };
}
