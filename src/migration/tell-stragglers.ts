import { sql } from "kysely";
import type { Store } from "../store/open-store.ts";
import { enqueueDelivery } from "../store/outbox.ts";
import { listStragglers } from "./stragglers.ts";

/** Who changes over reads both for a while: only reads later than that are news. */
const GRACE_HOURS = 24;
const TOLD_AT_ONCE = 100;

/**
 * Tells the requester of a move, once for each, which readers still come to the old path a day after it.
 * @returns How many requesters were told something.
 */
export async function tellStragglers(store: Store, now: Date): Promise<number> {
  const { entries } = await listStragglers(store, { limit: TOLD_AT_ONCE, graceHours: GRACE_HOURS, isNews: true });
  let told = 0;
  for (const { requestId, readers, lastReadAt } of entries) {
    told += await store.transaction().execute(async (tx) => {
      const { rows } = await sql<{ reader: string }>`
        insert into straggler_told (request_id, reader, told_at)
        select ${requestId}, reader, ${now} from unnest(${[...readers]}::text[]) as reader
        on conflict do nothing returning reader
      `.execute(tx);
      if (rows.length === 0) return 0; // somebody else told it at this moment
      const detail = { event: "straggled", readers: rows.map(({ reader }) => reader).join(", "), at: lastReadAt };
      await enqueueDelivery(tx, { kind: "notice", subject: `request:${requestId}`, detail });
      return 1;
    });
  }
  return told;
}
