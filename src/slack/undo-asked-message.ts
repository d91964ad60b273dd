import type { RequestState } from "../migration/request-state.ts";
import { ACTION } from "./action-ids.ts";
import { actions, button, context, lines, type Message, message } from "./blocks.ts";
import { code, quote } from "./escape-mrkdwn.ts";
import { undoButton } from "./request-buttons.ts";
import { sayAudience, sayPath } from "./say.ts";
import type { ViewSettings } from "./view-settings.ts";

/** An operator's wish to undo, for the approvers' channel: their button signs the order, nothing else does. */
export function undoAskedMessage(
  state: RequestState,
  { by, reason }: { readonly by: string; readonly reason: string },
  { approvers }: Pick<ViewSettings, "approvers">,
): Message {
  const { id, content, version, migration } = state;
  // Somebody may have ordered it before this was posted: then there is nothing left to press.
  const buttons = [
    ...(migration?.canUndo ? [undoButton(state)] : []),
    button("Details", ACTION.details, { id, version }),
  ];
  return message(`An operator asks to undo ${id}`, [
    lines(
      `*An operator asks to undo ${id}*  ${code(by, 100)}`,
      `${sayPath(content.source, 400)} in ${code(content.target.name, 400)}`,
      quote(reason),
    ),
    ...actions(...buttons),
    context(`Nothing is undone until one of ${sayAudience(approvers)}, and not the requester, presses *Undo*.`),
  ]);
}
