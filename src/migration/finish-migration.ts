import { enqueueDelivery } from "../store/outbox.ts";
import { issueReceipt } from "./issue-receipt.ts";
import type { MigrationRun } from "./migration-run.ts";

/** Steps 11 and 12: the admin is proven dead, then one commit makes it done, once and for all, with its receipt. */
export async function finishMigration(run: MigrationRun): Promise<void> {
  const { deps, row, statement, journal } = run;
  run.proofs.admin = await run.admin.revokeSelf();
  deps.trace?.("admin.dead");
  const finishedAt = deps.now();
  const finished = deps.signer.sign("finished", {
    v: 1,
    statementId: statement.statementId,
    migrationId: row.id,
    finishedAt: finishedAt.toISOString(),
  });
  await journal.commit({
    step: "migration.done",
    changes: { state: "done", finishedAt, causeCode: null, causeText: null },
    detail: { adminProof: run.proofs.admin },
    event: {
      kind: "migration.done",
      actor: "worker",
      content: { requestId: row.requestId, statementId: statement.statementId, fence: run.fence },
    },
    also: async (tx) => {
      await tx
        .insertInto("finishedStatement")
        .values({ statementId: statement.statementId, migrationId: row.id, ...finished })
        .execute();
      await tx
        .updateTable("request")
        .set({ status: "migrated", changedAt: finishedAt })
        .where("id", "=", row.requestId)
        .execute();
      await tx.updateTable("fence").set({ adminAccessor: null }).where("number", "=", run.fence).execute();
      await enqueueDelivery(tx, { kind: "receipt", subject: `migration:${row.id}`, dedupeKey: `receipt:${row.id}` });
    },
    afterEvent: (tx, link) => issueReceipt(tx, run, link),
  });
  deps.trace?.("migration.done");
}
