import { appendEvent } from "../audit/append-event.ts";
import { enqueueRedraw } from "../store/outbox.ts";
import { assertApprover, type DecideDeps } from "./approve-request.ts";
import { ApprovalStatement, UndoOrder } from "./content.ts";
import { NothingToUndoError, OwnRequestError, UndoAlreadyOrderedError } from "./errors.ts";
import { latestMigration, lockMigrations } from "./latest-migration.ts";
import { readSigned } from "./read-signed.ts";
import { lockRequest } from "./request-row.ts";

/**
 * An approver orders that a finished migration be undone: signed, like an approval, and carried out by the worker.
 * @throws {RequestNotFoundError} {NotAllowedError} {OwnRequestError} {NothingToUndoError} {UndoAlreadyOrderedError}
 * @throws {SignatureRefusedError} The stored approval is not what was signed.
 */
export async function orderUndo(
  deps: Omit<DecideDeps, "newId">,
  { requestId, by }: { requestId: string; by: string },
): Promise<{ migrationId: string }> {
  await assertApprover(deps, requestId, by, "undo");
  const { migrationId, attempt } = await deps.store.transaction().execute(async (tx) => {
    await lockMigrations(tx, requestId); // before the request, as the worker's journal does it: no deadlock
    await lockRequest(tx, requestId);
    const last = await latestMigration(tx, requestId);
    if (last?.state !== "done") throw new NothingToUndoError();
    const { bytes, signature, keyId } = last;
    const { requester } = readSigned(deps.keyring, "approval", { bytes, signature, keyId }, ApprovalStatement);
    if (requester === by) throw new OwnRequestError("order its undo");
    const at = deps.now();
    const earlier = last.undoOrder === null ? null : UndoOrder.parse(JSON.parse(last.undoOrder));
    // An order that nobody carried out in time may be given again.
    if (earlier && new Date(earlier.expiresAt) > at) {
      throw new UndoAlreadyOrderedError(earlier.orderedBy, new Date(earlier.issuedAt));
    }
    const order = UndoOrder.parse({
      v: 1,
      migrationId: last.id,
      statementId: last.statementId,
      orderedBy: by,
      issuedAt: at.toISOString(),
      expiresAt: new Date(at.getTime() + deps.rules.validHours * 3_600_000).toISOString(),
    });
    const signed = deps.signer.sign("undo", order);
    await tx
      .updateTable("migration")
      .set({ undoOrder: signed.bytes, undoSignature: signed.signature, undoKeyId: signed.keyId })
      .where("id", "=", last.id)
      .execute();
    const subject = `request:${requestId}`;
    await enqueueRedraw(tx, subject);
    await appendEvent(tx, at, { kind: "request.undo-ordered", actor: by, subject, content: order });
    return { migrationId: last.id, attempt: last.attempt };
  });
  await deps.ringMigration(migrationId, attempt);
  return { migrationId };
}
