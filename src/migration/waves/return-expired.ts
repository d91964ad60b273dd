import { sql } from "kysely";
import { askAgain } from "../../approvals/ask-again.ts";
import type { Store } from "../../store/open-store.ts";
import { askBatchAgain } from "./carry-out-approval.ts";
import { listWaiting } from "./waiting-items.ts";
import type { WaveDeps } from "./wave-deps.ts";
import type { BatchRow } from "./wave-rows.ts";

const CAUSE = "Its approval ended before its turn came. Nothing was started; its batch is asked for again.";

/**
 * Gives requests back whose approval ended before their turn: they wait again, in their next version, and their batch
 * needs a new look and a new yes. Safe to call again after a crash anywhere.
 */
export async function returnExpired(deps: WaveDeps, batch: BatchRow): Promise<void> {
  const { store, now } = deps;
  for (const { id, requestId, envelopeId } of await listExpired(store, batch, now())) {
    await store.transaction().execute(async (tx) => {
      const at = now();
      // The migration before its request, as the worker's journal does it: no deadlock.
      const { numUpdatedRows } = await tx
        .updateTable("migration")
        .set({ state: "failed", causeCode: "APPROVAL_EXPIRED", causeText: CAUSE, finishedAt: at, isHeld: false })
        .where("id", "=", id)
        .where("state", "=", "queued")
        .where("isHeld", "=", true)
        .executeTakeFirst();
      if (numUpdatedRows !== 1n) return; // released this moment
      const { vaultVersion } = await tx
        .selectFrom("request")
        .select("vaultVersion")
        .where("id", "=", requestId)
        .executeTakeFirstOrThrow();
      await tx
        .updateTable("waveItem")
        .set(({ eb }) => ({ requestVersion: eb("requestVersion", "+", 1) }))
        .where("envelopeId", "=", envelopeId)
        .execute();
      await askAgain(tx, { requestId, vaultVersion, reason: "APPROVAL_EXPIRED", at });
    });
  }
  const isBack = (await listWaiting(store, batch)).length > 0;
  if (isBack) await askBatchAgain(deps, batch, "approval-expired");
}

function listExpired(store: Store, { wave, number }: BatchRow, at: Date) {
  return store
    .selectFrom("migration")
    .innerJoin("statement", "statement.id", "migration.statementId")
    .innerJoin("waveItem", "waveItem.requestId", "migration.requestId")
    .select(["migration.id", "migration.requestId", "waveItem.envelopeId"])
    .where("waveItem.wave", "=", wave)
    .where("waveItem.batch", "=", number)
    .where("migration.isHeld", "=", true)
    .where("migration.state", "=", "queued")
    .where(sql<boolean>`(statement.bytes::jsonb ->> 'expiresAt')::timestamptz <= ${at}`)
    .execute();
}
