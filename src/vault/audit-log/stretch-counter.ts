import { createHash } from "node:crypto";
import { newTally } from "../../catalog/usage/tally.ts";
import type { Stretch } from "../../catalog/usage/usage-log.ts";
import type { LineReading } from "./audit-line.ts";
import type { LineHearer } from "./split-lines.ts";

/** Adds up lines until somebody takes the stretch away. */
export interface StretchCounter extends LineHearer {
  /** About how many rows the stretch would write. */
  size(): number;
  lineCount(): number;
  /** A whole last line of a log that ends without a line break. */
  lineAtEnd(line: Buffer): void;
  /** A line that nobody had the time to read. */
  drop(bytes: number): void;
  /** The stretch so far; the next one begins after it. */
  take(): Stretch;
}

const REQUEST_END = Buffer.from('"type":"request"}');
const TIME = /"time":"([^"]{10,40})"/;
/** Vault writes the time as the first or the last but one of a line's fields. */
const TIME_WITHIN = 200;

export function stretchCounter(readLine: (text: string) => LineReading): StretchCounter {
  let stretch = newStretch();
  const count = (buffer: Buffer, start: number, end: number): void => {
    stretch.lineCount += 1;
    stretch.first ??= Buffer.from(buffer.subarray(start, end));
    stretch.last = { buffer, start, end };
    // Half of a log. No more than its end must be looked at: in JSON, what the last brace closes is the whole line.
    if (endsWith(buffer, start, end, REQUEST_END)) return;
    const reading = readLine(buffer.toString("utf8", start, end));
    if (reading === "malformed") stretch.malformedCount += 1;
    else if (reading !== "other") {
      stretch.countedCount += 1;
      stretch.tally.add(reading);
    }
  };
  return {
    size: () => stretch.tally.size(),
    lineCount: () => stretch.lineCount,
    line(buffer, start, end) {
      stretch.bytes += end - start + 1;
      if (end > start) count(buffer, start, end);
      else stretch.last = null;
    },
    lineAtEnd(line) {
      stretch.bytes += line.length;
      count(line, 0, line.length);
    },
    overlong(bytes) {
      stretch.bytes += bytes + 1;
      stretch.lineCount += 1;
      stretch.overlongCount += 1;
      stretch.last = null;
    },
    drop(bytes) {
      stretch.bytes += bytes + 1;
      stretch.lineCount += 1;
      stretch.droppedCount += 1;
      stretch.last = null;
    },
    take() {
      const { first, last, ...counts } = stretch;
      stretch = newStretch();
      const line = last === null ? null : last.buffer.subarray(last.start, last.end);
      return {
        ...counts,
        lastLine: line && { hash: hashOf(line), bytes: line.length },
        firstAt: first && timeOf(first),
        lastAt: line && timeOf(line),
      };
    },
  };
}

export const hashOf = (line: Buffer): string => createHash("sha256").update(line).digest("hex");

interface Growing {
  bytes: number;
  lineCount: number;
  countedCount: number;
  malformedCount: number;
  overlongCount: number;
  droppedCount: number;
  readonly tally: ReturnType<typeof newTally>;
  first: Buffer | null;
  last: { readonly buffer: Buffer; readonly start: number; readonly end: number } | null;
}

function newStretch(): Growing {
  const counts = { bytes: 0, lineCount: 0, countedCount: 0, malformedCount: 0, overlongCount: 0, droppedCount: 0 };
  return { ...counts, tally: newTally(), first: null, last: null };
}

function endsWith(buffer: Buffer, start: number, end: number, ending: Buffer): boolean {
  return end - start >= ending.length && buffer.compare(ending, 0, ending.length, end - ending.length, end) === 0;
}

function timeOf(line: Buffer): Date | null {
  const [head, tail] = [line.subarray(0, TIME_WITHIN), line.subarray(-TIME_WITHIN)];
  const found = TIME.exec(tail.toString()) ?? TIME.exec(head.toString());
  const at = new Date(found?.[1] ?? Number.NaN);
  return Number.isNaN(at.getTime()) ? null : at;
}
