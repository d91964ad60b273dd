import type { types } from "@slack/bolt";
import type { RequestState } from "../migration/request-state.ts";
import { ACTION } from "./action-ids.ts";
import { button } from "./blocks.ts";
import { openConflict } from "./conflict-lines.ts";

export type CardAudience = "approvers" | "requester" | "anyone";

/** What may be pressed, by audience and state. Who may press is decided at the click, by the use-case. */
export function requestButtons(state: RequestState, audience: CardAudience): types.Button[] {
  const value = { id: state.id, version: state.version };
  const { status, migration } = state;
  const isWaiting = status === "waiting";
  const isOver = status === "rejected" || status === "expired" || status === "withdrawn" || status === "undone";
  const buttons: types.Button[] = [];
  if (isWaiting && audience === "approvers") {
    buttons.push(
      button("Approve", ACTION.approve, value, { style: "primary" }),
      button("Reject", ACTION.reject, value, { style: "danger" }),
    );
  }
  if (isWaiting && audience === "requester") {
    buttons.push(
      button("Edit", ACTION.edit, value),
      button("Withdraw", ACTION.withdraw, value, {
        confirm: {
          title: "Withdraw this request",
          text: `${state.id} will no longer wait for approval. Nothing has been moved.`,
          yes: "Withdraw",
        },
      }),
    );
  }
  const conflict = openConflict(state);
  if (conflict !== null && audience === "requester")
    buttons.push(...conflictButtons(state, conflict.others.length === 0));
  if (status === "failed" && migration?.canRetry) buttons.push(button("Retry", ACTION.retry, value));
  // Approvers alone may order it, so nobody else is offered it.
  if (status === "migrated" && migration?.canUndo && audience === "approvers") buttons.push(undoButton(state));
  // Also next to Retry: some failures want another target, and Retry can only repeat the old form.
  if (audience === "requester" && (isOver || (status === "failed" && conflict === null))) {
    buttons.push(button("Request again", ACTION.again, value));
  }
  return [...buttons, button("Ask support", ACTION.askSupport, value), button("Details", ACTION.details, value)];
}

/** What its requester alone decides when the target is somebody else's. */
function conflictButtons(state: RequestState, canTakeOver: boolean): types.Button[] {
  const value = { id: state.id, version: state.version };
  const stop = {
    title: "Stop this request",
    text: `${state.id} ends here. Nothing was written to AWS, and Vault still has the secret.`,
    yes: "Stop",
  };
  return [
    ...(canTakeOver ? [button("Take it over", ACTION.takeOver, value)] : []),
    button("Choose another name", ACTION.rename, value),
    button("Stop", ACTION.stop, value, { style: "danger", confirm: stop }),
  ];
}

/** Undo asks first: it takes a working target away. */
export const undoButton = ({ id, version }: Pick<RequestState, "id" | "version">): types.Button =>
  button(
    "Undo",
    ACTION.undo,
    { id, version },
    {
      style: "danger",
      confirm: {
        title: "Undo this migration",
        text: "What this migration wrote in AWS is taken back: a new secret is scheduled for deletion (it can be restored), an older version becomes current again. Vault is not touched. Whoever reads the target now will notice.",
        yes: "Undo",
      },
    },
  );
