import { LooksLikeSecretError } from "../../approvals/errors.ts";
import { looksLikeSecret } from "../../approvals/looks-like-secret.ts";
import { rejectionText } from "../../approvals/reject-reasons.ts";
import { rejectAsserted } from "../../approvals/reject-request.ts";
import { appendEvent } from "../../audit/append-event.ts";
import { GloveboxError } from "../../errors.ts";
import { enqueueDelivery, enqueueRedraw } from "../../store/outbox.ts";
import { assertMayDecide, assertWaits, type BatchClick } from "./approve-batch.ts";
import { listWaiting } from "./waiting-items.ts";
import type { WaveDeps } from "./wave-deps.ts";
import { batchId } from "./wave-name.ts";
import { type BatchRow, leaveBatch, lockBatch, setBatch } from "./wave-rows.ts";

export interface BatchRejection extends BatchClick {
  /** A value of REJECT_REASONS. */
  readonly reasonCode: string;
  /** What the approver typed; the requester sees it verbatim. */
  readonly reason: string;
}

/**
 * Records a no to a whole batch with its reason; its requests are rejected one by one by {@link carryOutRejection}.
 * @throws The same as `approveBatch`, but for the look: a no needs none; and {LooksLikeSecretError}.
 */
export async function rejectBatch(deps: WaveDeps, click: BatchRejection): Promise<void> {
  if (looksLikeSecret(click.reason)) throw new LooksLikeSecretError("reason");
  await assertMayDecide(deps, click, "reject");
  const reason = rejectionText(click.reasonCode, click.reason);
  await deps.store.transaction().execute(async (tx) => {
    const batch = await lockBatch(tx, click);
    assertWaits(batch, click);
    const at = deps.now();
    const { wave, number, version } = batch;
    await setBatch(tx, batch, at, { state: "rejecting", decidedBy: click.by, decidedAt: at, reason });
    await enqueueRedraw(tx, `wave-batch:${batchId(batch)}`);
    const content = { number, version, reasonCode: click.reasonCode, reason };
    await appendEvent(tx, at, { kind: "wave.batch-rejected", actor: click.by, subject: `wave:${wave}`, content });
  });
}

/** Rejects what still waits of a batch that was said no to. Safe to call again: a no moves nothing. */
export async function carryOutRejection(deps: WaveDeps, batch: BatchRow): Promise<void> {
  const { store, now } = deps;
  const by = batch.decidedBy ?? "glovebox";
  for (const { requestId, version, envelopeId } of await listWaiting(store, batch)) {
    const no = { requestId, version, by, reasonCode: "batch", text: batch.reason ?? "Its batch was rejected" };
    await rejectAsserted(deps, no).catch(async (error: unknown) => {
      if (!(error instanceof GloveboxError) || error.retryable) throw error;
      await leaveBatch(store, envelopeId, { code: error.code, text: error.userMessage, at: now() });
    });
  }
  await store.transaction().execute(async (tx) => {
    await setBatch(tx, batch, now(), { state: "rejected" });
    await enqueueRedraw(tx, `wave-batch:${batchId(batch)}`);
    await enqueueRedraw(tx, `wave:${batch.wave}`);
    const detail = { event: "batch-rejected", number: batch.number, by, reason: batch.reason ?? "" };
    await enqueueDelivery(tx, { kind: "notice", subject: `wave:${batch.wave}`, detail });
  });
}
