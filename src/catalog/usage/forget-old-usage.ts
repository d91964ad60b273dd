import { sql } from "kysely";
import type { Store } from "../../store/open-store.ts";
import { lockCounts } from "./write-tally.ts";

/**
 * Forgets who used what longer ago than that, and the counts of those days: addresses and display names are personal
 * data. When a path was last read or written stays, for it names nobody.
 * @returns How many clients nobody knows any more.
 */
export async function forgetOldUsage(store: Store, keepDays: number, now: Date): Promise<{ clientCount: number }> {
  const until = new Date(now.getTime() - keepDays * 24 * 60 * 60 * 1_000);
  return store.transaction().execute(async (tx) => {
    await lockCounts(tx);
    await sql`
      delete from usage_by_client where greatest(last_read_at, last_write_at) < ${until}
    `.execute(tx);
    await sql`delete from usage_day where day < (${until}::timestamptz at time zone 'UTC')::date`.execute(tx);
    const forgotten = await sql`
      delete from usage_client where not exists (select from usage_by_client where client_id = usage_client.id)
    `.execute(tx);
    return { clientCount: Number(forgotten.numAffectedRows ?? 0) };
  });
}
