import { sql } from "kysely";
import type { Store } from "../store/open-store.ts";

/** What of ours is under way, one line each; without a database nobody can tell. */
export async function findRunning(store: Store | null): Promise<string[]> {
  if (store === null) return ["DATABASE_URL is not set, so whether a migration runs is not known"];
  const fence = await store
    .selectFrom("fence")
    .select("holder")
    .where("deadline", ">", sql<Date>`clock_timestamp()`)
    .executeTakeFirst();
  const leases = await store
    .selectFrom("migration")
    .select("requestId")
    .where("leaseOpenedAt", "is not", null)
    .where("leaseClosedAt", "is", null)
    .execute();
  return [
    ...(fence ? [`worker ${fence.holder} holds the fence: a migration runs`] : []),
    ...leases.map(({ requestId }) => `${requestId} has a lease that is not closed yet`),
  ];
}
