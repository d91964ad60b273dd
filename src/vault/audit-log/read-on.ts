import type { LogPlace, Stretch, UsageLog } from "../../catalog/usage/usage-log.ts";
import type { AuditFile } from "./audit-file.ts";
import type { LineReading } from "./audit-line.ts";
import { lineSplitter } from "./split-lines.ts";
import { type StretchCounter, stretchCounter } from "./stretch-counter.ts";

export interface ReadOnDeps {
  readonly log: UsageLog;
  readonly readLine: (text: string) => LineReading;
  /** A stretch is written when it has so many lines, or rows. */
  readonly stretchLines?: number;
  readonly stretchRows?: number;
}

export interface ReadOnOrder {
  readonly file: Pick<AuditFile, "read">;
  readonly from: LogPlace;
  /** Count a whole last line without a line break too: nobody writes to this file any more. */
  readonly isEnded: boolean;
  /** Hears of each stretch that was counted. */
  readonly report?: ((stretch: Stretch) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Where reading ended, or null: somebody else has read on meanwhile, so the place must be looked up again. */
export type ReadOn = LogPlace | null;

const STRETCH_LINES = 200_000;
const STRETCH_ROWS = 60_000;

/**
 * Counts a log from a place to its present end. While one stretch is written the next one is read, so at most two are in
 * memory.
 * @throws Error The file can't be read on, or Postgres does not take what was counted. What was recorded stays.
 */
export async function readOn(deps: ReadOnDeps, { file, from, isEnded, report, signal }: ReadOnOrder): Promise<ReadOn> {
  const { log, readLine, stretchLines = STRETCH_LINES, stretchRows = STRETCH_ROWS } = deps;
  const counter = stretchCounter(readLine);
  const splitter = lineSplitter(counter);
  let writing: Promise<ReadOn> = Promise.resolve(from);
  const write = async (): Promise<boolean> => {
    const place = await writing;
    if (place === null) return false;
    const stretch = counter.take();
    writing = log.record(place, stretch).then((next) => {
      if (next !== null) report?.(stretch);
      return next;
    });
    writing.catch(() => {}); // heard of where it is waited for
    return true;
  };
  const isFull = ({ lineCount, size }: StretchCounter): boolean => lineCount() >= stretchLines || size() >= stretchRows;
  try {
    for await (const chunk of file.read(from.readBytes)) {
      splitter.push(chunk);
      if (isFull(counter) && !(await write())) return null;
      if (signal?.aborted) break;
    }
    const rest = isEnded ? splitter.rest() : null;
    if (rest !== null && readLine(rest.toString()) !== "malformed") counter.lineAtEnd(rest);
  } catch (error) {
    await (counter.lineCount() > 0 ? write() : writing); // what was whole before the break counts
    await writing;
    throw error;
  }
  if (counter.lineCount() > 0 && !(await write())) return null;
  return await writing;
}
