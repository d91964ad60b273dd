import type { RequestState } from "../migration/request-state.ts";
import { ACTION } from "./action-ids.ts";
import { actions, button, lines, type Message, message, section } from "./blocks.ts";
import { code, escapeMrkdwn, quote } from "./escape-mrkdwn.ts";
import { sayPath, sayUser } from "./say.ts";
import { stateWords } from "./state-words.ts";

type Detail = Readonly<Record<string, unknown>>;

const words = (detail: Detail, key: string): string => {
  const value = detail[key];
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
};
const by = (detail: Detail): string => (words(detail, "by") ? ` by ${sayUser(words(detail, "by"))}` : "");

const HEADLINE: Record<string, (state: RequestState, detail: Detail) => string> = {
  approved: ({ id }, detail) => `${id} was approved${by(detail)}.`,
  rejected: ({ id }, detail) => `${id} was rejected${by(detail)}. Nothing was moved.`,
  withdrawn: ({ id }) => `${id} is withdrawn. Nothing was moved.`,
  expired: ({ id }) => `${id} expired without a decision. Nothing was moved.`,
  "version-moved": ({ id }, detail) =>
    `The secret of ${id} changed in Vault, from version ${words(detail, "from") || "?"} to ${words(detail, "to") || "?"}, after it was approved. Nothing was moved; it waits for approval again.`,
  "asked-again": ({ id }) => `${id} must be approved again, and waits for it. Nothing was moved.`,
  undone: ({ id }) => `${id} was undone. Vault still has the secret.`,
  "allowed-again": ({ id }) =>
    `An operator allowed what ${id} moved to be moved once more. Nothing moves by itself: ask for it with \`/secrets migrate\`.`,
  drifted: ({ id }, detail) =>
    `The secret of ${id} changed in Vault: version ${words(detail, "from")} was moved, version ${words(detail, "to")} is there now. AWS still has the older one.`,
  straggled: ({ id }, detail) =>
    `${words(detail, "readers").includes(", ") ? "Some still read" : "Somebody still reads"} the secret of ${id} in Vault, more than a day after its move.`,
  failed: ({ id }) => `${id} failed.`,
};

/** What just happened to a request, for its requester's DM. Events that we have no words for give the state. */
export function noticeMessage(state: RequestState, detail: Detail): Message {
  const event = words(detail, "event");
  const headline = HEADLINE[event]?.(state, detail) ?? `${state.id}: ${stateWords(state)}.`;
  const reason = words(detail, "reason");
  const cause = state.status === "failed" ? (state.migration?.causeText ?? null) : null;
  const { source, target } = state.content;
  const isDrift = event === "drifted";
  const readers = event === "straggled" ? words(detail, "readers") : "";
  const next = readers
    ? "Ask whoever runs them to read it from AWS. Vault keeps the secret until all have changed over."
    : isDrift
      ? "Move again opens your form as it was, for a new request and a new approval. Nothing moves by itself."
      : state.nextStep;
  const moveAgain = button("Move again", ACTION.again, { id: state.id, version: state.version }, { style: "primary" });
  return message(headline, [
    lines(
      headline,
      `${sayPath(source, 400)} to ${code(target.name, 400)}`,
      reason ? quote(reason) : null,
      readers ? `*Who*  ${code(readers, 1_500)}` : null,
      cause && escapeMrkdwn(cause),
      `*Next*  ${escapeMrkdwn(next)}`,
    ),
    ...(isDrift ? actions(moveAgain) : []),
  ]);
}

/** A form that intake refused: there is no request to show. `text` is a GloveboxError's `userMessage`. */
export const refusedFormMessage = (text: string): Message =>
  message("Your form did not become a request", [section(`*Your form did not become a request.* ${text}`)]);

/** All moves were paused by the worker itself. For the operators. */
export const stoppedMessage = (detail: Detail, operators: string): Message =>
  message("I paused all moves", [
    lines(
      `*I paused all moves.* ${operators}: ${escapeMrkdwn(words(detail, "reason"))}.`,
      `It happened to ${code(words(detail, "requestId"), 40)}, whose card says more. What is queued waits; nothing is lost.`,
      `*Next*  Put right what it says, then ${code("glovebox resume --reason …", 60)}. ${code(words(detail, "code"), 80)} is explained in docs/errors.md.`,
    ),
  ]);

/** A message on the intake queue that nobody can read. Its content is not shown: it may be anything. */
export const poisonMessage = (messageId: string, detail: Detail): Message =>
  message("A message on the intake queue could not be read", [
    lines(
      "*A message on the intake queue could not be read*, so no request came of it.",
      `${escapeMrkdwn(words(detail, "reason"))} ${words(detail, "sizeBytes")} bytes, message ${code(messageId, 100)}.`,
      `*Next*  It lies in the dead-letter queue. An operator looks at it there; ${code("glovebox redrive", 40)} with its id puts it back.`,
    ),
  ]);
