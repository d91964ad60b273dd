import { showName } from "../catalog/show-name.ts";
import type { Phrase } from "../metadata/answer/phrase.ts";
import { code, escapeMrkdwn } from "./escape-mrkdwn.ts";
import { sayDay, sayUser } from "./say.ts";
import { shorten } from "./shorten.ts";

/** Longer names are shortened: a sentence has to stay one. */
const NAME_AT_MOST = 90;
/** Making the invisible visible is slow for very long names, and what is cut off is not shown anyway. */
const LOOKED_AT = 400;

/** A sentence for Slack: names in code style with what can't be seen made visible, people as mentions, days as dates. */
export function sayPhrase(phrase: Phrase): string {
  return phrase
    .map((part) => {
      if (typeof part === "string") return escapeMrkdwn(part);
      if ("name" in part) return code(shownName(part.name), NAME_AT_MOST);
      if ("userId" in part) return sayUser(part.userId);
      return sayDay(part.day);
    })
    .join("");
}

const shownName = (name: string): string => showName(name.slice(0, LOOKED_AT)).shown;

/** For the text that notifications and screen readers get: without styles, and nobody mentioned. */
export function plainPhrase(phrase: Phrase): string {
  return phrase
    .map((part) => {
      if (typeof part === "string") return escapeMrkdwn(part);
      if ("name" in part) return escapeMrkdwn(shorten(shownName(part.name), NAME_AT_MOST));
      return "userId" in part ? "a person" : part.day.toISOString().slice(0, 10);
    })
    .join("");
}
