import type { App, BlockAction, ButtonAction } from "@slack/bolt";
import type { Message } from "../src/slack/blocks.ts";
import { type ButtonValue, parseButtonValue } from "../src/slack/button-value.ts";
import { privately, type Reporting, report } from "./reporting.ts";

export interface Click {
  readonly userId: string;
  readonly value: ButtonValue;
  readonly triggerId: string;
  /** The channel of the card; null in the Home tab and in modals. */
  readonly channel: string | null;
  /** What the view under the button remembers; null on a message. */
  readonly memory: string | null;
  /** The modal that was clicked in; null elsewhere. */
  readonly viewId: string | null;
  answer(message: Message): Promise<void>;
  /** Shows it to everybody in the channel, by the click's own right to answer there. */
  share(message: Message): Promise<void>;
  /** Draws the message that was clicked in anew, where it stands; as a DM where it can't be reached. */
  redraw(message: Message): Promise<void>;
}

/** Listens for one button: acks, notes the click down, reads the button's value, acts, and explains a failure. */
export function onClick(
  app: App,
  reporting: Reporting,
  actionId: string,
  act: (click: Click) => Promise<unknown>,
): void {
  app.action<BlockAction<ButtonAction>>(
    { action_id: actionId, type: "block_actions" },
    async ({ ack, body, action, respond }) => {
      await ack(); // Slack gives up after 3 s
      const userId = body.user.id;
      // Bolt gives a `respond` to every listener; in the Home tab there is no address behind it.
      const canRespond = typeof body.response_url === "string" && body.response_url !== "";
      const answer = privately(canRespond ? respond : undefined, reporting.desk, userId);
      const deed = { id: `${body.trigger_id}:${actionId}`, kind: `action ${actionId}`, actor: userId, answer };
      const subject = readSubject(action.value);
      await report(reporting, { ...deed, subject }, () =>
        act({
          userId,
          value: parseButtonValue(action.value),
          triggerId: body.trigger_id,
          channel: body.channel?.id ?? null,
          memory: body.view?.private_metadata ?? null,
          viewId: body.view?.type === "modal" ? body.view.id : null,
          answer,
          share: async (message) => {
            await respond({ ...message, response_type: "in_channel", replace_original: false });
          },
          redraw: async (message) => {
            if (!canRespond) return answer(message);
            await respond({ ...message, replace_original: true });
          },
        }),
      );
    },
  );
}

/** For "Ask support" on a refusal; a button that is not ours has none. */
function readSubject(value: string | undefined): ButtonValue | null {
  try {
    return parseButtonValue(value);
  } catch {
    return null;
  }
}
