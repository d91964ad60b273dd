import { appendEvent } from "../audit/append-event.ts";
import type { Store } from "../store/open-store.ts";
import { enqueueDelivery, enqueueRedraw } from "../store/outbox.ts";
import type { ContentChange } from "../store/tables/requests.ts";
import { digestOfRow, lockRequest } from "./request-row.ts";

/** A request that must be decided anew stands for a day at least. */
const MIN_OPEN_MS = 24 * 3_600_000;

/**
 * Puts a request back to waiting, as its next version, because what an approval would cover has changed in Vault, or
 * because the approval ended before its turn came. Call it inside the transaction that found out.
 * @param input `vaultVersion` is the one that Vault has now; `reason` is a code, for the audit trail.
 */
export async function askAgain(
  tx: Store,
  { requestId, vaultVersion, reason, at }: { requestId: string; vaultVersion: number | null; reason: string; at: Date },
): Promise<{ version: number }> {
  const before = await lockRequest(tx, requestId);
  const hasMoved = before.vaultVersion !== vaultVersion;
  const change: ContentChange = {
    field: "Vault version",
    from: String(before.vaultVersion ?? "none"),
    to: String(vaultVersion ?? "none"),
  };
  const after = await tx
    .updateTable("request")
    .set({
      status: "waiting",
      version: before.version + 1,
      vaultVersion,
      changes: JSON.stringify(hasMoved ? [change] : []),
      changedAt: at,
      expiresAt: new Date(Math.max(before.expiresAt.getTime(), at.getTime() + MIN_OPEN_MS)),
    })
    .where("id", "=", requestId)
    .returningAll()
    .executeTakeFirstOrThrow();
  const subject = `request:${requestId}`;
  await enqueueRedraw(tx, subject);
  await enqueueDelivery(tx, {
    kind: "notice",
    subject,
    detail: hasMoved
      ? { event: "version-moved", from: before.vaultVersion, to: vaultVersion }
      : { event: "asked-again", reason },
  });
  await appendEvent(tx, at, {
    kind: "request.asked-again",
    actor: "glovebox",
    subject,
    content: { version: after.version, reason, vaultVersion, rowDigest: digestOfRow(after) },
  });
  return { version: after.version };
}
