import { appendEvent } from "../audit/append-event.ts";
import type { Signer } from "../audit/signing.ts";
import type { Store } from "../store/open-store.ts";
import { enqueueDelivery, enqueueRedraw } from "../store/outbox.ts";
import { MoveAgain } from "./content.ts";
import { NothingToAllowError } from "./errors.ts";
import { findRequest } from "./request-row.ts";

export interface AllowAgainDeps {
  readonly store: Store;
  /** The operator's own key: bot and worker know its public half, and the database can't make its signature. */
  readonly signer: Signer;
  readonly now: () => Date;
}

/**
 * An operator lifts the never-again of what a request moved, for one further move. It moves nothing and approves nothing:
 * somebody must ask, and an approver say yes.
 * @throws {RequestNotFoundError} {NothingToAllowError} It moved nothing, or that may be moved again already.
 */
export async function allowAgain(
  { store, signer, now }: AllowAgainDeps,
  { requestId, by, reason }: { requestId: string; by: string; reason: string },
): Promise<{ vaultVersion: number | null }> {
  return store.transaction().execute(async (tx) => {
    const { requester } = await findRequest(tx, requestId);
    const finish = await findFinish(tx, requestId);
    const at = now();
    const word = MoveAgain.parse({
      v: 1,
      statementId: finish.statementId,
      requestId,
      allowedBy: by,
      reason,
      issuedAt: at.toISOString(),
    });
    const { bytes, signature, keyId } = signer.sign("again", word);
    await tx
      .insertInto("moveAgain")
      .values({ statementId: finish.statementId, bytes, signature, keyId, allowedAt: at })
      // A word that nobody takes (a forged row, a key that was dropped) must not stand in the way of a genuine one.
      .onConflict((conflict) => conflict.column("statementId").doUpdateSet({ bytes, signature, keyId, allowedAt: at }))
      .execute();
    const subject = `request:${requestId}`;
    await enqueueRedraw(tx, subject);
    await enqueueDelivery(tx, { kind: "notice", subject, detail: { event: "allowed-again", to: requester, reason } });
    await appendEvent(tx, at, {
      kind: "request.allowed-again",
      actor: by,
      subject,
      content: { word, signature, keyId },
    });
    return { vaultVersion: finish.vaultVersion };
  });
}

/** @throws {NothingToAllowError} */
async function findFinish(tx: Store, requestId: string) {
  const finish = await tx
    .selectFrom("finishedStatement")
    .innerJoin("migration", "migration.id", "finishedStatement.migrationId")
    .select(["finishedStatement.statementId", "finishedStatement.vaultVersion"])
    .where("migration.requestId", "=", requestId)
    .where("migration.state", "=", "done")
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom("finishedStatement as next")
            .select("next.statementId")
            .whereRef("next.previousStatementId", "=", "finishedStatement.statementId"),
        ),
      ),
    )
    .executeTakeFirst();
  if (!finish) throw new NothingToAllowError();
  return finish;
}
