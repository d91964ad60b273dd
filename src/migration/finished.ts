import { z } from "zod";
import { readSigned, SignatureRefusedError } from "../approvals/read-signed.ts";
import type { Keyring, Signed, Signer } from "../audit/signing.ts";
import type { Store } from "../store/open-store.ts";
import type { MigrationRow } from "./load-order.ts";
import { WriteList } from "./write-list.ts";

/** The worker's word that an approval is carried out, and how. An undo goes by it and not by the migration's row. */
const Finished = z.strictObject({
  v: z.literal(1),
  statementId: z.string(),
  migrationId: z.string(),
  finishedAt: z.iso.datetime(),
  writes: WriteList,
});
export type Finished = z.output<typeof Finished>;

export function signFinished(signer: Signer, finished: Finished): Signed {
  return signer.sign("finished", finished);
}

/** @throws {SignatureRefusedError} There is none, it was altered, or it is of another migration. */
export async function loadFinished(store: Store, keyring: Keyring, row: MigrationRow): Promise<Finished> {
  const signed = await store
    .selectFrom("finishedStatement")
    .select(["bytes", "signature", "keyId"])
    .where("statementId", "=", row.statementId)
    .executeTakeFirst();
  if (!signed) throw new SignatureRefusedError("finished");
  const finished = readSigned(keyring, "finished", signed, Finished);
  if (finished.migrationId !== row.id || finished.statementId !== row.statementId) {
    throw new SignatureRefusedError("finished");
  }
  return finished;
}
