import type { Store } from "../store/open-store.ts";

interface NextAttempt {
  readonly id: string;
  readonly requestId: string;
  readonly statementId: string;
  readonly at: Date;
  /** Nobody picks it up until its wave releases it. */
  readonly isHeld?: boolean;
}

/** Queues the next attempt of a request under a signed statement. Call it with the request's row locked. */
export async function startMigration(
  tx: Store,
  { id, requestId, statementId, at, isHeld = false }: NextAttempt,
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
    .values({ id, requestId, statementId, attempt, state: "queued", isHeld, createdAt: at })
    .execute();
  return { migrationId: id, attempt };
}
