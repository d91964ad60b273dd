import type { App } from "@slack/bolt";
import { looksLikeSecret } from "../src/approvals/looks-like-secret.ts";
import { pastedSecretMessage } from "../src/slack/matches-message.ts";
import { answeredApartMessage, openCaseHint } from "../src/slack/mention-message.ts";
import type { AskDeps } from "./ask.ts";
import { describeFailure } from "./explain-failures.ts";
import { answerQuestion } from "./question.ts";
import { report } from "./reporting.ts";

export interface MentionDeps extends AskDeps {
  /** Whether a thread in somebody's DM is the one of a support case, whose words go to support. */
  isCaseThread(thread: { readonly channel: string; readonly threadTs: string }): Promise<boolean>;
  /** The newest case of this person that is not resolved. */
  openCaseOf(userId: string): Promise<string | null>;
}

/** Asked in words: by `@glovebox` in a channel, or in a DM. What is asked is read, answered, and not kept. */
export function registerMention(app: App, deps: MentionDeps): void {
  const { desk, log } = deps;

  app.event("app_mention", async ({ event, body, context }) => {
    const { user: userId, channel, ts, thread_ts: threadTs, text } = event;
    if (userId === undefined || event.bot_id !== undefined || event.subtype !== undefined) return;
    const answer = (message: Parameters<typeof desk.sendDirect>[1]) => desk.sendDirect(userId, message);
    await report(deps, { id: `${body.event_id}:ask`, kind: "event app_mention", actor: userId, answer }, async () => {
      await answer(await answerSafely(deps, { text: withoutMention(text, context.botUserId), userId }));
    });
    // The same words whatever was asked and found: everybody in the channel reads them.
    await desk.post(channel, answeredApartMessage(userId), threadTs ?? ts).catch((error: unknown) => {
      log.warn(describeFailure(error), "the thread was not told of an answer");
    });
  });

  app.event("message", async ({ event, body }) => {
    if (event.channel_type !== "im" || event.subtype !== undefined || event.bot_id !== undefined) return;
    const { channel, ts, thread_ts: threadTs, user: userId, text = "" } = event;
    const isReply = threadTs !== undefined && threadTs !== ts;
    const answer = (message: Parameters<typeof desk.sendDirect>[1]) =>
      isReply ? desk.sendDirect(userId, message, threadTs) : desk.sendDirect(userId, message);
    await report(deps, { id: `${body.event_id}:ask`, kind: "event message.im", actor: userId, answer }, async () => {
      // In a case's thread people talk to support: see triage.ts.
      if (isReply && (await deps.isCaseThread({ channel, threadTs }))) return;
      await answer(openCaseHint(await answerSafely(deps, { text, userId }), await deps.openCaseOf(userId)));
    });
  });
}

/** Whoever writes freely may paste a value: then nothing is looked up at all. */
async function answerSafely(deps: MentionDeps, asked: { readonly text: string; readonly userId: string }) {
  return looksLikeSecret(asked.text) ? pastedSecretMessage() : answerQuestion(deps, asked, { isApart: true });
}

function withoutMention(text: string, botUserId: string | undefined): string {
  const own = new RegExp(`<@${botUserId ?? "[A-Z0-9]+"}(?:\\|[^>]*)?>`, "g");
  return text.replace(own, " ").trim();
}
