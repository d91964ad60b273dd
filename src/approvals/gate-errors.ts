import { GloveboxError } from "../errors.ts";

/** Why the gate said no. `retryable`: it may say yes later without a person. */
export class GateRefusedError extends GloveboxError {
  readonly code: string;
  readonly userMessage: string;
  constructor(code: GateRefusal, detail?: string) {
    super(`the gate refused: ${code}${detail === undefined ? "" : ` (${detail})`}`);
    this.code = code;
    this.userMessage = GATE_REFUSALS[code];
  }
}

/** The gate's answers, in people's words: what happened, what did not, the next step. */
export const GATE_REFUSALS = {
  GATE_PAUSED: "Migrations are paused, so nothing was moved. Press Retry once an operator has resumed them.",
  GATE_STALE_ASK: "Another worker took over before the gate opened, so this attempt stopped. The other one goes on.",
  SIGNATURE_REFUSED:
    "What is stored for this request is not what was signed, so nothing was moved. Tell the operators: this should not happen.",
  APPROVAL_EXPIRED: "The approval ran out before the move started, so nothing was moved. Ask for the migration again.",
  APPROVAL_TOO_EARLY: "The request says not to move it yet, so nothing was moved. It starts at its earliest time.",
  ALREADY_DONE: "This approval was already carried out once, so nothing was moved again.",
  REQUEST_CHANGED:
    "The request changed or was withdrawn after the approval, so nothing was moved. It needs a new approval.",
  APPROVER_GONE:
    "The approval no longer counts because the approver is not on the approver list any more. Nothing was moved; ask for the migration again.",
  GATE_PACE: "The gate has opened as often as it may this hour, so nothing was moved. Press Retry in a while.",
  DATABASE_BEHIND:
    "The database is older than what Vault remembers, as after restoring a backup. The gate stays shut until an operator has looked.",
  NAMESPACE_NOT_SERVED:
    "The path is in a namespace of Vault that this installation does not serve, so nothing was moved. Ask the operators which one does.",
  PATH_NOT_GRANTABLE:
    "Vault can't lend exactly this path because of a character in its name, so nothing was moved. It is for the complex lane: ask support, who move it by hand.",
  PATH_OUTSIDE_PREFIXES:
    "This installation works without a gate, and the path lies outside the prefixes that Vault holds it to, so nothing was moved. Ask support, who move it by hand.",
  MEMBERSHIP_UNKNOWN:
    "I couldn't ask Slack whether the approver still is one, so nothing was moved. Press Retry in a few minutes.",
} as const;
export type GateRefusal = keyof typeof GATE_REFUSALS;

/** No process with the gate answered in time. */
export class GateUnansweredError extends GloveboxError {
  readonly code = "GATE_UNANSWERED";
  readonly userMessage =
    "The process that holds the gate is not answering, so nothing was moved. Press Retry once the bot runs again.";
  override readonly retryable = true;
  constructor() {
    super("no gate answered in time");
  }
}
