import { evidenceLines, ownerLines, siblingLines } from "../metadata/answer/answer-lines.ts";
import type { SecretAnswer } from "../metadata/answer/secret-answer.ts";
import { canBeAskedFor, type LaneVerdict } from "../migration/lane-of.ts";
import { LANE_WORDS } from "../migration/lanes/lane.ts";
import type { RequestState } from "../migration/request-state.ts";
import { ACTION } from "./action-ids.ts";
import { actions, type Block, button, context, lines, type Message, message } from "./blocks.ts";
import { code, escapeMrkdwn } from "./escape-mrkdwn.ts";
import { nameLine } from "./matches-message.ts";
import { pathNote, sayAccount, sayPath, sayPlural, sayTime, sayUser } from "./say.ts";
import { plainPhrase, sayPhrase } from "./say-phrase.ts";
import { shorten } from "./shorten.ts";
import { stateWords } from "./state-words.ts";
import type { ViewSettings } from "./view-settings.ts";

export interface WhatView {
  readonly answer: SecretAnswer;
  /** The newest request for it, if any. */
  readonly request: RequestState | null;
  /** By all that is known of it at this moment. */
  readonly lane: LaneVerdict;
  readonly settings: ViewSettings;
  /** Set on the copy that someone shared with a channel: it says nothing that only the asker should do. */
  readonly sharedBy?: string;
  /** Where it can't be shared from: a DM or a modal is no channel. */
  readonly isApart?: boolean;
  /** Why it is this one, where its path was not what was asked for. */
  readonly foundBy?: string;
}

/** The answer to "what is this secret". */
export function whatMessage(view: WhatView): Message {
  const { identity, entry } = view.answer;
  return message(`${plainPhrase(identity.sentence)} ${sayPath(entry.source, 400)}`, answerBlocks(view));
}

/** The same for a message and for a modal: what it is, what speaks for it, whose it is, and what can be done. */
export function answerBlocks(view: WhatView): Block[] {
  const { answer, sharedBy, foundBy } = view;
  const { entry, identity } = answer;
  const note = pathNote(entry.source);
  const seen = "Names, dates and audit log alone; no value was read.";
  return [
    lines(
      `*${sayPhrase(identity.sentence)}*`,
      // No italics: an underscore in a name would end them.
      identity.because && sayPhrase(identity.because),
      `${sayPath(entry.source, 400)}${note ? `\n_${note}_` : ""}`,
      foundBy === undefined ? null : `Found by ${escapeMrkdwn(shorten(foundBy, 200))}.`,
      absenceOf(answer),
    ),
    ...twinLines(answer),
    lines(
      ...evidenceLines(answer).map((line) => `• ${sayPhrase(line)}`),
      ...ownerLines(answer).map((line) => `• ${sayPhrase(line)}`),
    ),
    lines(...siblingLines(answer).map(sayPhrase)),
    lines(...moveLines(view)),
    ...actions(...buttonsOf(view)),
    context(sharedBy === undefined ? `Only you can see this. ${seen}` : `Shared by ${sayUser(sharedBy)}. ${seen}`),
  ];
}

function buttonsOf({ answer: { entry }, request, lane, sharedBy, isApart }: WhatView) {
  const value = { id: String(entry.entryId), version: entry.currentVersion ?? 0 };
  const isOwn = sharedBy === undefined;
  const isThere = entry.goneAt === null && !entry.isDeleted;
  const canMove = isThere && !isOpen(request) && canBeAskedFor(lane);
  // Where a person should be asked first, the form is there and does not press.
  const emphasis = lane.lane === "standard" ? ({ style: "primary" } as const) : {};
  return [
    ...(canMove ? [button("Ask for a migration", ACTION.askMigrate, value, emphasis)] : []),
    ...(isOwn && entry.goneAt === null
      ? [button("That's mine", ACTION.ownClaim, value), button("Not mine", ACTION.ownDisclaim, value)]
      : []),
    ...(isOwn && !isApart ? [button("Share here", ACTION.askShare, value)] : []),
    button("Details", ACTION.askDetails, value),
    button("Ask support", ACTION.askSupport, value),
  ];
}

const isOpen = (request: RequestState | null): boolean =>
  request !== null && ["waiting", "approved", "migrating"].includes(request.status);

/** Said only where it is not simply there. */
function absenceOf({ entry: { goneAt, isDeleted, currentVersion } }: SecretAnswer): string | null {
  if (goneAt) return `⚠️ Gone from Vault since ${sayTime(goneAt)} or shortly before.`;
  if (isDeleted) return `⚠️ Its newest version${currentVersion ? `, ${currentVersion},` : ""} is deleted in Vault.`;
  return null;
}

function twinLines({ entry: { twins } }: SecretAnswer): Block[] {
  if (twins.length === 0) return [];
  const head = twins.length === 1 ? "another name looks" : `${sayPlural(twins.length, "other name")} look`;
  return [lines(`*Take care:* ${head} like this one.`, ...twins.slice(0, 3).map(({ name }) => nameLine(name)))];
}

function moveLines({ answer: { entry }, request, lane, settings }: WhatView): string[] {
  if (request !== null) {
    const { target } = request.content;
    return [
      `*Migration*  ${stateWords(request)}, ${request.id}, asked by ${sayUser(request.requester)}, to ${code(target.name, 300)} in ${escapeMrkdwn(sayAccount(target, settings.targets))}`,
      ...laneLine(lane),
      `*Next*  ${escapeMrkdwn(request.nextStep)}`,
    ];
  }
  const isNothing = entry.goneAt !== null || entry.isDeleted;
  const usual = isNothing ? "There is nothing to move." : "Ask for a migration, if it should move.";
  const next = lane.lane === "standard" || isNothing ? usual : lane.nextStep;
  return [
    "*Migration*  nobody asked for one yet",
    ...(isNothing ? [] : laneLine(lane)),
    `*Next*  ${escapeMrkdwn(next)}`,
  ];
}

/** Why its move asks more of people than usual; nothing is said of the standard lane. */
function laneLine(verdict: LaneVerdict): string[] {
  if (verdict.lane === "standard") return [];
  const reasons = verdict.reasons.map(({ text }) => escapeMrkdwn(shorten(text, 250)));
  const more = reasons.length > LANE_REASONS ? `; and ${reasons.length - LANE_REASONS} more` : "";
  return [`*Lane*  ${LANE_WORDS[verdict.lane]}: ${reasons.slice(0, LANE_REASONS).join("; ")}${more}.`];
}

const LANE_REASONS = 3;
