import type { Store } from "../store/open-store.ts";
import { EntryUnknownError } from "./describe-entry.ts";

/** Holds one entry until the transaction ends: clicks on it come one after the other. @throws {EntryUnknownError} Gone, too. */
export async function lockEntry(tx: Store, entryId: number): Promise<void> {
  const entry = await tx.selectFrom("entry").select("goneAt").where("id", "=", entryId).forUpdate().executeTakeFirst();
  if (entry === undefined || entry.goneAt !== null) throw new EntryUnknownError(entryId);
}
