import { appendEvent } from "../audit/append-event.ts";
import { enqueueDelivery, enqueueRedraw } from "../store/outbox.ts";
import { assertApprover, assertDecidable, type DecideDeps } from "./approve-request.ts";
import { LooksLikeSecretError } from "./errors.ts";
import { looksLikeSecret } from "./looks-like-secret.ts";
import { rejectionText } from "./reject-reasons.ts";
import { lockRequest } from "./request-row.ts";

export interface Rejection {
  readonly requestId: string;
  /** What the button was drawn with. */
  readonly version: number;
  /** Slack user id. */
  readonly by: string;
  /** A value of REJECT_REASONS. */
  readonly reasonCode: string;
  /** What the approver typed, up to 500 characters; the requester sees it verbatim. May be empty. */
  readonly reason: string;
}

/**
 * Records a no with its reason.
 * @throws The same as {@link approveRequest}, and {LooksLikeSecretError}.
 */
export async function rejectRequest(
  deps: Pick<DecideDeps, "store" | "keyring" | "now" | "membership" | "rules">,
  { requestId, version, by, reasonCode, reason }: Rejection,
): Promise<void> {
  if (looksLikeSecret(reason)) throw new LooksLikeSecretError("reason");
  await assertApprover(deps, requestId, by, "reject");
  await rejectAsserted(deps, { requestId, version, by, reasonCode, text: rejectionText(reasonCode, reason) });
}

/** The same for whoever has already asked the directory and looked at the reason. `text` is what the requester reads. */
export async function rejectAsserted(
  deps: Pick<DecideDeps, "store" | "keyring" | "now">,
  { requestId, version, by, reasonCode, text }: Omit<Rejection, "reason"> & { readonly text: string },
): Promise<void> {
  await deps.store.transaction().execute(async (tx) => {
    const row = await lockRequest(tx, requestId);
    await assertDecidable(tx, deps, row, { version, by });
    const at = deps.now();
    await tx
      .insertInto("decision")
      .values({ requestId, requestVersion: version, verdict: "reject", decidedBy: by, reason: text, decidedAt: at })
      .execute();
    await tx.updateTable("request").set({ status: "rejected", changedAt: at }).where("id", "=", requestId).execute();
    const subject = `request:${requestId}`;
    await enqueueRedraw(tx, subject);
    await enqueueDelivery(tx, {
      kind: "notice",
      subject,
      detail: { event: "rejected", by, reason: text, at: at.toISOString() },
    });
    await appendEvent(tx, at, {
      kind: "request.rejected",
      actor: by,
      subject,
      content: { version, reasonCode, reason: text },
    });
  });
}
