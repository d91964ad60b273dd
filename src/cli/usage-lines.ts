import { showName } from "../catalog/show-name.ts";
import type { Coverage } from "../catalog/usage/coverage.ts";
import type { HotPath } from "../catalog/usage/hot-paths.ts";
import type { ReadLog } from "../catalog/usage/list-logs.ts";
import type { UnusedEntries } from "../catalog/usage/unused-entries.ts";
import type { StraggledEntry } from "../migration/stragglers.ts";

export const NOTHING_READ =
  "No audit log was read yet, so nothing can be said about use. Feed it: glovebox usage import FILE, or VAULT_AUDIT_FILE for the bot (docs/usage.md).";

const number = (count: number): string => count.toLocaleString("en-US");
const time = (date: Date | null): string =>
  date === null ? "never" : `${date.toISOString().slice(0, 16).replace("T", " ")} UTC`;
/** Paths and roles are data: what the eye can't see is made visible. */
const visible = (name: string): string => showName(name).shown;
const column = { time: 20, count: 12 } as const;

export function coverageLine({ from, to }: Coverage): string {
  return `Vault's audit log is read from ${time(from)} to ${time(to)}.`;
}

export function hotLines(coverage: Coverage | null, paths: readonly HotPath[]): string[] {
  if (coverage === null) return [NOTHING_READ];
  const rate = (readsPerDay: number): string => (readsPerDay >= 10 ? readsPerDay.toFixed(0) : readsPerDay.toFixed(1));
  return [
    coverageLine(coverage),
    "",
    `${"reads a day".padStart(column.count)}${"readers".padStart(9)}  ${"last read".padEnd(column.time)}  path`,
    ...paths.map(
      ({ readsPerDay, clientCount, lastReadAt, fullPath, entryId }) =>
        `${rate(readsPerDay).padStart(column.count)}${number(clientCount).padStart(9)}  ${time(lastReadAt)}  ${visible(fullPath)}${entryId === null ? "  (not in the catalogue)" : ""}`,
    ),
  ];
}

export function unusedLines({ coverage, since, total, entries }: UnusedEntries, asked: Date): string[] {
  if (coverage === null) return [NOTHING_READ];
  if (since === null) {
    return [coverageLine(coverage), `It says nothing about the time after ${time(asked)}.`];
  }
  return [
    coverageLine(coverage),
    ...(since > asked ? [`Before that nothing is known, so this is for ${time(since)} and later.`] : []),
    `${number(total)} secrets were read by nobody since ${time(since)}.`,
    ...(entries.length === 0 ? [] : ["", `${"last read".padEnd(column.time)}  path`]),
    ...entries.map(({ lastReadAt, fullPath }) => `${time(lastReadAt).padEnd(column.time)}  ${visible(fullPath)}`),
    ...(total > entries.length
      ? [`${number(entries.length)} of ${number(total)} are shown: --limit and --offset.`]
      : []),
  ];
}

export function stragglerLines(
  coverage: Coverage | null,
  entries: readonly StraggledEntry[],
  hasMore: boolean,
): string[] {
  if (coverage === null) return [NOTHING_READ];
  if (entries.length === 0) return [coverageLine(coverage), "Nobody reads what was moved from Vault any more."];
  return [
    coverageLine(coverage),
    "",
    `${"moved".padEnd(column.time)}  ${"last read in Vault".padEnd(column.time)}  request   path`,
    ...entries.flatMap(({ movedAt, lastReadAt, requestId, fullPath, clientCount, readers }) => [
      `${time(movedAt)}  ${time(lastReadAt)}  ${requestId.padEnd(8)}  ${visible(fullPath)}`,
      `    ${number(clientCount)} ${clientCount === 1 ? "reader" : "readers"}: ${readers.map(visible).join(", ") || "the log names none"}`,
    ]),
    ...(hasMore ? ["More are there: --limit and --offset."] : []),
  ];
}

export function statusLines(stretches: readonly Coverage[], logs: readonly ReadLog[]): string[] {
  if (logs.length === 0) return [NOTHING_READ];
  const [newest, ...older] = stretches;
  return [
    newest === undefined ? "No line that was read tells a time." : coverageLine(newest),
    ...older.map(
      ({ from, to }) => `Before that there is a hole, and then ${time(from)} to ${time(to)}, which no answer rests on.`,
    ),
    "",
    `${"lines".padStart(14)}${"counted".padStart(13)}${"unreadable".padStart(12)}${"dropped".padStart(9)}  ${"from".padEnd(column.time)}  ${"to".padEnd(column.time)}  log`,
    ...logs.map(
      ({ lineCount, countedCount, malformedCount, overlongCount, droppedCount, firstAt, lastAt, name }) =>
        `${number(lineCount).padStart(14)}${number(countedCount).padStart(13)}${number(malformedCount + overlongCount).padStart(12)}${number(droppedCount).padStart(9)}  ${time(firstAt).padEnd(column.time)}  ${time(lastAt).padEnd(column.time)}  ${visible(name)}`,
    ),
  ];
}
