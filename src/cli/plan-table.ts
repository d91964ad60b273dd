import { showName } from "../catalog/show-name.ts";
import { LANES } from "../migration/lanes/lane.ts";
import type { PlanSummary } from "../migration/plan/plan-estate.ts";
import { VERDICTS } from "../migration/plan/plan-row.ts";
import type { ReasonCount, VerdictCounts } from "../migration/plan/plan-tally.ts";
import { reasonWords } from "../migration/plan/reason-words.ts";

const MOUNTS_SHOWN = 40;
const number = (count: number): string => count.toLocaleString("en-US");

/** The plan's counts as lines for the terminal. What does not fit is counted in a line of its own. */
export function planTable(summary: PlanSummary): string[] {
  const { byVerdict, byLane, byMount, otherEngines } = summary;
  const mounts = byMount.slice(0, MOUNTS_SHOWN).map(({ mount, engine, byVerdict: counts }) => ({
    name: `${showName(mount).shown} (${engine})`,
    counts,
  }));
  const lanes = LANES.map((lane) => ({ name: lane, counts: byLane[lane] }));
  const width = Math.max(20, ...mounts.map(({ name }) => name.length + 2));
  const rows = (lines: { name: string; counts: VerdictCounts }[]) =>
    lines.map(({ name, counts }) => countLine(`  ${name}`, width, counts));
  return [
    ...headLines(summary),
    "",
    `${" ".repeat(width)}${[...VERDICTS, "all"].map((word) => word.padStart(10)).join("")}`,
    countLine("secrets", width, byVerdict),
    "by lane",
    ...rows(lanes),
    "by mount",
    ...rows(mounts),
    ...more(byMount.length - mounts.length, "mounts; --json has them all"),
    ...reasonLines(summary.reasons),
    ...decisionLines(summary),
    ...(otherEngines.length === 0
      ? []
      : ["", "Mounts of other engines, not counted above (ask support how they move):"]),
    ...otherEngines.map(({ mount, engine, roleCount }) => {
      const roles = roleCount === 1 ? "1 role" : `${number(roleCount)} roles`;
      return `  ${showName(mount).shown} (${engine}), ${roles}`;
    }),
  ];
}

function headLines({ secretCount, plannedAt, rule, catalogue, lookUp }: PlanSummary): string[] {
  const { finishedAt, unreadableCount, isNewerUnfinished } = catalogue;
  const crawl =
    finishedAt === null
      ? "No crawl has come to its end yet: secrets may be missing."
      : `The last whole crawl ended ${time(finishedAt)}${isNewerUnfinished ? ", and a newer one is under way or broke off" : ""}.`;
  const unread = `${number(unreadableCount)} places in Vault could not be read, so what is there is not in this plan.`;
  return [
    `${number(secretCount)} secrets in the catalogue at ${time(plannedAt)}, judged without a value. ${crawl}`,
    ...(unreadableCount === 0 ? [] : [unread]),
    `Names are planned for account ${rule.accountId} in ${rule.region}, beginning with \`${rule.namePrefix}\`.`,
    lookUpLine(lookUp),
  ];
}

function lookUpLine(lookUp: PlanSummary["lookUp"]): string {
  if (lookUp === null) {
    return "Names in AWS were not looked at, so some may be taken: --look-up asks AWS about each (one call a secret).";
  }
  const { answered, unanswered, leftOut, lastErrorCode } = lookUp;
  const asked = `AWS was asked about ${number(answered + unanswered)} names and answered ${number(answered)}`;
  if (unanswered === 0) return `${asked}.`;
  const rest = leftOut === 0 ? "" : ` It failed too often in a row, so ${number(leftOut)} more were not looked at.`;
  return `${asked} (last failure: ${lastErrorCode}).${rest}`;
}

function reasonLines(reasons: readonly ReasonCount[]): string[] {
  if (reasons.length === 0) return [];
  const width = Math.max(...reasons.map(({ code }) => code.length)) + 2;
  const line = ({ code, effect, count }: ReasonCount) =>
    `  ${code.padEnd(width)}${effect.padEnd(9)}${number(count).padStart(8)}  ${reasonWords(code)}`;
  return ["by reason (a secret may have several)", ...reasons.map(line)];
}

function decisionLines({ byVerdict, reasons }: PlanSummary): string[] {
  const open = reasons.filter(({ effect, decisive }) => effect === "decide" && decisive > 0);
  if (open.length === 0) return ["", "There is nothing that a person must decide first."];
  const each = open.flatMap(({ code, decisive, examples }) => [
    `  ${number(decisive)} x ${reasonWords(code)}`,
    ...examples.map((name) => `      ${visible(name)}`),
    ...more(decisive - examples.length, `with ${code}`).map((line) => `    ${line}`),
  ]);
  return ["", `A person must decide about ${number(byVerdict.decide)} secrets:`, ...each];
}

function visible(name: string): string {
  const { shown, note } = showName(name);
  return note === null ? shown : `${shown}  (${note})`;
}

function more(count: number, what: string): string[] {
  return count > 0 ? [`  and ${number(count)} more ${what}`] : [];
}

function countLine(name: string, width: number, counts: VerdictCounts): string {
  const cells = VERDICTS.map((verdict) => counts[verdict]);
  const total = cells.reduce((sum, count) => sum + count, 0);
  return `${name.padEnd(width)}${[...cells, total].map((count) => number(count).padStart(10)).join("")}`;
}

function time(date: Date): string {
  return `${date.toISOString().slice(0, 16).replace("T", " ")} UTC`;
}
