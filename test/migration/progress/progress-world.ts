import { randomUUID } from "node:crypto";
import type { Store } from "../../../src/store/open-store.ts";
import type { RequestStatus } from "../../../src/store/tables/requests.ts";

let made = 0;

/** A request row for an entry, whatever its content: only its status is counted. */
export async function addRequest(store: Store, entryId: number, status: RequestStatus, at: Date): Promise<void> {
  made += 1;
  await store
    .insertInto("request")
    .values({
      ...{ id: `RQ-${5_000 + made}`, envelopeId: randomUUID(), status, entryId, requester: "U0ERIN" },
      ...{ content: "{}", places: [], signature: "none", keyId: "none", vaultVersion: 1, changes: "[]" },
      ...{ createdAt: at, changedAt: at, expiresAt: at },
    })
    .execute();
}

/** The number of the entry at `mount/path`. */
export async function entryAt(store: Store, fullPath: string): Promise<number> {
  const { id } = await store
    .selectFrom("entry")
    .select("id")
    .where("fullPath", "=", fullPath)
    .executeTakeFirstOrThrow();
  return id;
}
