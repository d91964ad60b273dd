import cliProgress from "cli-progress";
import { knownMounts } from "../catalog/usage/known-mounts.ts";
import { usageLog } from "../catalog/usage/usage-log.ts";
import { codeOf, GloveboxError } from "../errors.ts";
import type { Store } from "../store/open-store.ts";
import { auditLineReader } from "../vault/audit-log/audit-line.ts";
import { type FileCount, importAuditFile } from "../vault/audit-log/import-file.ts";
import type { TerminalAnswer } from "./look-up.ts";

export interface ImportCommand {
  readonly store: Store;
  /** The auth mount of our own, whose reads don't count. */
  readonly ownAuthMount: string;
  readonly now: () => Date;
  readonly isTerminal: boolean;
  readonly isJson: boolean;
  /** How far it is, where there is no terminal. */
  readonly report: (line: string) => void;
}

interface FileOutcome {
  readonly file: string;
  readonly count: FileCount | null;
  /** What is wrong with it; null: nothing. */
  readonly code: string | null;
  readonly fault: string | null;
}

/** Reads every file, one after the other; one that can't be read does not keep the others from being read. */
export async function importForTerminal(command: ImportCommand, files: readonly string[]): Promise<TerminalAnswer> {
  const { store, now, ownAuthMount } = command;
  const mounts = await knownMounts(store);
  const deps = { log: usageLog(store, now), readLine: auditLineReader({ mounts, ownAuthMount }) };
  const progress = openProgress(command, files.length);
  const outcomes: FileOutcome[] = [];
  try {
    for (const [place, file] of files.entries()) {
      const report = ({ lineCount }: { lineCount: number }): void => progress.add(place, file, lineCount);
      outcomes.push(
        await importAuditFile(deps, file, { report }).then(
          (count) => ({ file, count, code: null, fault: null }),
          (error: unknown) => ({ file, count: null, code: codeOf(error), fault: faultOf(error) }),
        ),
      );
    }
  } finally {
    progress.stop();
  }
  const ok = outcomes.every(({ fault }) => fault === null);
  return { ok, lines: command.isJson ? [JSON.stringify({ v: 1, files: outcomes })] : outcomes.map(outcomeLine) };
}

function faultOf(error: unknown): string {
  if (error instanceof GloveboxError) return error.userMessage;
  const code = codeOf(error);
  if (code === "ENOENT") return "There is no such file.";
  if (code === "EACCES") return "You may not read it.";
  return `It could not be read to its end (${code}). What was counted stays; import it again.`;
}

const number = (count: number): string => count.toLocaleString("en-US");

function outcomeLine({ file, count, fault }: FileOutcome): string {
  if (count === null) return `${file}: ${fault}`;
  const { lineCount, countedCount, malformedCount, overlongCount, knownBytes } = count;
  if (lineCount === 0) {
    return `${file}: ${knownBytes > 0 ? "nothing new, it was read before." : "there is no whole line in it."}`;
  }
  const unreadable = malformedCount + overlongCount;
  return [
    `${file}: ${number(lineCount)} ${knownBytes > 0 ? "new lines" : "lines"}, ${number(countedCount)} reads and writes counted`,
    ...(unreadable > 0 ? [`${number(unreadable)} lines could not be read`] : []),
  ].join(", ");
}

interface Progress {
  add(place: number, file: string, lines: number): void;
  stop(): void;
}

function openProgress({ isTerminal, isJson, report }: ImportCommand, fileCount: number): Progress {
  const since = Date.now();
  let lines = 0;
  const rate = (): string =>
    `${number(Math.round(lines / Math.max(0.001, (Date.now() - since) / 1_000)))} lines a second`;
  if (isTerminal && !isJson) {
    const bar = new cliProgress.SingleBar({
      format: "[{bar}] file {value} of {total} | {lines} lines | {rate} | {file}",
      hideCursor: true,
      clearOnComplete: true,
    });
    bar.start(fileCount, 0, { lines: "0", rate: "", file: "" });
    return {
      add(place, file, more) {
        lines += more;
        bar.update(place + 1, { lines: number(lines), rate: rate(), file });
      },
      stop: () => bar.stop(),
    };
  }
  let saidAt = since;
  return {
    add(_place, file, more) {
      lines += more;
      if (Date.now() - saidAt < 2_000) return;
      saidAt = Date.now();
      report(`${file}: ${number(lines)} lines so far, ${rate()}`);
    },
    stop: () => {},
  };
}
