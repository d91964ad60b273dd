import { showName } from "../catalog/show-name.ts";
import { ITEM_STATES, type ItemCounts, type ItemState } from "../migration/waves/item-states.ts";
import type { WaveState } from "../migration/waves/wave-state.ts";
import type { WavePhase } from "../store/tables/waves.ts";
import { actions, type Block, context, lines, type Message, message } from "./blocks.ts";
import { code, escapeMrkdwn, quote } from "./escape-mrkdwn.ts";
import { sayPlural, sayTime, sayUser } from "./say.ts";
import { shorten } from "./shorten.ts";
import { type WaveAudience, waveButtons } from "./wave-buttons.ts";

const HEADLINE: Readonly<Record<WavePhase, string>> = {
  draft: ":memo: A wave, not sent yet",
  open: ":hourglass: A wave, not started",
  running: ":arrows_counterclockwise: A wave, running",
  paused: ":double_vertical_bar: A wave, paused",
  done: ":checkered_flag: A wave, done",
  dropped: ":wastebasket: A wave, dropped",
  expired: ":hourglass: A wave, expired before it was sent",
  ending: ":octagonal_sign: A wave, being ended",
  ended: ":octagonal_sign: A wave, ended",
};

const STATE_WORDS: Readonly<Record<ItemState, string>> = {
  planned: "not asked for yet",
  asked: "being asked for",
  waiting: "waiting for approval",
  approved: "approved, not their turn yet",
  running: "with the worker",
  moved: "moved",
  failed: "failed",
  undone: "undone",
  rejected: "rejected",
  expired: "expired",
  withdrawn: "withdrawn",
  dropped: "dropped before they were asked for",
  left: "went their own way",
};

const FAILURES_SHOWN = 5;

/** The one card of a wave, edited in place: how far it is, what waits for whom, when it will be over. Pure. */
export function waveCard(wave: WaveState, audience: WaveAudience): Message {
  const { name, state, itemCount, requester, createdBy, reason, selection, waits } = wave;
  const headline = `${HEADLINE[state]}: ${code(name, 60)}, ${sayPlural(itemCount, "secret")}`;
  const asks =
    state === "draft" && audience === "requester"
      ? `An operator (${code(createdBy, 60)}) made this for you. It becomes your request when you send it.`
      : `${sayUser(requester)} asks to move these secrets; ${code(createdBy, 60)} chose them.`;
  const blocks: Block[] = [
    lines(`*${headline}*`, asks, `*Chosen by*  ${code(selection, 600)}`, "*Why*", quote(reason)),
    ...endBlocks(wave),
    lines(...batchLines(wave)),
    ...(["draft", "dropped", "expired"].includes(state) ? [] : [lines(...progressLines(wave))]),
    ...exampleBlocks(wave),
    ...failureBlocks(wave),
    context(`*Next*  ${waits.map((text) => escapeMrkdwn(text)).join("\n")}`),
    ...actions(...waveButtons(wave, audience)),
  ];
  return message(headline, blocks);
}

function endBlocks({ endedBy, endReason }: WaveState): Block[] {
  if (endedBy === null) return [];
  const by = endedBy.startsWith("operator:") ? code(endedBy, 60) : sayUser(endedBy);
  return [lines(`*Ended by*  ${by}`, quote(endReason ?? ""))];
}

function batchLines({ state, batches, exceptionCount }: WaveState): string[] {
  const sizes = batches.map(({ itemCount }) => itemCount);
  const [pilot = 0, ...rest] = sizes;
  const others =
    rest.length === 0
      ? ""
      : `, then ${sayPlural(rest.length, "batch").replace(/batchs$/, "batches")} of up to ${Math.max(...rest)}`;
  const exceptions =
    exceptionCount === 0
      ? "*Exceptions*  none"
      : `*Exceptions*  ${exceptionCount} that can't be part of it; each is listed with its next step`;
  const how = state === "draft" ? "Each batch gets one card for its approvers, who must look at a sample of it." : "";
  return [`*Batches*  a pilot of ${pilot}${others}. ${how}`.trimEnd(), exceptions];
}

function progressLines({
  counts,
  itemCount,
  secondsEach,
  approvedUntil,
  allUntil,
  startedAt,
  stopAfter,
}: WaveState): string[] {
  const pace = secondsEach === null ? "not measured yet" : `one in ${sayPace(secondsEach)} (median of the last 20)`;
  return [
    `*Progress*  ${bar(counts, itemCount)}`,
    `${sayCounts(counts)}`,
    `*Pace*  ${pace}`,
    ...(approvedUntil === null ? [] : [`*What is approved is moved by*  ${sayTime(approvedUntil)}`]),
    ...(allUntil === null || allUntil.getTime() === approvedUntil?.getTime()
      ? []
      : [`*All of it, if approvals come in time*  ${sayTime(allUntil)}`]),
    ...(startedAt === null ? [] : [`*Started*  ${sayTime(startedAt)}; it pauses after ${stopAfter} failures in a row`]),
  ];
}

/** `36 s`, `0.4 s`. */
export const sayPace = (seconds: number): string => `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`;

/** Twenty marks for the share that is moved. */
export function bar({ moved }: ItemCounts, itemCount: number): string {
  const share = itemCount === 0 ? 0 : moved / itemCount;
  const full = Math.floor(share * 20);
  return `\`${"█".repeat(full)}${"░".repeat(20 - full)}\` ${moved} of ${itemCount} (${Math.floor(share * 100)} %)`;
}

export function sayCounts(counts: Readonly<Partial<Record<string, number>>>): string {
  const said = ITEM_STATES.flatMap((state) =>
    (counts[state] ?? 0) > 0 ? [`${counts[state]} ${STATE_WORDS[state]}`] : [],
  );
  return said.join(" · ") || "nothing";
}

function exampleBlocks({ examples }: WaveState): Block[] {
  if (examples.length === 0) return [];
  const each = examples.map(({ name, targetName, notes }) => {
    const unusual = notes.length === 0 ? "" : ` (${shorten(escapeMrkdwn(notes.join("; ")), 200)})`;
    return `• ${code(showName(name).shown, 250)} to ${code(targetName, 250)}${unusual}`;
  });
  return [lines("*Some of them*", ...each)];
}

function failureBlocks({ failures }: WaveState): Block[] {
  if (failures.length === 0) return [];
  const each = failures
    .slice(0, FAILURES_SHOWN)
    .map(
      ({ requestId, name, causeCode, nextStep }) =>
        `• ${requestId} ${code(name, 150)}: ${causeCode}. ${escapeMrkdwn(nextStep)}`,
    );
  const rest = failures.length - each.length;
  return [lines("*Failed*", ...each, rest > 0 ? `and ${rest} more: each has its card in its batch's thread` : null)];
}
