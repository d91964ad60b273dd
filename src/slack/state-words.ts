import type { RequestState } from "../migration/request-state.ts";
import type { MigrationState } from "../store/tables/migrations.ts";
import type { RequestStatus } from "../store/tables/requests.ts";

const WORDS: Record<RequestStatus, { readonly emoji: string; readonly words: string }> = {
  waiting: { emoji: "🕓", words: "Waiting for approval" },
  approved: { emoji: "🕓", words: "Approved – queued" },
  migrating: { emoji: "🔁", words: "Migrating" },
  migrated: { emoji: "✅", words: "Migrated" },
  failed: { emoji: "⚠️", words: "Failed" },
  undone: { emoji: "⚠️", words: "Undone" },
  rejected: { emoji: "⛔", words: "Rejected" },
  expired: { emoji: "⚠️", words: "Expired" },
  withdrawn: { emoji: "⚠️", words: "Withdrawn" },
};

/** The state in words, without the emoji: for fallback text and lists. */
export function stateWords({ status, migration }: Pick<RequestState, "status" | "migration">): string {
  const isWaiting = status === "approved" || status === "migrating";
  if (isWaiting && migration?.triesAgainAt) return "Approved – waiting";
  return status === "failed" && migration?.state === "undone" ? "Failed – rolled back" : WORDS[status].words;
}

/** The headline of a card: one emoji, then the words that say the same. */
export const stateLine = (state: Pick<RequestState, "id" | "status" | "migration">): string =>
  `${WORDS[state.status].emoji} *${stateWords(state)}* · ${state.id}`;

const STEPS: readonly MigrationState[] = [
  "queued",
  "leased",
  "read",
  "closed",
  "written",
  "verified",
  "sealed",
  "done",
];
const STEP_WORDS: Record<MigrationState, string> = {
  queued: "Queued. The worker takes one migration at a time.",
  leased: "The lease on this one path is open. The value is read next.",
  read: "The value was read once. The lease is being closed.",
  closed: "The lease is closed and proven dead. AWS is written next.",
  written: "Written to AWS. The new version is being read back.",
  verified: "Read back and found equal. The target is being sealed.",
  sealed: "The target is sealed. The receipt is being signed.",
  done: "Done. The receipt is signed.",
  failed: "Stopped.",
  undone: "Undone.",
};

/** The engine's step in words: `Step 3 of 7: …`. */
export function progressWords(state: MigrationState, status?: RequestStatus, isWaiting = false): string {
  if (state === "queued" && isWaiting) return "Nothing is lent, and nothing is written. It waits.";
  if (state === "queued" && status === "migrating") return "Started. The gate is asked for this one path.";
  const step = STEPS.indexOf(state);
  return step < 1 ? STEP_WORDS[state] : `Step ${step} of ${STEPS.length - 1}: ${STEP_WORDS[state]}`;
}
