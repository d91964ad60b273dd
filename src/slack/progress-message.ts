import { LANE_WORDS, LANES, type Lane } from "../migration/lanes/lane.ts";
import { isUnknown, type ProgressReport } from "../migration/progress/count-progress.ts";
import {
  type GroupCounts,
  laneCount,
  movedOf,
  PROGRESS_STATES,
  type ProgressState,
  percent,
  stateCount,
  totalOf,
} from "../migration/progress/progress-counts.ts";
import { sayEvidence } from "../migration/progress/say-evidence.ts";
import { ACTION } from "./action-ids.ts";
import { actions, type Block, button, context, header, lines, type Message, message } from "./blocks.ts";
import { escapeMrkdwn } from "./escape-mrkdwn.ts";
import { shorten } from "./shorten.ts";

const TEAMS_SHOWN = 10;
const BAR_PLACES = 10;
const number = (count: number): string => count.toLocaleString("en-US");

const LANE_MEANS: Readonly<Record<Lane, string>> = {
  standard: "by request and approval",
  complex: "somebody must decide how",
  "white-glove": "with support's help",
};

const STATE_MEANS: Readonly<Record<ProgressState, string>> = {
  found: "found, nobody knows yet what they are",
  identified: "known what they are, not asked for",
  asked: "waiting for approval",
  approved: "approved and queued",
  moving: "being moved right now",
  moved: "moved, and still in Vault as well",
  cleaned: "moved, and gone from Vault",
  failed: "failed, Vault is unchanged",
  stopped: "rejected, withdrawn, expired or taken back",
};

/**
 * The answer to `/secrets progress`: counts alone, no name of a secret.
 * @param offset The first team that is shown; a further page shows teams alone.
 */
export function progressMessage(report: ProgressReport, offset = 0): Message {
  const { whole, by } = report;
  const [all, moved] = [totalOf(whole), movedOf(whole)];
  const headline = `Progress: ${number(moved)} of ${number(all)} secrets moved (${percent(moved, all)})`;
  const blocks: Block[] = [
    header(headline),
    ...(offset === 0 ? wholeBlocks(whole) : []),
    ...teamBlocks(by.team, offset),
    context(escapeMrkdwn(["Counted just now.", ...sayEvidence(report)].join(" "))),
  ];
  return message(headline, blocks);
}

const wholeBlocks = (whole: GroupCounts): Block[] => [
  lines("*Lanes*", ...LANES.map((lane) => laneLine(whole, lane)), unjudgedLine(whole)),
  lines("*How far*", ...PROGRESS_STATES.flatMap((state) => stateLine(whole, state))),
];

function laneLine(whole: GroupCounts, lane: Lane): string {
  const [count, all] = [laneCount(whole, lane), totalOf(whole)];
  return `${bar(count, all)}  ${LANE_WORDS[lane]}: ${number(count)} (${percent(count, all)}), ${LANE_MEANS[lane]}`;
}

function unjudgedLine({ unjudged }: GroupCounts): string | null {
  const count = PROGRESS_STATES.reduce((sum, state) => sum + unjudged[state], 0);
  return count === 0 ? null : `${number(count)} more were found since the lanes were judged`;
}

function stateLine(whole: GroupCounts, state: ProgressState): string[] {
  const [count, all] = [stateCount(whole, state), totalOf(whole)];
  return count === 0 ? [] : [`${bar(count, all)}  ${number(count)} (${percent(count, all)}) ${STATE_MEANS[state]}`];
}

function teamBlocks(teams: readonly GroupCounts[], offset: number): Block[] {
  if (teams.length === 0) return [];
  const shown = teams.slice(offset, offset + TEAMS_SHOWN);
  const range =
    teams.length > TEAMS_SHOWN ? `, ${offset + 1} to ${offset + shown.length} of ${number(teams.length)}` : "";
  const page = (at: number) => ({ id: "progress", version: Math.max(0, at) });
  const next = offset + TEAMS_SHOWN;
  return [
    lines(`*Teams*${range}`, ...shown.map(teamLine)),
    ...actions(
      ...(next < teams.length ? [button("Show more", ACTION.progressMore, page(next))] : []),
      ...(offset > 0 ? [button("Previous", ACTION.progressPrevious, page(offset - TEAMS_SHOWN))] : []),
    ),
  ];
}

function teamLine(group: GroupCounts): string {
  const all = totalOf(group);
  const name = isUnknown("team", group) ? "_No owner known_" : `*${escapeMrkdwn(shorten(group.name, 60))}*`;
  const care = LANES.flatMap((lane) => {
    const count = laneCount(group, lane);
    return count === 0 || lane === "standard" ? [] : [`${number(count)} ${lane}`];
  });
  const said = [`${number(movedOf(group))} of ${number(all)} moved (${percent(movedOf(group), all)})`, ...care];
  return `${bar(movedOf(group), all)}  ${name}: ${said.join(", ")}`;
}

/** Ten places; what is there shows at least one, and only the whole fills all. The words beside it say the same. */
function bar(part: number, whole: number): string {
  const share = whole === 0 ? 0 : (part / whole) * BAR_PLACES;
  const rounded = part === whole && whole > 0 ? BAR_PLACES : Math.min(BAR_PLACES - 1, Math.round(share));
  const full = part === 0 ? 0 : Math.max(1, rounded);
  return `\`${"█".repeat(full)}${"░".repeat(BAR_PLACES - full)}\``;
}
