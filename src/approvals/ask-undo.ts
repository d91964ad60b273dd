import { appendEvent } from "../audit/append-event.ts";
import type { Store } from "../store/open-store.ts";
import { enqueueDelivery } from "../store/outbox.ts";
import { UndoOrder } from "./content.ts";
import { LooksLikeSecretError, NothingToUndoError, RequestNotFoundError, UndoAlreadyOrderedError } from "./errors.ts";
import { latestMigration } from "./latest-migration.ts";
import { looksLikeSecret } from "./looks-like-secret.ts";

/**
 * An operator at a terminal wishes that a finished migration be undone. A terminal can't sign, so nothing is undone: the
 * approvers are told, with the button that signs the order.
 * @throws {RequestNotFoundError} {NothingToUndoError} {UndoAlreadyOrderedError} {LooksLikeSecretError}
 */
export async function askUndo(
  { store, now }: { readonly store: Store; readonly now: () => Date },
  { requestId, by, reason }: { requestId: string; by: string; reason: string },
): Promise<void> {
  if (looksLikeSecret(reason)) throw new LooksLikeSecretError("reason");
  const subject = `request:${requestId}`;
  await store.transaction().execute(async (tx) => {
    const request = await tx.selectFrom("request").select("id").where("id", "=", requestId).executeTakeFirst();
    if (!request) throw new RequestNotFoundError();
    const last = await latestMigration(tx, requestId);
    if (last?.state !== "done") throw new NothingToUndoError();
    const order = last.undoOrder === null ? null : UndoOrder.parse(JSON.parse(last.undoOrder));
    if (order && new Date(order.expiresAt) > now()) {
      throw new UndoAlreadyOrderedError(order.orderedBy, new Date(order.issuedAt));
    }
    const dedupeKey = `undo-asked:${last.id}`;
    await enqueueDelivery(tx, { kind: "notice", subject, detail: { event: "undo-asked", by, reason }, dedupeKey });
    await appendEvent(tx, now(), { kind: "request.undo-asked", actor: by, subject, content: { reason } });
  });
}
