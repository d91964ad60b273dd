import type { App } from "@slack/bolt";
import { GloveboxError } from "../src/errors.ts";
import { ACTION } from "../src/slack/action-ids.ts";
import { caseOpenedMessage } from "../src/slack/case-card.ts";
import { onClick } from "./clicks.ts";
import { type Reporting, report } from "./reporting.ts";

/** A message in the thread of a case, or in the person's DM. Its text stays in Slack. */
export interface ThreadMessage {
  readonly channel: string;
  readonly ts: string;
  readonly threadTs: string;
  readonly by: string;
}

export interface TriageDeps extends Reporting {
  readonly supportChannel: string;
  openCase(input: {
    topic: string;
    openedBy: string;
    requestId: string | null;
    entryId: number | null;
  }): Promise<{ caseId: string }>;
  claimCase(input: { caseId: string; version: number; by: string }): Promise<unknown>;
  resolveCase(input: { caseId: string; version: number; by: string }): Promise<unknown>;
  /** Draws the card again, for a click that an old one invited. */
  redrawCase(caseId: string): Promise<unknown>;
  /** Of a supporter. Does nothing for a thread that is no case's. */
  relayToRequester(message: ThreadMessage): Promise<unknown>;
  /** Of the person who asked. Does nothing for a thread that is no case's. */
  relayToThread(message: ThreadMessage): Promise<unknown>;
}

/** Support: a case opened from any card or refusal, claimed, resolved, and words carried both ways. */
export function registerTriage(app: App, deps: TriageDeps): void {
  onClick(app, deps, ACTION.askSupport, async ({ value, userId, answer }) => {
    const { caseId } = await deps.openCase({ ...aboutOf(value.id), openedBy: userId });
    await answer(caseOpenedMessage(caseId));
  });
  for (const [actionId, act] of [
    [ACTION.claim, deps.claimCase],
    [ACTION.resolve, deps.resolveCase],
  ] as const) {
    onClick(app, deps, actionId, async ({ value, userId }) => {
      try {
        await act({ caseId: value.id, version: value.version, by: userId });
      } catch (error) {
        if (error instanceof GloveboxError && error.code === "CASE_CHANGED") await deps.redrawCase(value.id);
        throw error;
      }
    });
  }

  app.event("message", async ({ event, body, context }) => {
    // Replies of people alone: what a bot wrote, ours included, would go round for ever, and an edit is no new word.
    if (event.subtype !== undefined || event.bot_id !== undefined || event.thread_ts === undefined) return;
    if (event.thread_ts === event.ts) return;
    const { channel, ts, thread_ts: threadTs, user: by, channel_type: place } = event;
    const message = { channel, ts, threadTs, by };
    const isSupport = channel === deps.supportChannel;
    // A question to the bot is for the bot: what a supporter asks there may name what the person must not see.
    if (isSupport && context.botUserId && event.text?.trimStart().startsWith(`<@${context.botUserId}>`)) return;
    if (!isSupport && place !== "im") return;
    const deed = { id: body.event_id, kind: "event message", actor: by };
    await report(deps, { ...deed, answer: (words) => deps.desk.sendDirect(by, words) }, () =>
      isSupport ? deps.relayToRequester(message) : deps.relayToThread(message),
    );
  });
}

/** What the button's id stands for: a request, a secret, a reference in the log, or the code of a refusal. */
export function aboutOf(id: string): { topic: string; requestId: string | null; entryId: number | null } {
  if (/^RQ-\d+$/.test(id)) return { topic: `A question about ${id}`, requestId: id, entryId: null };
  if (/^\d+$/.test(id)) return { topic: "A question about a secret", requestId: null, entryId: Number(id) };
  const reference = /^ref-(\w+)$/.exec(id)?.[1];
  if (reference) return { topic: `Something broke: reference ${reference}`, requestId: null, entryId: null };
  return { topic: `A refusal: ${id}`, requestId: null, entryId: null };
}
