import { askAgain } from "../approvals/ask-again.ts";
import { GloveboxError } from "../errors.ts";
import type { Store } from "../store/open-store.ts";
import { enqueueDelivery } from "../store/outbox.ts";
import { UnforeseenError, VersionMovedError } from "./engine-errors.ts";
import { FenceLostError } from "./fence.ts";
import { endLease } from "./lend-and-read.ts";
import type { Attempt, MigrationRun } from "./migration-run.ts";
import { undoTarget } from "./undo-target.ts";

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
  const { deps, statement, row } = run;
  const leaseClosedAt = await endLease(run).catch(warned(run, "the lease is still open; the janitor closes it"));
  const version = run.written.version;
  const takenBack =
    version === null
      ? ""
      : await undoTarget(deps, statement.target, row.id, version).catch(
          warned(run, "the write could not be taken back yet"),
        );
  run.proofs.admin = await run.admin.revokeSelf().catch(warned(run, "the admin token ends by itself"));
  await recordFailure(run, cause, { leaseClosedAt, takenBack });
}

/** Fails an attempt that never got to act: its statement, its target or Vault said no before anything was lent. */
export async function refuseMigration(attempt: Attempt, error: unknown): Promise<void> {
  if (error instanceof FenceLostError) throw error;
  const hasWritten = attempt.row.requestToken !== null;
  await recordFailure(attempt, explain(attempt, error), { leaseClosedAt: null, takenBack: hasWritten ? null : "" });
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
  const cause = error instanceof GloveboxError ? error : new UnforeseenError(deps.newId().slice(0, 8), error);
  deps.log.warn({ migrationId: row.id, code: cause.code, reason: cause.message }, "a migration did not finish");
  return cause;
}

function warned({ deps, row }: Attempt, what: string): (error: unknown) => null {
  return (error) => {
    const reason = error instanceof GloveboxError ? error.message : "unforeseen";
    deps.log.warn({ migrationId: row.id, reason }, what);
    return null;
  };
}
