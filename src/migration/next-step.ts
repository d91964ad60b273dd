import { showTime } from "../approvals/show-time.ts";
import type { TargetConflict } from "../store/tables/migrations.ts";
import type { RequestState } from "./request-state.ts";

export type StateBeforeNextStep = Omit<RequestState, "nextStep"> & {
  /** The undo of a finished migration is ordered and not yet carried out. */
  readonly isUndoOrdered: boolean;
  readonly isPaused: boolean;
};

/** One sentence on what happens next, or who must do what. Plain words, for cards, commands and pages alike. */
export function nextStepOf(state: StateBeforeNextStep): string {
  const { status, content, migration, isPaused } = state;
  switch (status) {
    case "waiting":
      return `An approver must approve or reject it by ${showTime(state.expiresAt)}.`;
    case "approved":
      if (isPaused) return "It is approved. An operator has paused all moves, so it waits until they are resumed.";
      if (migration?.triesAgainAt) return triesAgain(migration.triesAgainAt);
      if (content.notBefore !== null && !migration?.startedAt) {
        return `It is approved and starts after ${showTime(new Date(content.notBefore))}.`;
      }
      return "It is approved and queued; a worker starts it when it is its turn.";
    case "migrating":
      if (migration?.triesAgainAt) return triesAgain(migration.triesAgainAt);
      return "The move is running. There is nothing to do.";
    case "migrated":
      if (state.isUndoOrdered && migration?.triesAgainAt) return triesAgain(migration.triesAgainAt);
      if (state.isUndoOrdered) return "Its undo is ordered; a worker carries it out when it is its turn.";
      return `Point the application at the target and check that it reads it from there. Vault still has the secret.${content.source.engine === "kv-v1" ? " KV v1 has no versions, so I can't tell you if it changes there." : ""}`;
    case "failed":
      if (migration?.conflict) return conflictStep(migration.conflict);
      return migration?.canRetry
        ? "Put right what it says, then press Retry, or ask support. Where the form must change, its requester requests it again."
        : "Put right what it says, then request it again, or ask support.";
    case "undone":
      return "What the move wrote is taken back and Vault still has the secret. Request it again when you are ready.";
    case "rejected":
      return "Change what the reason names and request it again.";
    case "expired":
      return "Nobody decided in time. Request again keeps your answers.";
    case "withdrawn":
      return "Nothing will move. Request it again if you need it after all.";
  }
}

function conflictStep({ isTombstone, others }: TargetConflict): string {
  const takeOver = others.length > 0 ? "" : "take over what is there (which needs the approvers' yes), ";
  const wait = isTombstone ? " Once AWS has deleted it, Retry or a new request finds the name free." : "";
  return `Its requester decides: ${takeOver}choose another name, or stop.${wait}`;
}

const triesAgain = (at: Date): string => `Nothing for you to do: I try again by myself, about ${showTime(at)}.`;
