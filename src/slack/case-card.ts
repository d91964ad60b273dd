import type { RequestState } from "../migration/request-state.ts";
import type { CaseState } from "../support/load-case-state.ts";
import { ACTION } from "./action-ids.ts";
import { actions, type Block, button, context, lines, type Message, message } from "./blocks.ts";
import { code, escapeMrkdwn, quote } from "./escape-mrkdwn.ts";
import { sayPath, sayTime, sayUser } from "./say.ts";
import { progressWords, stateWords } from "./state-words.ts";

/** What the support card shows of a case. */
export type CaseView = Omit<CaseState, "changedAt" | "entry"> & {
  readonly entry: Omit<NonNullable<CaseState["entry"]>, "id"> | null;
};

const HEADLINE: Record<CaseView["status"], string> = {
  open: "🕓 *Needs support*",
  claimed: "🔁 *Being looked at*",
  resolved: "✅ *Resolved*",
};

/** The card at the top of a case's thread. Redrawn when the case or its secret moves on. */
export function caseCard(view: CaseView): Message {
  const { id, version, status, topic, openedBy, openedAt, claimedBy, resolvedBy } = view;
  const value = { id, version };
  const details = view.request
    ? [button("Details", ACTION.details, { id: view.request.id, version: view.request.version })]
    : [];
  const buttons = {
    open: [button("Claim", ACTION.claim, value, { style: "primary" }), ...details],
    claimed: [button("Resolve", ACTION.resolve, value, { style: "primary" }), ...details],
    resolved: details,
  }[status];
  const who = [
    `${sayUser(openedBy)} asked ${sayTime(openedAt)}`,
    claimedBy ? `claimed by ${sayUser(claimedBy)}` : "nobody has claimed it",
    ...(resolvedBy ? [`resolved by ${sayUser(resolvedBy)}`] : []),
  ].join(" · ");
  return message(`Case ${id}: ${status}`, [
    lines(`${HEADLINE[status]} · ${id}`, who),
    lines("*About*", quote(topic, 800)),
    ...liveState(view),
    ...actions(...buttons),
    context(
      status === "resolved"
        ? "Closed. A new question opens a new case."
        : "Replies in this thread reach the person by DM, and their answers come back here. Never ask for a value.",
    ),
  ]);
}

function liveState({ request, entry }: CaseView): Block[] {
  if (request) {
    const { content, migration } = request;
    return [
      lines(
        `*The secret now*  ${stateWords(request)}, ${request.id}`,
        `${sayPath(content.source, 400)} to ${code(content.target.name, 400)}`,
        migration && isUnderWay(request) ? `*Progress*  ${progressWords(migration.state, request.status)}` : null,
        migration?.causeText ? `*What happened*  ${escapeMrkdwn(migration.causeText)}` : null,
        migration?.causeCode ? `*Cause*  ${code(migration.causeCode, 100)}` : null,
        `*Next*  ${escapeMrkdwn(request.nextStep)}`,
      ),
    ];
  }
  if (entry) return [lines(`*The secret*  ${sayPath(entry, 500)}`, "Nobody asked to move it yet.")];
  return [];
}

/** Once it is over, the state says it all. */
const isUnderWay = ({ status }: RequestState): boolean => status === "approved" || status === "migrating";

/** A supporter's words on their way to the person who asked. */
export const relayToRequester = (view: Pick<CaseView, "id">, supporter: string, text: string): Message =>
  message(`${view.id}: support wrote`, [
    lines(`${sayUser(supporter)} from support, on ${view.id}:`, quote(text, 2_500)),
    context("Answer in this thread. Never paste a secret's value."),
  ]);

/** The person's answer, in the case's thread. */
export const relayToThread = (view: Pick<CaseView, "id">, person: string, text: string): Message =>
  message(`${view.id}: an answer`, [lines(`${sayUser(person)} answers:`, quote(text, 2_500))]);

/** What became of a case, for the one who asked. */
export function caseNoticeMessage({ id }: Pick<CaseView, "id">, event: string, by: string): Message {
  const words: Record<string, string> = {
    claimed: `${sayUser(by)} from support took your question ${id}. They write to you here.`,
    resolved: `${sayUser(by)} from support resolved ${id}. If it is not, press Ask support again.`,
  };
  const text = words[event] ?? `${id}: ${event}.`;
  return message(text, [lines(text)]);
}

/** For the one who asked, once the case is open. */
export const caseOpenedMessage = (caseId: string): Message =>
  message(`Support has your question: ${caseId}`, [
    lines(`Support has your question: ${caseId}. They see the state of the secret, so you need not describe it.`),
  ]);
