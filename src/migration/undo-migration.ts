import { UndoOrder } from "../approvals/content.ts";
import { readSigned, SignatureRefusedError } from "../approvals/read-signed.ts";
import { GloveboxError } from "../errors.ts";
import { enqueueDelivery } from "../store/outbox.ts";
import { assertTargetAllowed } from "./assert-target-allowed.ts";
import { UndoExpiredError } from "./engine-errors.ts";
import { loadFinished } from "./finished.ts";
import { loadOrder, type MigrationRow } from "./load-order.ts";
import type { Attempt } from "./migration-run.ts";
import { undoWrites } from "./undo-writes.ts";

export function isUndoWanted(row: MigrationRow): boolean {
  return row.state === "done" && row.undoOrder !== null;
}

/**
 * Carries out a signed order to undo a finished migration: the target goes back to what it was before. Vault is not
 * touched. A refusal is journaled and shown; a passing failure is thrown, to come again.
 */
export async function undoMigration(attempt: Attempt): Promise<void> {
  try {
    const { text, orderedBy } = await takeBack(attempt);
    await recordUndone(attempt, text, orderedBy);
  } catch (error) {
    if (!(error instanceof GloveboxError) || error.retryable) throw error;
    await recordRefused(attempt, error);
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
    changes: { state: "undone", causeText: text, finishedAt: at },
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
    },
    event: { kind: "undo.refused", actor: "worker", content: { requestId: row.requestId, code: error.code } },
  });
}
