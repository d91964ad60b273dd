import { GloveboxError } from "../errors.ts";
import { type Members, mentionMembers } from "../membership.ts";
import type { RequestStatus } from "../store/tables/requests.ts";
import { showTime } from "./show-time.ts";

// Words for people: what happened, what did not, the next step. Only ids, mentions and times go in, never text that a
// person or Vault supplied: userMessage is shown as Slack mrkdwn.

export class RequestNotFoundError extends GloveboxError {
  readonly code = "REQUEST_NOT_FOUND";
  readonly userMessage = "I don't know that request, so nothing changed. Check its number with `/secrets status`.";
  constructor() {
    super("no such request");
  }
}

export class NotAllowedError extends GloveboxError {
  readonly code = "NOT_ALLOWED";
  readonly userMessage: string;
  /** @param action Verb and object: `approve RQ-1042`. */
  constructor(action: string, needed: Members) {
    super(`not allowed to ${action}`);
    this.userMessage = `You can't ${action}: it needs someone from ${mentionMembers(needed)}. Nothing changed.`;
  }
}

export class NotRequesterError extends GloveboxError {
  readonly code = "NOT_REQUESTER";
  readonly userMessage: string;
  /** @param action Verb and object: `withdraw RQ-1042`. */
  constructor(action: string, requester: string) {
    super(`only the requester may ${action}`);
    this.userMessage = `You can't ${action}: only <@${requester}>, who asked for it, can. Nothing changed.`;
  }
}

export class OwnRequestError extends GloveboxError {
  readonly code = "OWN_REQUEST";
  readonly userMessage: string;
  /** @param action What the second person must do: `approve it`, `order its undo`. */
  constructor(action: string) {
    super(`the requester may not ${action}`);
    this.userMessage = `You asked for this one, so a second person must ${action}. Nothing changed.`;
  }
}

const DEED: Partial<Record<RequestStatus, string>> = {
  approved: "approved",
  migrating: "approved",
  migrated: "approved",
  failed: "approved",
  undone: "approved",
  rejected: "rejected",
  withdrawn: "withdrew",
};

export interface WhoAndWhen {
  readonly status: RequestStatus;
  /** Slack user id; null where nobody acted (expiry). */
  readonly by: string | null;
  readonly at: Date;
}

export class AlreadyDecidedError extends GloveboxError {
  readonly code = "ALREADY_DECIDED";
  readonly userMessage: string;
  constructor({ status, by, at }: WhoAndWhen) {
    super(`already ${status}`);
    const deed = DEED[status];
    const sentence = deed === undefined ? "This request ended without a decision" : `${who(by)} ${deed} this`;
    this.userMessage = `${sentence} at ${showTime(at)}. Your click changed nothing.`;
  }
}

function who(userId: string | null): string {
  return userId === null ? "Somebody" : `<@${userId}>`;
}

export class RequestChangedError extends GloveboxError {
  readonly code = "REQUEST_CHANGED";
  readonly userMessage: string;
  /** @param fields What differs, in people's words; empty if unknown. */
  constructor(fields: readonly string[]) {
    super("the request changed after the card was drawn");
    const what = fields.length === 0 ? "This request" : `The ${fields.join(", ")}`;
    this.userMessage = `${what} changed after this card was drawn, so your click changed nothing. I've redrawn it; please look again.`;
  }
}

export class RequestExpiredError extends GloveboxError {
  readonly code = "REQUEST_EXPIRED";
  readonly userMessage: string;
  constructor(at: Date) {
    super("the request expired");
    this.userMessage = `This request expired at ${showTime(at)} without a decision, so nothing will move. Request again keeps your answers.`;
  }
}

export class ApprovalExpiredError extends GloveboxError {
  readonly code = "APPROVAL_EXPIRED";
  readonly userMessage: string;
  constructor(at: Date) {
    super("the approval expired");
    this.userMessage = `The approval was valid until ${showTime(at)}, so nothing was started. Request it again to get a new one.`;
  }
}

