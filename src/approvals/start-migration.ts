import type { Store } from "../store/open-store.ts";

/** Queues the next attempt of a request under a signed statement. Call it with the request's row locked. */
export async function startMigration(
  tx: Store,
  { id, requestId, statementId, at }: { id: string; requestId: string; statementId: string; at: Date },
): Promise<{ migrationId: string; attempt: number }> {
  // Attempts count over all content versions of a request: one asked again goes on counting.
  const last = await tx
    .selectFrom("migration")
    .select(({ fn }) => fn.max("attempt").as("attempt"))
    .where("requestId", "=", requestId)
    .executeTakeFirst();
  const attempt = (last?.attempt ?? 0) + 1;
  await tx
    .insertInto("migration")
    .values({ id, requestId, statementId, attempt, state: "queued", createdAt: at })
    .execute();
  return { migrationId: id, attempt };
}
