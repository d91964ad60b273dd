import type { types } from "@slack/bolt";
import { batchId } from "../migration/waves/wave-name.ts";
import type { WaveState } from "../migration/waves/wave-state.ts";
import { ACTION } from "./action-ids.ts";
import { button } from "./blocks.ts";

export type WaveAudience = "requester" | "operators";

/** A wave's buttons carry its name; who may press is decided at the click. */
export function waveButtons({ name, state, exceptionCount }: WaveState, audience: WaveAudience): types.Button[] {
  const value = { id: name, version: 1 };
  const buttons: types.Button[] = [];
  if (state === "draft" && audience === "requester") {
    buttons.push(
      button("Send for approval", ACTION.waveConfirm, value, { style: "primary" }),
      button("Drop", ACTION.waveDrop, value, {
        style: "danger",
        confirm: { title: "Drop this draft", text: "Nothing has been asked for, and nothing will be.", yes: "Drop" },
      }),
    );
  }
  if (audience === "operators" && (state === "open" || state === "paused")) {
    buttons.push(button(state === "open" ? "Start" : "Go on", ACTION.waveStart, value, { style: "primary" }));
  }
  if (audience === "operators" && state === "running") buttons.push(button("Pause", ACTION.wavePause, value));
  if (audience === "operators" && ["open", "running", "paused"].includes(state)) {
    const text =
      "What waits or is approved and not begun is withdrawn, and no further batch is asked for. What moved stays.";
    const confirm = { title: "End this wave", text, yes: "End it" };
    buttons.push(button("End", ACTION.waveEnd, value, { style: "danger", confirm }));
  }
  if (exceptionCount > 0) buttons.push(exceptionsButton(name));
  return buttons;
}

export const exceptionsButton = (name: string): types.Button =>
  button("Exceptions", ACTION.waveExceptions, { id: name, version: 1 });

/** What an approver may press on a batch that waits. */
export function batchButtons(batch: { wave: string; number: number; version: number }): types.Button[] {
  const value = { id: batchId(batch), version: batch.version };
  return [
    button("Look at the sample", ACTION.batchLook, value),
    button("Approve", ACTION.batchApprove, value, { style: "primary" }),
    button("Reject", ACTION.batchReject, value, { style: "danger" }),
  ];
}