export class OpenRequestExistsError extends GloveboxError {
  readonly code = "OPEN_REQUEST_EXISTS";
  readonly userMessage: string;
  constructor(requestId: string, requester: string) {
    super(`${requestId} is open for the same secret`);
    this.userMessage = `<@${requester}> already asked for this secret: ${requestId} is still open, so I made no second request. Follow that one, or ask <@${requester}> to withdraw it.`;
  }
}

export class TargetClaimedError extends GloveboxError {
  readonly code = "TARGET_CLAIMED";
  readonly userMessage: string;
  constructor(requestId: string) {
    super(`${requestId} has that target's name`);
    this.userMessage = `${requestId} sends another path to that name in AWS (capitals count as the same), so I made no request. Ask again with another name.`;
  }
}

export class AlreadyMigratedError extends GloveboxError {
  readonly code = "ALREADY_MIGRATED";
  readonly userMessage: string;
  constructor(requestId: string, vaultVersion: number | null) {
    super(`${requestId} already moved this version`);
    const what = vaultVersion === null ? "this secret" : `version ${vaultVersion} of this secret`;
    this.userMessage = `${requestId} already moved ${what}, so I made no new request. Its receipt says where it is. If it must move once more, an operator can allow that: \`glovebox allow-again ${requestId}\`.`;
  }
}

export class NotReplaceableError extends GloveboxError {
  readonly code = "NOT_REPLACEABLE";
  readonly userMessage =
    "A request can't be turned into one for another secret, so nothing changed. Make a new request.";
  constructor() {
    super("the replacing envelope is for another secret");
  }
}

export class NothingToTakeOverError extends GloveboxError {
  readonly code = "NOTHING_TO_TAKE_OVER";
  readonly userMessage =
    "That choice is no longer there: the request went on, its target is another now, or more than one of its names is taken. Nothing changed. Look at its card, which shows how it stands.";
  constructor() {
    super("the request did not fail at this one target");
  }
}

export class NothingToStopError extends GloveboxError {
  readonly code = "NOTHING_TO_STOP";
  readonly userMessage =
    "That request did not fail, or it went on since, so there is nothing to stop. Look at its card.";
  constructor() {
    super("the request is not failed");
  }
}

export class LooksLikeSecretError extends GloveboxError {
  readonly code = "LOOKS_LIKE_SECRET";
  readonly userMessage: string;
  readonly field: string;
  /** @param field Which answer it is: `reason`, or a tag's name. */
  constructor(field: string) {
    super(`the ${field} looks like a credential`);
    this.field = field;
    this.userMessage = `The ${field} looks like a credential, so I didn't save it. Take it out, and rotate it if it is real.`;
  }
}

export class NothingToRetryError extends GloveboxError {
  readonly code = "NOTHING_TO_RETRY";
  readonly userMessage = "This migration has not failed, so there is nothing to retry. The card shows where it stands.";
  constructor() {
    super("the newest attempt has not failed");
  }
}

export class NothingToUndoError extends GloveboxError {
  readonly code = "NOTHING_TO_UNDO";
  readonly userMessage = "Nothing is moved that could be undone, so nothing changed. The card shows where it stands.";
  constructor() {
    super("the newest attempt is not done");
  }
}

export class UndoAlreadyOrderedError extends GloveboxError {
  readonly code = "UNDO_ALREADY_ORDERED";
  readonly userMessage: string;
  constructor(by: string, at: Date) {
    super("the undo is already ordered");
    this.userMessage = `<@${by}> ordered this undo at ${showTime(at)}. Your click changed nothing.`;
  }
}

export class NothingToAllowError extends GloveboxError {
  readonly code = "NOTHING_TO_ALLOW";
  readonly userMessage =
    "That request has no finished move that stands last for its secret's version, so there is nothing to allow again. What failed or was undone can be asked for without it.";
  constructor() {
    super("no finish of this request is the last of its version");
  }
}
