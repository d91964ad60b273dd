import { showName } from "../catalog/show-name.ts";
import { ITEM_STATES } from "../migration/waves/item-states.ts";
import type { BatchState, WaveState } from "../migration/waves/wave-state.ts";

/** A wave's state as lines for a terminal. The bar is drawn by whoever watches. */
export function waveLines(wave: WaveState): string[] {
  const { name, state, requester, createdBy, reason, selection, itemCount, counts, exceptionCount } = wave;
  return [
    `${name}  ${state}${wave.pauseReason === null ? "" : ` (${wave.pauseReason})`}`,
    ...(wave.endedBy === null ? [] : [`  ended by   ${wave.endedBy}: ${wave.endReason ?? ""}`]),
    `  asked by   ${requester}, chosen by ${createdBy}: ${selection}`,
    `  reason     ${reason}`,
    `  ${progressLine(wave)}`,
    `  states     ${sayCounts(counts)}`,
    `  pace       ${paceWords(wave)}`,
    ...untilLines(wave),
    `  batches    ${wave.batches.length}, exceptions ${exceptionCount}`,
    ...wave.batches.map((batch) => `    ${batchLine(batch)}`),
    ...failureLines(wave),
    ...wave.waits.map((text) => `  next       ${text}`),
    ...(itemCount === 0 ? ["  It has no items."] : []),
  ];
}

/** Plain, for a log or a pipe: `progress  12 of 500 moved (2 %)`. */
export function progressLine({ counts: { moved }, itemCount }: Pick<WaveState, "counts" | "itemCount">): string {
  const percent = itemCount === 0 ? 0 : Math.floor((moved / itemCount) * 100);
  return `progress   ${moved} of ${itemCount} moved (${percent} %)`;
}

export function paceWords({ secondsEach }: Pick<WaveState, "secondsEach">): string {
  if (secondsEach === null) return "not measured yet: it takes two that have ended";
  return `one in ${secondsEach < 10 ? secondsEach.toFixed(1) : Math.round(secondsEach)} s (median of the last 20)`;
}

function untilLines({ approvedUntil, allUntil }: WaveState): string[] {
  return [
    ...(approvedUntil === null ? [] : [`  approved   moved by ${time(approvedUntil)}`]),
    ...(allUntil === null ? [] : [`  all        moved by ${time(allUntil)}, if approvals come in time`]),
  ];
}

function batchLine({ number, state, version, decidedBy, counts, itemCount }: BatchState): string {
  const again = version > 1 ? `, asked ${version} times` : "";
  const by = decidedBy === null ? "" : ` by ${decidedBy}`;
  const name = number === 1 ? "pilot" : `batch ${number}`;
  return `${name.padEnd(10)} ${state}${by}${again}, ${itemCount}: ${sayCounts(counts)}`;
}

function failureLines({ failures }: WaveState): string[] {
  return failures.flatMap(({ requestId, name, causeCode, causeText, nextStep }) => [
    `  failed     ${requestId}  ${showName(name).shown}  ${causeCode}`,
    `             ${causeText}`,
    `             Next: ${nextStep}`,
  ]);
}

function sayCounts(counts: WaveState["counts"]): string {
  const said = ITEM_STATES.flatMap((state) => (counts[state] > 0 ? [`${counts[state]} ${state}`] : []));
  return said.join(", ") || "none";
}

/** `2026-11-24 10:00 UTC`. */
export function time(date: Date): string {
  return `${date.toISOString().slice(0, 16).replace("T", " ")} UTC`;
}
