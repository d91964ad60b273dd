import { askAgain } from "../approvals/ask-again.ts";
import type { ApprovalStatement } from "../approvals/content.ts";
import { GloveboxError } from "../errors.ts";
import { isStoreLost } from "../store/is-store-lost.ts";
import type { Store } from "../store/open-store.ts";
import { enqueueDelivery } from "../store/outbox.ts";
import { StoreLostError, UnforeseenError, VersionMovedError } from "./engine-errors.ts";
import { FenceLostError } from "./fence.ts";
import { endLease } from "./lend-and-read.ts";
import type { Order } from "./load-order.ts";
import type { Attempt, MigrationRun } from "./migration-run.ts";
import { TargetError } from "./target-errors.ts";
import { undoWrites } from "./undo-writes.ts";
import type { WriteList } from "./write-list.ts";

/** What is left after a failure. */
interface CleanUp {
  /** null: Vault did not let us close it; the janitor does, or the lease ends by itself. */
  readonly leaseClosedAt: Date | null;
  /** What was taken back, in words; "" if nothing was written; null if AWS did not answer and nobody knows. */
  readonly takenBack: string | null;
}

/**
 * Gives back what is lent, takes back what was written, and says so.
 * @throws The cause, if the migration is to be taken up again by itself: nobody knows yet what AWS holds.
 */
export async function failMigration(run: MigrationRun, error: unknown): Promise<void> {
  if (error instanceof FenceLostError) throw error; // whoever has the fence now cleans up
  const cause = explain(run, error);
  const leaseClosedAt = await endLease(run).catch(warned(run, "the lease is still open; the janitor closes it"));
  const takenBack = await takeBack(run, run.statement, run.written.list, cause);
  run.proofs.admin = await run.admin.revokeSelf().catch(warned(run, "the admin token ends by itself"));
  await recordFailure(run, cause, { leaseClosedAt, takenBack });
}

/**
 * Fails an attempt whose statement or target was refused: nothing was lent. What an earlier process may have written stays
 * as it is, for where it wrote was never approved.
 */
export async function refuseMigration(attempt: Attempt, error: unknown): Promise<void> {
  if (error instanceof FenceLostError) throw error;
  const takenBack =
    attempt.row.writes === null
      ? ""
      : "An earlier attempt may have written to the target and I left it alone: ask support to look at it.";
  await recordFailure(attempt, explain(attempt, error), { leaseClosedAt: null, takenBack });
}

/** Fails an attempt that Vault did not let in. After an earlier write it waits for Vault, or takes the write back. */
export async function failLogin(
  attempt: Attempt,
  { statement, written }: Order & { written: WriteList | null },
  error: unknown,
): Promise<void> {
  if (error instanceof FenceLostError) throw error;
  const cause = explain(attempt, error);
  const takenBack = written !== null && cause.retryable ? null : await takeBack(attempt, statement, written, cause);
  await recordFailure(attempt, cause, { leaseClosedAt: null, takenBack });
}

/**
 * The secret is moved, verified and sealed; only its end could not be recorded. Nothing is taken back, and the next
 * attempt ends it.
 * @throws The cause.
 */
export async function postponeEnd(run: MigrationRun, error: unknown): Promise<never> {
  if (error instanceof FenceLostError) throw error;
  const cause = explain(run, error);
  await run.journal.commit({
    step: "migration.waiting",
    changes: { causeCode: cause.code, causeText: END_MISSING },
    detail: { code: cause.code },
  });
  throw cause;
}

const END_MISSING =
  "The secret is in AWS and verified. What is missing is the end of my own login to Vault; I'll go on by myself once Vault answers.";

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

async function recordFailure({ deps, row, journal }: Attempt, cause: GloveboxError, cleanUp: CleanUp): Promise<void> {
  const { leaseClosedAt, takenBack } = cleanUp;
  const isUnknown = takenBack === null;
  const outlook = takenBack ?? "I can't tell yet if AWS has it; I'll go on by myself once it answers.";
  const at = deps.now();
  const kind = isUnknown ? "migration.waiting" : "migration.failed";
  await journal.commit({
    step: kind,
    changes: {
      causeCode: cause.code,
      causeText: `${cause.userMessage} ${outlook}`.trim(),
      ...(!isUnknown && { state: "failed", finishedAt: at }),
      ...(leaseClosedAt && { leaseClosedAt }),
    },
    detail: { code: cause.code },
    event: { kind, actor: "worker", content: { requestId: row.requestId, code: cause.code, takenBack } },
    also: async (tx) => {
      if (!isUnknown) await failRequest(tx, row, cause, at);
    },
  });
  deps.trace?.(kind);
  if (isUnknown) throw cause;
}

async function failRequest(tx: Store, row: Attempt["row"], cause: GloveboxError, at: Date): Promise<void> {
  const { requestId } = row;
  await tx
    .updateTable("gateAsk")
    .set({ closedAt: at })
    .where("migrationId", "=", row.id)
    .where("closedAt", "is", null)
    .execute();
  if (cause instanceof VersionMovedError) {
    await askAgain(tx, { requestId, vaultVersion: cause.vaultVersion, reason: cause.code, at });
    return;
  }
  await tx.updateTable("request").set({ status: "failed", changedAt: at }).where("id", "=", requestId).execute();
  await enqueueDelivery(tx, {
    kind: "notice",
    subject: `request:${requestId}`,
    detail: { event: "failed", code: cause.code },
    dedupeKey: `failed:${row.id}`,
  });
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
