import { judgeLanes } from "../migration/lanes/judge-lanes.ts";
import { LANES } from "../migration/lanes/lane.ts";
import type { LaneDeps } from "../migration/lanes/load-lane.ts";
import { countProgress, type ProgressReport } from "../migration/progress/count-progress.ts";
import {
  DIMENSIONS,
  type Dimension,
  type GroupCounts,
  PROGRESS_STATES,
  type StateCounts,
} from "../migration/progress/progress-counts.ts";
import type { TerminalAnswer } from "./look-up.ts";
import { csvLine } from "./plan-csv.ts";
import { reportTable } from "./report-table.ts";

export interface ReportOptions {
  /** Only these groups; all of them where absent. */
  readonly by?: Dimension;
  readonly csv?: boolean;
  readonly json?: boolean;
}

/** `glovebox report`: how many secrets are in which lane and how far, by team, namespace, type and mount. */
export async function reportForTerminal(deps: LaneDeps, { by, csv, json }: ReportOptions): Promise<TerminalAnswer> {
  if (csv && json) return { ok: false, lines: ["Nothing was counted: choose either --csv or --json."] };
  await judgeLanes(deps);
  const report = await countProgress(deps.store, deps.now());
  const dimensions = by === undefined ? DIMENSIONS : [by];
  if (json) return { ok: true, lines: [JSON.stringify(reportJson(report, dimensions))] };
  if (csv) return { ok: true, lines: reportCsv(report, dimensions).map((line) => line.trimEnd()) };
  return { ok: true, lines: reportTable(report, dimensions) };
}

const CSV_COLUMNS = ["by", "name", "lane", "state", "count"] as const;

/** One line for each count that is not 0: a pivot table makes every other view of it. */
function reportCsv({ whole, by }: ProgressReport, dimensions: readonly Dimension[]): string[] {
  const groups = [{ by: "all", groups: [whole] }, ...dimensions.map((one) => ({ by: one, groups: by[one] }))];
  const rows = groups.flatMap((part) =>
    part.groups.flatMap((group) => countsOf(group).map((count) => [part.by, group.name, ...count])),
  );
  return [csvLine(CSV_COLUMNS), ...rows.map((row) => csvLine(row))];
}

function countsOf({ byLane, unjudged }: GroupCounts): (readonly [lane: string, state: string, count: number])[] {
  const ofLane = (lane: string, counts: StateCounts) =>
    PROGRESS_STATES.flatMap((state) => (counts[state] === 0 ? [] : [[lane, state, counts[state]] as const]));
  return [...LANES.flatMap((lane) => ofLane(lane, byLane[lane])), ...ofLane("unjudged", unjudged)];
}

function reportJson({ whole, by, ...ages }: ProgressReport, dimensions: readonly Dimension[]): object {
  return { v: 1, ...ages, all: whole, by: Object.fromEntries(dimensions.map((one) => [one, by[one]])) };
}
