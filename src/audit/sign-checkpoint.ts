import { GloveboxError } from "../errors.ts";
import type { Store } from "../store/open-store.ts";
import { type Checkpoint, makeCheckpoint } from "./checkpoint.ts";
import { readLinks } from "./read-links.ts";
import type { Signer } from "./signing.ts";
import { linkFaults } from "./verify-chain.ts";

export class ChainBrokenError extends GloveboxError {
  readonly code = "CHAIN_BROKEN";
  readonly userMessage =
    "The audit chain does not fit together any more, so I didn't sign it. Somebody changed the database past Glovebox: keep a copy, and compare it with your last export.";
  constructor(fault: string) {
    super(`no checkpoint signed: ${fault}`);
  }
}

/**
 * Signs the newest event, after checking all that came since the last checkpoint.
 * @returns null if nothing came since then.
 * @throws {ChainBrokenError}
 */
export async function signCheckpoint(store: Store, signer: Signer, now: () => Date): Promise<Checkpoint | null> {
  return store.transaction().execute(async (tx) => {
    const last = await tx
      .selectFrom("auditCheckpoint")
      .innerJoin("auditEvent", "auditEvent.seq", "auditCheckpoint.seq")
      .select(["auditCheckpoint.seq", "auditCheckpoint.hash", "auditEvent.hash as eventHash"])
      .orderBy("auditCheckpoint.seq", "desc")
      .limit(1)
      .executeTakeFirst();
    if (last && last.hash !== last.eventHash)
      throw new ChainBrokenError(`event ${last.seq} is not the one signed before`);
    let end: { seq: number; hash: string } | undefined = last;
    for await (const link of readLinks(tx, last?.seq ?? 0)) {
      const [fault] = linkFaults(link, end);
      if (fault !== undefined) throw new ChainBrokenError(fault);
      end = link;
    }
    if (end === undefined || end.seq === last?.seq) return null;
    const { seq, hash } = end;
    const signedAt = now();
    const checkpoint = makeCheckpoint(signer, { seq, hash, signedAt: signedAt.toISOString() });
    await tx
      .insertInto("auditCheckpoint")
      .values({ ...checkpoint, signedAt })
      .onConflict((conflict) => conflict.column("seq").doNothing()) // another process signed the same end just now
      .execute();
    return checkpoint;
  });
}
