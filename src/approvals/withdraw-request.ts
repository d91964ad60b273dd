import { appendEvent } from "../audit/append-event.ts";
import type { Store } from "../store/open-store.ts";
import { enqueueDelivery, enqueueRedraw } from "../store/outbox.ts";
import { NotRequesterError } from "./errors.ts";
import { assertWaiting, lockRequest } from "./request-row.ts";

/**
 * The requester takes a waiting request back.
 * @throws {RequestNotFoundError} {NotRequesterError} {AlreadyDecidedError}
 */
export async function withdrawRequest(
  { store, now }: { store: Store; now: () => Date },
  { requestId, by }: { requestId: string; by: string },
): Promise<void> {
  await store.transaction().execute(async (tx) => {
    const row = await lockRequest(tx, requestId);
    if (row.requester !== by) throw new NotRequesterError(`withdraw ${requestId}`, row.requester);
    await assertWaiting(tx, row);
    const at = now();
    await tx.updateTable("request").set({ status: "withdrawn", changedAt: at }).where("id", "=", requestId).execute();
    const subject = `request:${requestId}`;
    await enqueueRedraw(tx, subject);
    await enqueueDelivery(tx, { kind: "notice", subject, detail: { event: "withdrawn", by, at: at.toISOString() } });
    await appendEvent(tx, at, { kind: "request.withdrawn", actor: by, subject, content: { version: row.version } });
  });
}
