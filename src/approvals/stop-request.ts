import { appendEvent } from "../audit/append-event.ts";
import type { Store } from "../store/open-store.ts";
import { enqueueDelivery, enqueueRedraw } from "../store/outbox.ts";
import { NothingToStopError, NotRequesterError } from "./errors.ts";
import { lockRequest } from "./request-row.ts";

/**
 * The requester ends a request whose move failed: nobody can retry it any more. What stopped it is kept as the reason.
 * @throws {RequestNotFoundError} {NotRequesterError} {NothingToStopError}
 */
export async function stopRequest(
  { store, now }: { store: Store; now: () => Date },
  { requestId, by }: { requestId: string; by: string },
): Promise<void> {
  await store.transaction().execute(async (tx) => {
    const row = await lockRequest(tx, requestId);
    if (row.requester !== by) throw new NotRequesterError(`stop ${requestId}`, row.requester);
    if (row.status !== "failed") throw new NothingToStopError();
    const at = now();
    const last = await tx
      .selectFrom("migration")
      .select("causeCode")
      .where("requestId", "=", requestId)
      .orderBy("attempt", "desc")
      .limit(1)
      .executeTakeFirst();
    await tx.updateTable("request").set({ status: "withdrawn", changedAt: at }).where("id", "=", requestId).execute();
    const subject = `request:${requestId}`;
    await enqueueRedraw(tx, subject);
    await enqueueDelivery(tx, { kind: "notice", subject, detail: { event: "withdrawn", by, at: at.toISOString() } });
    const content = { version: row.version, reason: last?.causeCode ?? null };
    await appendEvent(tx, at, { kind: "request.stopped", actor: by, subject, content });
  });
}
