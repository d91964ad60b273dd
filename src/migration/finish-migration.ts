import { outboxRow } from "../store/outbox.ts";
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
        .with("finished", (db) =>
          db
            .insertInto("finishedStatement")
            .values({ statementId: statement.statementId, migrationId: row.id, ...finished }),
        )
        .with("requested", (db) =>
          db.updateTable("request").set({ status: "migrated", changedAt: finishedAt }).where("id", "=", row.requestId),
        )
        // Nothing is left to do under the fence, so it is given back with this commit.
        .with("released", (db) =>
          db
            .updateTable("fence")
            .set({ adminAccessor: null, holder: null, deadline: null })
            .where("number", "=", run.fence),
        )
        .insertInto("outbox")
        .values(outboxRow({ kind: "receipt", subject: `migration:${row.id}`, dedupeKey: `receipt:${row.id}` }))
        .execute();
    },
    afterEvent: (tx, link, finishedRow) => issueReceipt(tx, run, link, finishedRow),
  });
  deps.trace?.("migration.done");
}
