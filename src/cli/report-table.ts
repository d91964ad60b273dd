import { showName } from "../catalog/show-name.ts";
import { LANES } from "../migration/lanes/lane.ts";
import { isUnknown, type ProgressReport } from "../migration/progress/count-progress.ts";
import {
  type Dimension,
  type GroupCounts,
  laneCount,
  movedOf,
  PROGRESS_STATES,
  percent,
  stateCount,
  totalOf,
} from "../migration/progress/progress-counts.ts";
import { sayEvidence } from "../migration/progress/say-evidence.ts";

const GROUPS_SHOWN = 40;
const number = (count: number): string => count.toLocaleString("en-US");

/** The report for the terminal. What does not fit is counted in a line of its own. */
export function reportTable(report: ProgressReport, dimensions: readonly Dimension[]): string[] {
  const { whole, by } = report;
  const all = totalOf(whole);
  const shown = dimensions.map((dimension) => ({ dimension, groups: by[dimension].slice(0, GROUPS_SHOWN) }));
  const names = shown.flatMap(({ dimension, groups }) => groups.map((group) => nameOf(dimension, group)));
  const width = Math.max(16, ...names.map((name) => name.length + 4));
  return [
    `${number(all)} secrets and roles in the catalogue, ${number(movedOf(whole))} of them moved (${percent(movedOf(whole), all)}), as of ${time(report.asOf)}.`,
    ...sayEvidence(report),
    ...tookLine(report),
    "",
    ...laneLines(whole),
    "",
    ...shown.flatMap(({ dimension, groups }) => [
      ...headLines(dimension, width),
      ...groups.map((group) => groupLine(nameOf(dimension, group), width, group)),
      ...moreLine(by[dimension].length - groups.length),
      "",
    ]),
    "Lanes: docs/lanes.md. States: found (nobody knows what it is), identified, asked, approved, moving, moved, cleaned",
    "(moved, and gone from Vault), failed, stopped (rejected, withdrawn, expired or taken back).",
  ];
}

const tookLine = ({ judgement }: ProgressReport): string[] =>
  judgement === null
    ? []
    : [`${number(judgement.entryCount)} were judged in ${(judgement.tookMs / 1_000).toFixed(1)} s, what is gone too.`];

/** Each lane with its share, and below it how far its secrets are. */
function laneLines(whole: GroupCounts): string[] {
  const all = totalOf(whole);
  const rows = LANES.map((lane) => {
    const count = laneCount(whole, lane);
    const states = PROGRESS_STATES.flatMap((state) =>
      whole.byLane[lane][state] === 0 ? [] : [`${number(whole.byLane[lane][state])} ${state}`],
    );
    const share = percent(count, all);
    return `  ${lane.padEnd(12)}${number(count).padStart(9)}${share.padStart(13)}  ${states.join(", ")}`.trimEnd();
  });
  const unjudged = all - LANES.reduce((sum, lane) => sum + laneCount(whole, lane), 0);
  return ["by lane", ...rows, ...(unjudged === 0 ? [] : [`  ${number(unjudged)} found since the lanes were judged`])];
}

const COLUMNS = ["all", "standard", "complex", "white-glove", "moved", "under way", "failed"] as const;

function headLines(dimension: Dimension, width: number): string[] {
  return [`${`by ${dimension}`.padEnd(width)}${COLUMNS.map((column) => column.padStart(13)).join("")}`];
}

function groupLine(name: string, width: number, group: GroupCounts): string {
  const all = totalOf(group);
  const underWay = stateCount(group, "asked") + stateCount(group, "approved") + stateCount(group, "moving");
  const lanes = LANES.map((lane) => cell(laneCount(group, lane), all));
  const cells = [
    number(all),
    ...lanes,
    cell(movedOf(group), all),
    number(underWay),
    number(stateCount(group, "failed")),
  ];
  return `  ${name.padEnd(width - 2)}${cells.map((text) => text.padStart(13)).join("")}`;
}

/** Whole percents: in a table the counts say the rest. */
const cell = (part: number, whole: number): string => {
  const rounded = Math.round((part / whole) * 100);
  return part === 0 ? "0" : `${number(part)} ${rounded === 0 ? "<1" : rounded}%`;
};

function nameOf(dimension: Dimension, group: GroupCounts): string {
  if (isUnknown(dimension, group)) return dimension === "team" ? "(no owner known)" : "(not known)";
  if (group.name === "") return "(root)";
  return showName(group.name).shown;
}

const moreLine = (count: number): string[] =>
  count > 0 ? [`  and ${number(count)} more; --csv and --json have them all`] : [];

const time = (date: Date): string => `${date.toISOString().slice(0, 16).replace("T", " ")} UTC`;
