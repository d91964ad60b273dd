import type { ChainLink } from "../audit/append-event.ts";
import type { Store } from "../store/open-store.ts";
import type { DeathProof } from "./lease-broker.ts";
import type { MigrationRow } from "./load-order.ts";
import type { MigrationRun } from "./migration-run.ts";
import { buildReceipt, signReceipt } from "./receipt.ts";

/**
 * Writes the signed receipt into the migration's row. Call it in the commit that makes the migration done, after the
 * row's changes and the event: the receipt holds both.
 * @param row With its changes.
 */
export async function issueReceipt(tx: Store, run: MigrationRun, link: ChainLink, row: MigrationRow): Promise<void> {
  const { deps, statement, signed, proofs } = run;
  const readerProof = proofs.reader ?? (await journaledReaderProof(tx, row.id));
  const { leaseOpenedAt, leaseClosedAt, finishedAt } = row;
  const { admin: adminProof } = proofs;
  const { list: writes } = run.written;
  const isComplete = writes && leaseOpenedAt && leaseClosedAt && finishedAt;
  if (!isComplete || !readerProof || !adminProof) {
    throw new TypeError("a migration that is done has its writes, a closed lease and both proofs");
  }
  const receipt = buildReceipt({
    installation: deps.installation,
    separation: deps.separation,
    gate: deps.gate,
    migration: row,
    statement,
    approval: signed,
    vaultVersion: row.vaultVersion,
    writes,
    leaseOpenedAt,
    leaseClosedAt,
    readerProof,
    adminProof,
    finishedAt,
    link,
  });
  await tx
    .updateTable("migration")
    .set({ receipt: signReceipt(deps.signer, receipt) })
    .where("id", "=", row.id)
    .execute();
}

/** After a crash another process proved the reader dead; it journaled the proof before AWS was touched. */
async function journaledReaderProof(tx: Store, migrationId: string): Promise<DeathProof | null> {
  const entry = await tx
    .selectFrom("journal")
    .select("detail")
    .where("migrationId", "=", migrationId)
    .where("step", "=", "write.intended")
    .orderBy("seq", "desc")
    .limit(1)
    .executeTakeFirst();
  // Our own row, written from a `DeathProof` and nothing else.
  return (entry?.detail.readerProof as DeathProof | null | undefined) ?? null;
}
