import { showTime } from "../approvals/show-time.ts";
import { GloveboxError } from "../errors.ts";
import { type Members, mentionMembers } from "../membership.ts";

export class CaseNotFoundError extends GloveboxError {
  readonly code = "CASE_NOT_FOUND";
  readonly userMessage = "I don't know that case, so nothing changed.";
  constructor() {
    super("no such case");
  }
}

export class BadTopicError extends GloveboxError {
  readonly code = "BAD_TOPIC";
  readonly userMessage =
    "I can't open a case with that text, so I didn't save it. Press Ask support on a card or on a refusal instead.";
  constructor() {
    super("the topic is not one of ours");
  }
}

export class NotStaffError extends GloveboxError {
  readonly code = "NOT_STAFF";
  readonly userMessage: string;
  /** @param action Verb and object: `resolve CS-101`. */
  constructor(action: string, staff: Members) {
    super(`not allowed to ${action}`);
    this.userMessage = `You can't ${action}: it needs someone from ${mentionMembers(staff)}. Nothing changed.`;
  }
}

export class CaseChangedError extends GloveboxError {
  readonly code = "CASE_CHANGED";
  readonly userMessage: string;
  constructor(change: { status: string; by: string | null; at: Date }) {
    super("the case changed after the card was drawn");
    const who = change.by === null ? "Somebody" : `<@${change.by}>`;
    const deed = change.status === "open" ? "changed" : change.status;
    this.userMessage = `${who} ${deed} this at ${showTime(change.at)}. Your click changed nothing; I've redrawn the card.`;
  }
}
