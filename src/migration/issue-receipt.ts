import type { ChainLink } from "../audit/append-event.ts";
import type { Store } from "../store/open-store.ts";
import type { JournaledRow } from "./journal.ts";
import type { DeathProof } from "./lease-broker.ts";
import type { MigrationRun } from "./migration-run.ts";
import { buildReceipt, signReceipt } from "./receipt.ts";

/**
 * The signed receipt of the migration that is being made done: it goes into the row with the same commit.
 * @param link The event that says it is done. @param row With its changes.
 */
export function issueReceipt(run: MigrationRun, link: ChainLink, row: JournaledRow): string {
  const { deps, statement, signed, proofs } = run;
  const { reader: readerProof } = proofs;
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
  return signReceipt(deps.signer, receipt);
}

/** After a crash another process proved the reader dead; it journaled the proof before AWS was touched. */
export async function journaledReaderProof(store: Store, migrationId: string): Promise<DeathProof | null> {
  const entry = await store
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
