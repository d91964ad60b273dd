import type { ApprovalStatement } from "../approvals/content.ts";
import { GloveboxError } from "../errors.ts";
import { isStoreLost } from "../store/is-store-lost.ts";
import { endLostRun, whoseTokenDied } from "./dead-token.ts";
import { StoreLostError, UnforeseenError, VaultTokenDeadError } from "./engine-errors.ts";
import { FenceLostError } from "./fence.ts";
import { endLease, leftVault } from "./lend-and-read.ts";
import type { Order } from "./load-order.ts";
import type { Attempt, MigrationRun } from "./migration-run.ts";
import { recordFailure } from "./record-failure.ts";
import { mayComeAgain, recordWaiting } from "./record-waiting.ts";
import { causeOfShutGate } from "./shut-by-pause.ts";
import { TargetError } from "./target-errors.ts";
import { undoWrites } from "./undo-writes.ts";
import type { WriteList } from "./write-list.ts";

/** null: Vault did not let us close it; the janitor does, or the lease ends by itself. */
type LeaseEnd = Date | null;

/**
 * Gives back what is lent, and then does what the table of causes says: waits for its next attempt, or takes back what
 * was written and says so.
 * @throws The cause, if the migration is to be taken up again by itself.
 */
export async function failMigration(run: MigrationRun, error: unknown): Promise<void> {
  if (error instanceof FenceLostError) throw error; // whoever has the fence now cleans up
  const found = explain(run, error);
  const dead = await whoseTokenDied(run, found);
  const cause =
    dead === null ? await causeOfShutGate(run.deps.store, found) : explain(run, new VaultTokenDeadError(dead));
  const leaseClosedAt =
    dead === "admin"
      ? await endLostRun(run).catch(warned(run, "the lease is still open; the janitor closes it"))
      : await endLease(run).catch(warned(run, "the lease is still open; the janitor closes it"));
  const end = async (): Promise<boolean> => {
    run.proofs.admin = await leftVault(run).catch(warned(run, "the admin token ends by itself"));
    // Where ours died under us, it was another login that closed the lease, and that one must have ended as well.
    return run.proofs.admin !== null && (dead !== "admin" || leaseClosedAt !== null);
  };
  await settle(run, { cause, statement: run.statement, written: run.written.list, leaseClosedAt }, end);
}

/**
 * Fails an attempt whose statement or target was refused: nothing was lent. What an earlier process may have written stays
 * as it is, for where it wrote was never approved.
 */
export async function refuseMigration(attempt: Attempt, error: unknown, hasLeftVault = false): Promise<void> {
  if (error instanceof FenceLostError) throw error;
  const cause = explain(attempt, error);
  const hasWritten = attempt.row.writes !== null;
  if (await mayComeAgain(attempt, cause.code))
    return recordWaiting(attempt, cause, { hasWritten, leaseClosedAt: null, hasLeftVault });
  const takenBack = !hasWritten
    ? ""
    : "An earlier attempt may have written to the target and I left it alone: ask support to look at it.";
  await recordFailure(attempt, cause, { leaseClosedAt: null, takenBack, hasLeftVault });
}

/** Fails an attempt that Vault did not let in. */
export async function failLogin(
  attempt: Attempt,
  { statement, written }: Order & { written: WriteList | null },
  error: unknown,
): Promise<void> {
  if (error instanceof FenceLostError) throw error;
  await settle(attempt, { cause: explain(attempt, error), statement, written, leaseClosedAt: null });
}

/**
 * The secret is moved, verified and sealed; only its end could not be recorded. Nothing is taken back, and the next
 * attempt ends it, however long that takes.
 * @throws The cause.
 */
export async function postponeEnd(run: MigrationRun, error: unknown): Promise<never> {
  if (error instanceof FenceLostError) throw error;
  const cause = explain(run, error);
  return recordWaiting(run, cause, {
    ...{ hasWritten: true, leaseClosedAt: null, hasLeftVault: false },
    words: END_MISSING,
  });
}

const END_MISSING =
  "The secret is in AWS and verified. What is missing is the end of my own login to Vault; I'll go on by myself once Vault answers.";
const NOBODY_KNOWS = "I can't tell yet if AWS has it; I'll go on by myself once it answers.";

interface Failure {
  readonly cause: GloveboxError;
  readonly statement: ApprovalStatement;
  /** What may have reached AWS, of this attempt or an earlier one. */
  readonly written: WriteList | null;
  readonly leaseClosedAt: LeaseEnd;
}

/**
 * @param end What is left to do before anything is recorded: leaving Vault, if we were in. True once that is proven.
 * @throws The cause, if it waits.
 */
async function settle(
  attempt: Attempt,
  { cause, statement, written, leaseClosedAt }: Failure,
  end: () => Promise<boolean> = async () => false,
): Promise<void> {
  const hasWritten = written !== null;
  // What was written is left where it is: the next attempt finds it there, and goes on from it.
  if (await mayComeAgain(attempt, cause.code)) {
    return recordWaiting(attempt, cause, { hasWritten, leaseClosedAt, hasLeftVault: await end() });
  }
  const takenBack = await takeBack(attempt, statement, written, cause);
  const hasLeftVault = await end();
  if (takenBack !== null) return recordFailure(attempt, cause, { leaseClosedAt, takenBack, hasLeftVault });
  return recordWaiting(attempt, cause, {
    hasWritten,
    leaseClosedAt,
    hasLeftVault,
    words: `${cause.userMessage} ${NOBODY_KNOWS}`,
  });
}

/** @returns What was taken back, in words; null if AWS did not answer. */
async function takeBack(
  attempt: Attempt,
  statement: ApprovalStatement,
  written: WriteList | null,
  cause: GloveboxError,
): Promise<string | null> {
  if (written === null) return cause instanceof TargetError && cause.retryable ? "Nothing was written to AWS." : "";
  return undoWrites(attempt.deps, statement, written).catch(warned(attempt, "the write could not be taken back yet"));
}

function explain({ deps, row }: Attempt, error: unknown): GloveboxError {
  const cause = causeOf(error, () => deps.newId().slice(0, 8));
  deps.log.warn({ migrationId: row.id, code: cause.code, reason: cause.message }, "a migration did not finish");
  return cause;
}

function causeOf(error: unknown, newReference: () => string): GloveboxError {
  if (error instanceof GloveboxError) return error;
  return isStoreLost(error) ? new StoreLostError() : new UnforeseenError(newReference(), error);
}

function warned({ deps, row }: Attempt, what: string): (error: unknown) => null {
  return (error) => {
    const reason = error instanceof GloveboxError ? error.message : "unforeseen";
    deps.log.warn({ migrationId: row.id, reason }, what);
    return null;
  };
}
