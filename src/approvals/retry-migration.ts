import { appendEvent } from "../audit/append-event.ts";
import { enqueueRedraw } from "../store/outbox.ts";
import { assertApprover, type DecideDeps } from "./approve-request.ts";
import { ApprovalStatement } from "./content.ts";
import { ApprovalExpiredError, NothingToRetryError } from "./errors.ts";
import { latestMigration } from "./latest-migration.ts";
import { assertNoOtherOpenRequest, lockEntryById } from "./one-request-per-secret.ts";
import { readSigned } from "./read-signed.ts";
import { findRequest, lockRequest } from "./request-row.ts";
import { startMigration } from "./start-migration.ts";
import { claimPlaces } from "./target-places.ts";

/**
 * Carries out a failed migration once more under the same approval. Its requester and the approvers may order it: it
 * allows nothing that was not approved.
 * @throws {RequestNotFoundError} {NotAllowedError} {NothingToRetryError} {OpenRequestExistsError}
 * @throws {TargetClaimedError} Another secret's request took the name meanwhile.
 * @throws {ApprovalExpiredError} The approval is over: it must be requested again.
 * @throws {SignatureRefusedError} The stored approval is not what was signed.
 */
export async function retryMigration(
  deps: Omit<DecideDeps, "signer">,
  { requestId, by }: { requestId: string; by: string },
): Promise<{ migrationId: string; attempt: number }> {
  const { requester, entryId } = await findRequest(deps.store, requestId);
  if (requester !== by) await assertApprover(deps, requestId, by, "retry");
  const started = await deps.store.transaction().execute(async (tx) => {
    await lockEntryById(tx, entryId); // the entry before the request, as intake does it: no deadlock
    const row = await lockRequest(tx, requestId);
    const last = await latestMigration(tx, requestId);
    if (row.status !== "failed" || last?.state !== "failed") throw new NothingToRetryError();
    const { bytes, signature, keyId } = last;
    const statement = readSigned(deps.keyring, "approval", { bytes, signature, keyId }, ApprovalStatement);
    const at = deps.now();
    const expiresAt = new Date(statement.expiresAt);
    if (expiresAt <= at) throw new ApprovalExpiredError(expiresAt);
    await assertNoOtherOpenRequest(tx, entryId, requestId);
    await claimPlaces(tx, { entryId, ownId: requestId }, row.places); // a failed request held no name
    await tx.updateTable("request").set({ status: "approved", changedAt: at }).where("id", "=", requestId).execute();
    const next = await startMigration(tx, { id: deps.newId(), requestId, statementId: last.statementId, at });
    const subject = `request:${requestId}`;
    await enqueueRedraw(tx, subject);
    await appendEvent(tx, at, { kind: "request.retried", actor: by, subject, content: next });
    return next;
  });
  await deps.ringMigration(started.migrationId, started.attempt);
  return started;
}
