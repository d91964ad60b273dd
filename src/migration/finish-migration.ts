import { sql } from "kysely";
import { outboxRow } from "../store/outbox.ts";
import { AlreadyFinishedError } from "./engine-errors.ts";
import { signFinished } from "./finished.ts";
import { issueReceipt, journaledReaderProof } from "./issue-receipt.ts";
import { leftVault } from "./lend-and-read.ts";
import type { MigrationRun } from "./migration-run.ts";
import { NOT_WAITING } from "./record-waiting.ts";

/** Steps 11 and 12: the admin is proven dead, then one commit makes it done, once and for all, with its receipt. */
export async function finishMigration(run: MigrationRun): Promise<void> {
  const { deps, row, statement, journal } = run;
  run.proofs.admin = await leftVault(run);
  run.proofs.reader ??= await journaledReaderProof(deps.store, row.id);
  deps.trace?.("admin.dead");
  const finishedAt = deps.now();
  const writes = run.written.list;
  if (writes === null) throw new TypeError("nothing is finished that was not journaled");
  const finished = signFinished(deps.signer, {
    v: 1,
    statementId: statement.statementId,
    migrationId: row.id,
    finishedAt: finishedAt.toISOString(),
    writes,
  });
  const { mountAccessor, path } = statement.source;
  const { vaultVersion, previousStatementId } = run.moves;
  const receipt = outboxRow({ kind: "receipt", subject: `migration:${row.id}`, dedupeKey: `receipt:${row.id}` });
  const done = journal.commit({
    step: "migration.done",
    changes: { state: "done", finishedAt, causeCode: null, causeText: null, ...NOT_WAITING },
    detail: { adminProof: run.proofs.admin },
    event: {
      kind: "migration.done",
      actor: "worker",
      content: { requestId: row.requestId, statementId: statement.statementId, fence: run.fence },
    },
    with: [
      sql`insert into finished_statement (statement_id, migration_id, mount_accessor, path, vault_version,
          previous_statement_id, bytes, signature, key_id)
        values (${statement.statementId}, ${row.id}, ${mountAccessor}, ${path}, ${vaultVersion},
          ${previousStatementId}, ${finished.bytes}, ${finished.signature}, ${finished.keyId})
        returning 1`,
      sql`update request set status = 'migrated', changed_at = ${finishedAt} from moved
        where request.id = moved.request_id returning 1`,
      sql`insert into outbox (kind, subject, detail, dedupe_key)
        values (${receipt.kind}, ${receipt.subject}, ${receipt.detail}, ${receipt.dedupeKey}) returning 1`,
    ],
    givesFenceBack: true,
    changesAt: (link, doneRow) => ({ receipt: issueReceipt(run, link, doneRow) }),
  });
  await done.catch((error: unknown) => {
    // Its row stands there already, whoever wrote it: this move must not count as a second one.
    throw isTaken(error) ? new AlreadyFinishedError() : error;
  });
  deps.trace?.("migration.done");
}

const isTaken = (error: unknown): boolean =>
  error instanceof Error &&
  "constraint" in error &&
  ["one_finish_after_another", "finished_statement_pkey"].includes(String(error.constraint));
