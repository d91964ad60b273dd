import { ACTION } from "./action-ids.ts";
import { actions, button, lines, type Message, message, section } from "./blocks.ts";
import type { ButtonValue } from "./button-value.ts";
import { code } from "./escape-mrkdwn.ts";

/**
 * A refusal: what happened, what did not, the next step; and two ways on.
 * @param text A GloveboxError's `userMessage`: mrkdwn of ours, which holds no text of people or Vault.
 * @param subject The request, case or entry that it is about; null if none is known.
 */
export function refusalMessage(errorCode: string, text: string, subject: ButtonValue | null): Message {
  const why = { id: errorCode, version: 0 };
  return message(text, [
    section(text),
    ...actions(button("Why?", ACTION.askWhy, why), button("Ask support", ACTION.askSupport, subject ?? why)),
  ]);
}

/** For what nobody foresaw. It does not claim that nothing happened: nobody knows. The reference is also in the log. */
export function brokenMessage(reference: string): Message {
  const text = `Something broke on our side, and I can't say how far it got. Look with \`/secrets status\` before you try again. Support has ref ${reference}.`;
  return message(text, [
    section(text),
    ...actions(button("Ask support", ACTION.askSupport, { id: `ref-${reference}`, version: 0 })),
  ]);
}

const WHY: Record<string, string> = {
  NOT_IN_TEAM:
    "Whose a secret is, a member of the team says. Who is in a team is asked of Slack at that moment, so that nobody speaks for others.",
  NOT_ALLOWED:
    "Who may approve, reject or undo is a list in this bot's settings. It is read again at every click, from Slack's user groups as they are at that moment.",
  NOT_REQUESTER: "A request belongs to the one who asked, so nobody else can change it or take it back.",
  OWN_REQUEST:
    "Four eyes: a secret moves only when the one who asks and the one who approves are two people. There is no exception, for operators neither.",
  ALREADY_DECIDED:
    "The first decision counts. Every copy of a card is redrawn from the record, so two clicks can't fight.",
  REQUEST_CHANGED:
    "An approval covers exactly what the card showed. The request, or the secret in Vault, changed after it was drawn, so your click would have covered something that you had not seen.",
  REQUEST_EXPIRED: "A request that nobody decides ends by itself, so nothing moves on an old and forgotten wish.",
  APPROVAL_EXPIRED: "An approval is valid for a limited time. What it covers may have changed since.",
  LOOK_FIRST:
    "One yes for many secrets is worth as much as the look behind it. The sample is drawn at random after the wave was chosen, and each approver goes through it alone.",
  BATCH_CHANGED:
    "A batch is asked for again when an earlier approval ended before its turn, or its approver left the group. What it covers may have changed since, so it needs a new look.",
  BATCH_NOT_WAITING:
    "The first decision counts. Every copy of a card is redrawn from the record, so two clicks can't fight.",
  OPEN_REQUEST_EXISTS: "Two moves of one secret could overtake each other, so there is one open request for each.",
  LOOKS_LIKE_SECRET:
    "What is written in a form is stored and shown in Slack. A credential must be in neither, so text that looks like one is refused before it is saved.",
  SIGNATURE_REFUSED:
    "Requests and approvals are signed. What is stored does not match its signature, so nobody acts on it.",
  MEMBERSHIP_UNKNOWN: "Who may decide is asked of Slack at the click. Without an answer nobody is let through.",
  UNSAFE_PATH: "Vault would clean such a path up and answer for another secret.",
  UNKNOWN_PATH:
    "I know names from listing Vault's metadata. A secret that was made a few minutes ago, or that my own rights do not cover, is not among them.",
  PATH_HIDDEN:
    "Some names say too much by themselves. Which parts of Vault are kept to which groups stands in this bot's settings. The answer is the same for every path there, so that nobody learns from it what there is.",
  NOT_FOR_EVERYBODY:
    "What is shared into a channel is read by everybody in it, now and later. A name that a rule keeps to certain groups is shown to one person at a time.",
  VAULT_SEALED: "A sealed Vault answers nobody. Its operators have to unseal it.",
  BAD_BUTTON: "A button carries a number and a version, nothing else. This one carried something that I did not write.",
};

/** The answer to `Why?`: the rule behind the refusal. Of no request in particular, so anybody may read it. */
export function whyMessage(errorCode: string): Message {
  const rule = WHY[errorCode] ?? "I stop rather than guess when something is not as it should be.";
  return message("Why?", [
    lines("*Why?*", rule, `The code for this is ${code(errorCode, 80)}; it is explained in docs/errors.md.`),
    ...actions(button("Ask support", ACTION.askSupport, { id: errorCode, version: 0 })),
  ]);
}

/** One sentence to one person. `text` is mrkdwn of ours. */
export const shortMessage = (text: string): Message => message(text, [section(text)]);
