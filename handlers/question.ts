import type { Message } from "../src/slack/blocks.ts";
import { unescapeCommandText } from "../src/slack/escape-mrkdwn.ts";
import { helpMessage } from "../src/slack/menu-message.ts";
import { type AnswerPlace, type Asked, answerWhat } from "./answering.ts";
import { type AskDeps, answerStatus } from "./ask.ts";

/** How people begin a question; what follows is what they ask for. */
const OPENING =
  /^(?:(?:what(?:'s|’s| is| are)?|find|show(?: me)?|tell me(?: about)?|explain|migrate|who (?:uses|owns|reads))\s+)+/i;

/**
 * What somebody wrote to the bot in their own words, in a DM or behind a mention. No form can be opened from here, so
 * `migrate` answers with the card, whose button opens it.
 */
export async function answerQuestion(deps: AskDeps, { text, userId }: Asked, place: AnswerPlace): Promise<Message> {
  const plain = unescapeCommandText(text).trim();
  if (plain === "" || /^(?:help|hi|hello)\b/i.test(plain)) return helpMessage();
  const status = /^status\b\s*([\s\S]*)$/i.exec(plain);
  if (status) return answerStatus(deps, { text: status[1] ?? "", userId });
  const asked = plain.replace(OPENING, "").replace(/\s*\?+$/, "");
  return answerWhat(deps, { text: asked === "" ? plain : asked, userId }, place);
}
