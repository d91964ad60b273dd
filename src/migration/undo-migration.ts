import { UndoOrder } from "../approvals/content.ts";
import { readSigned, SignatureRefusedError } from "../approvals/read-signed.ts";
import { GloveboxError } from "../errors.ts";
import { enqueueDelivery } from "../store/outbox.ts";
import { assertTargetAllowed } from "./assert-target-allowed.ts";
import { causeFor } from "./causes.ts";
import { UndoExpiredError } from "./engine-errors.ts";
import { FenceLostError } from "./fence.ts";
import { loadFinished } from "./finished.ts";
import { loadOrder, type MigrationRow } from "./load-order.ts";
import type { Attempt } from "./migration-run.ts";
import { mayComeAgain, NOT_WAITING, recordWaiting } from "./record-waiting.ts";
import { undoWrites } from "./undo-writes.ts";

export function isUndoWanted(row: MigrationRow): boolean {
  return row.state === "done" && row.undoOrder !== null;
}

/**
 * Carries out a signed order to undo a finished migration: the target goes back to what it was before. Vault is not
 * touched. A refusal is journaled and shown.
 * @throws A failure that passes, journaled and shown as well, to come again as the table of causes says.
 */
export async function undoMigration(attempt: Attempt): Promise<void> {
  try {
    const { text, orderedBy } = await takeBack(attempt);
    await recordUndone(attempt, text, orderedBy);
  } catch (error) {
    if (!(error instanceof GloveboxError) || error instanceof FenceLostError) throw error;
    if (!(await mayComeAgain(attempt, error.code))) return recordRefused(attempt, error);
    const words = `${causeFor(error.code).waitsFor}; I go on with the undo by myself, and do nothing twice.`;
    await recordWaiting(attempt, error, { hasWritten: true, leaseClosedAt: null, hasLeftVault: false, words });
  }
}

async function takeBack({ deps, row }: Attempt): Promise<{ text: string; orderedBy: string }> {
  const { statement } = await loadOrder(deps.store, deps.keyring, row);
  const signed = { bytes: row.undoOrder ?? "", signature: row.undoSignature ?? "", keyId: row.undoKeyId ?? "" };
  const order = readSigned(deps.keyring, "undo", signed, UndoOrder);
  if (order.migrationId !== row.id || order.statementId !== row.statementId) throw new SignatureRefusedError("undo");
  if (order.expiresAt <= deps.now().toISOString()) throw new UndoExpiredError();
  assertTargetAllowed(deps.allowedTargets, statement.target);
  const { writes } = await loadFinished(deps.store, deps.ownKeyring, row);
  const text = await undoWrites(deps, statement, writes);
  return { text, orderedBy: order.orderedBy };
}

async function recordUndone({ deps, row, journal }: Attempt, text: string, orderedBy: string): Promise<void> {
  const at = deps.now();
  await journal.commit({
    step: "migration.undone",
    changes: { state: "undone", causeCode: null, causeText: text, finishedAt: at, ...NOT_WAITING },
    event: { kind: "migration.undone", actor: orderedBy, content: { requestId: row.requestId, text } },
    also: async (tx) => {
      await tx
        .updateTable("request")
        .set({ status: "undone", changedAt: at })
        .where("id", "=", row.requestId)
        .execute();
      await enqueueDelivery(tx, {
        kind: "notice",
        subject: `request:${row.requestId}`,
        detail: { event: "undone" },
        dedupeKey: `undone:${row.id}`,
      });
    },
  });
  deps.trace?.("migration.undone");
}

async function recordRefused({ row, journal }: Attempt, error: GloveboxError): Promise<void> {
  await journal.commit({
    step: "undo.refused",
    changes: {
      causeCode: error.code,
      causeText: error.userMessage,
      undoOrder: null,
      undoSignature: null,
      undoKeyId: null,
      ...NOT_WAITING,
    },
    event: { kind: "undo.refused", actor: "worker", content: { requestId: row.requestId, code: error.code } },
  });
}
