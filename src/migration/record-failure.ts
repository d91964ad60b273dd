import { askAgain } from "../approvals/ask-again.ts";
import { appendEvent } from "../audit/append-event.ts";
import type { GloveboxError } from "../errors.ts";
import type { Store } from "../store/open-store.ts";
import { enqueueDelivery } from "../store/outbox.ts";
import { VersionMovedError } from "./engine-errors.ts";
import type { Attempt } from "./migration-run.ts";
import { closeAsk, NOT_WAITING } from "./record-waiting.ts";
import { pauseRun, stopReason } from "./stop-run.ts";

/** What is left after a failure. */
interface CleanUp {
  readonly leaseClosedAt: Date | null;
  /** What was taken back, in words; "" if nothing was written. */
  readonly takenBack: string;
  /** Our admin token is proven dead: no successor has to revoke it. */
  readonly hasLeftVault: boolean;
}

/** Parks the migration: a person's next step is on its card. Some causes pause the whole run with it. */
export async function recordFailure(
  { deps, row, journal }: Attempt,
  cause: GloveboxError,
  { leaseClosedAt, takenBack, hasLeftVault }: CleanUp,
): Promise<void> {
  const at = deps.now();
  const kind = "migration.failed";
  let pausedBecause: string | null = null;
  await journal.commit({
    step: kind,
    changes: {
      causeCode: cause.code,
      causeText: `${cause.userMessage} ${takenBack}`.trim(),
      state: "failed",
      finishedAt: at,
      ...NOT_WAITING,
      ...(leaseClosedAt && { leaseClosedAt }),
    },
    detail: { code: cause.code },
    event: { kind, actor: "worker", content: { requestId: row.requestId, code: cause.code, takenBack } },
    also: async (tx) => {
      await failRequest(tx, row, cause, at);
      const reason = await stopReason(tx, cause.code);
      pausedBecause = reason !== null && (await pauseRun(tx, { reason, row, code: cause.code, at })) ? reason : null;
    },
    afterEvent: async (tx) => {
      if (pausedBecause === null) return;
      const content = { reason: pausedBecause, code: cause.code, migrationId: row.id };
      await appendEvent(tx, at, { kind: "control.paused", actor: "worker", subject: "control", content });
    },
    givesFenceBack: hasLeftVault,
  });
  deps.trace?.(kind);
  if (pausedBecause !== null) deps.log.warn({ code: cause.code, reason: pausedBecause }, "all moves are paused");
}

async function failRequest(tx: Store, row: Attempt["row"], cause: GloveboxError, at: Date): Promise<void> {
  const { requestId } = row;
  await closeAsk(tx, row.id, at);
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
