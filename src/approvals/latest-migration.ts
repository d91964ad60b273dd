import type { Store } from "../store/open-store.ts";
import type { TargetConflict } from "../store/tables/migrations.ts";

/** The newest attempt of a request, with the signed statement that it acts on. */
export async function latestMigration(tx: Store, requestId: string) {
  return tx
    .selectFrom("migration")
    .innerJoin("statement", "statement.id", "migration.statementId")
    .select([
      "migration.id",
      "migration.attempt",
      "migration.state",
      "migration.undoOrder",
      "migration.statementId",
      "statement.bytes",
      "statement.signature",
      "statement.keyId",
    ])
    .where("migration.requestId", "=", requestId)
    .orderBy("migration.attempt", "desc")
    .limit(1)
    .executeTakeFirst();
}

/** The target of somebody else's that the newest attempt met, or null. */
export async function latestConflict(store: Store, requestId: string): Promise<TargetConflict | null> {
  const last = await store
    .selectFrom("migration")
    .select(["state", "comparison"])
    .where("requestId", "=", requestId)
    .orderBy("attempt", "desc")
    .limit(1)
    .executeTakeFirst();
  return last?.state === "failed" ? last.comparison : null;
}

/** Locks all attempts of a request for this transaction. */
export async function lockMigrations(tx: Store, requestId: string): Promise<void> {
  await tx.selectFrom("migration").select("id").where("requestId", "=", requestId).orderBy("id").forUpdate().execute();
}
