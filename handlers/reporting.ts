import type { RespondFn } from "@slack/bolt";
import type { Message } from "../src/slack/blocks.ts";
import type { ButtonValue } from "../src/slack/button-value.ts";
import type { Desk } from "../src/slack/slack-desk.ts";
import { explainFailures, type HandlerLog } from "./explain-failures.ts";

/** What every handler needs to say how it went. */
export interface Reporting {
  readonly log: HandlerLog;
  readonly desk: Desk;
  readonly now: () => Date;
  /**
   * Writes down that this click, command or event arrived.
   * @returns False if it was here before: Slack repeats what it thinks we missed.
   */
  recordInbox(id: string, kind: string, actor: string): Promise<boolean>;
}

/** One thing that a person did in Slack, already acknowledged. */
export interface Deed {
  /** Unique for each deed: a trigger id or an event id. */
  readonly id: string;
  /** `command`, `action`, `view` or `event`, and which. */
  readonly kind: string;
  readonly actor: string;
  readonly subject?: ButtonValue | null;
  answer(message: Message): Promise<unknown>;
}

/** Does it once, and tells the one who did it if it fails. */
export async function report(reporting: Reporting, deed: Deed, act: () => Promise<unknown>): Promise<void> {
  const { log } = reporting;
  await explainFailures({ log, answer: deed.answer, subject: deed.subject ?? null }, async () => {
    if (!(await reporting.recordInbox(deed.id, deed.kind, deed.actor))) return;
    await act();
  });
}

/**
 * A private answer to a click or command. By its response_url where there is one: that works in channels that the bot
 * is not in. Else (Home tab, modals) as a DM.
 */
export function privately(respond: RespondFn | undefined, desk: Desk, userId: string) {
  return async (message: Message): Promise<void> => {
    if (!respond) {
      await desk.sendDirect(userId, message);
      return;
    }
    await respond({ ...message, response_type: "ephemeral", replace_original: false });
  };
}
