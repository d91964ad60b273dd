import type { BatchState, WaveState } from "./wave-state.ts";

type StateBeforeWaits = Omit<WaveState, "waits">;

/** What waits for whom, in plain words for cards and terminals alike. */
export function whatWaits(wave: StateBeforeWaits): string[] {
  const { name, state, batches, isAllPaused, pauseReason } = wave;
  if (state === "draft")
    return ["It is a draft: its requester sends it for approval, or drops it, in the bot's direct message."];
  if (state === "dropped") return ["Its requester dropped it. Nothing was asked for."];
  if (state === "expired")
    return ["Its requester did not send it in time. Nothing was asked for; an operator can make it anew."];
  if (state === "ending") return [endingWords(wave)];
  if (state === "ended") return [endedWords(wave)];
  if (state === "done") return [doneWords(wave)];
  const waits = batches.flatMap((batch) => batchWaits(batch));
  const approved = wave.counts.approved + wave.counts.running;
  if (state === "open" && approved > 0)
    waits.push(`What is approved waits for an operator: glovebox wave start ${name}`);
  if (state === "paused")
    waits.push(`It is paused (${pauseReason ?? "no reason"}). An operator lets it go on: glovebox wave start ${name}`);
  if (isAllPaused) waits.push("An operator has paused all moves: glovebox resume lets them go on.");
  if (state === "running" && approved > 0 && !isAllPaused)
    waits.push("What is approved is being moved. There is nothing to do.");
  return [...waits, ...nextBatchWaits(wave, waits.length > 0)];
}

function batchWaits({ number, state, counts }: BatchState): string[] {
  switch (state) {
    case "asking":
      return [`Batch ${number}: its requests are being made.`];
    case "waiting":
      return [`Batch ${number}: ${counts.waiting} requests wait for an approver, who looks at the sample first.`];
    case "approving":
      return [`Batch ${number}: approved; its requests are being signed one by one.`];
    default:
      return [];
  }
}

/** Why the next batch is not asked for yet. */
function nextBatchWaits({ name, batches }: StateBeforeWaits, isBusy: boolean): string[] {
  const next = batches.find(({ state }) => state === "planned");
  if (!next) return [];
  const before = batches.filter(({ number }) => number < next.number);
  const hasGoneWrong = before.some(
    ({ state, counts }) => (state === "ended" || state === "approved") && counts.failed > 0,
  );
  const refused = before.find(({ state }) => state === "rejected" || state === "expired");
  if (refused) {
    return [
      `Batch ${refused.number} ${refused.state === "rejected" ? "was rejected" : "expired"}, so batch ${next.number} is not asked for. An operator chooses: go on with the next batch (glovebox wave start ${name} --next), or end the wave (glovebox wave end ${name} --reason …) and make a new one as the approvers wish it.`,
    ];
  }
  if (hasGoneWrong) {
    return [
      `Batch ${next.number} is not asked for, because not all before it went well. Retry what failed, or go on all the same: glovebox wave start ${name} --next`,
    ];
  }
  return isBusy ? [] : [`Batch ${next.number} is asked for in a moment.`];
}

function endingWords({ counts }: StateBeforeWaits): string {
  const left = counts.running + counts.asked;
  const rest = left === 0 ? "" : ` ${left} that are in hand or on their way end first.`;
  return `An operator has ended it: what is not begun is withdrawn, nothing more is asked for.${rest}`;
}

function endedWords({ counts }: StateBeforeWaits): string {
  const rest = counts.failed === 0 ? "" : ` ${counts.failed} failed: each has its card with the next step.`;
  return `It was ended: ${counts.moved} moved; ${counts.withdrawn} withdrawn and ${counts.dropped} never asked for, which may be part of a new wave.${rest}`;
}

function doneWords({ counts }: StateBeforeWaits): string {
  const rest = counts.failed === 0 ? "" : ` ${counts.failed} failed: each has its card with the next step.`;
  const refused = counts.rejected + counts.expired;
  const again = refused === 0 ? "" : ` ${refused} were rejected or expired: a new wave of them can ask again.`;
  return `It is done: ${counts.moved} moved.${rest}${again}`;
}
