import type { Selectable } from "kysely";
import type { Store } from "./open-store.ts";
import type { PoisonedMessageTable } from "./tables/requests.ts";

/** Poison that still lies in the dead-letter queue, the newest first. */
export async function listPoisonedMessages(store: Store, limit = 20): Promise<Selectable<PoisonedMessageTable>[]> {
  return store
    .selectFrom("poisonedMessage")
    .selectAll()
    .where("redrivenAt", "is", null)
    .orderBy("foundAt", "desc")
    .limit(limit)
    .execute();
}
