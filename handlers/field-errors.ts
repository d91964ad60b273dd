import { LooksLikeSecretError } from "../src/approvals/errors.ts";
import { fieldInput, INPUT } from "../src/slack/action-ids.ts";
import type { FieldErrors } from "../src/slack/read-intake-form.ts";
import { shorten } from "../src/slack/shorten.ts";
import type { ViewSettings } from "../src/slack/view-settings.ts";
import { explanationOf, type HandlerLog } from "./explain-failures.ts";

/** A failure as words under the field that it names, or else under the reason: a modal has no other place for them. */
export function fieldErrorsOf(error: unknown, log: HandlerLog, { fields }: ViewSettings): FieldErrors {
  const words = plainWords(explanationOf(error, { log }).text);
  const named = error instanceof LooksLikeSecretError ? fields.find(({ tag }) => tag === error.field) : undefined;
  return { [named ? fieldInput(named.field) : INPUT.reason]: shorten(words, 400) };
}

/** Words under a field are plain text: mentions and code marks would stand there as such. */
function plainWords(text: string): string {
  return text
    .replace(/<[@!][^>]*>/g, "someone else")
    .replaceAll("`", "")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&amp;", "&");
}
