import type { Keyring } from "../audit/signing.ts";
import type { Store } from "../store/open-store.ts";
import { prepared } from "../store/prepared.ts";
import { MoveAgain, UndoOrder } from "./content.ts";
import { readSigned, SignatureRefusedError } from "./read-signed.ts";

export interface FinishKeys {
  /** Approval keys: they sign orders to undo. */
  readonly keyring: Keyring;
  /** Operators' keys; absent: nobody's word counts. */
  readonly operatorKeys?: Keyring;
}

/** One version of one secret. */
export interface FinishedVersion {
  readonly mountAccessor: string;
  readonly path: string;
  /** null: KV v1 has none, so what was moved once is moved. */
  readonly vaultVersion: number | null;
}

export interface LastFinish {
  /** The approval that moved it last; null: it was never moved. */
  readonly statementId: string | null;
  /** It may be moved: never moved, or undone by a signed order, or allowed once more by an operator's signed word. */
  readonly isFree: boolean;
}

/**
 * Where a version stands. Each finish names the one before it, so that an undo or an operator's word is good for one
 * further move: the row of that move takes its place, and the database refuses a second row after the same finish.
 */
export async function findLastFinish(store: Store, keys: FinishKeys, version: FinishedVersion): Promise<LastFinish> {
  const finishes = await store
    .selectFrom("finishedStatement")
    .innerJoin("migration", "migration.id", "finishedStatement.migrationId")
    .leftJoin("moveAgain", "moveAgain.statementId", "finishedStatement.statementId")
    .modifyFront(prepared)
    .select(["finishedStatement.statementId", "finishedStatement.previousStatementId", "finishedStatement.migrationId"])
    .select(["migration.state", "migration.undoOrder", "migration.undoSignature", "migration.undoKeyId"])
    .select(["moveAgain.bytes", "moveAgain.signature", "moveAgain.keyId"])
    .where("finishedStatement.mountAccessor", "=", version.mountAccessor)
    .where("finishedStatement.path", "=", version.path)
    .where("finishedStatement.vaultVersion", "is not distinct from", version.vaultVersion)
    .execute();
  const followed = new Set(finishes.map(({ previousStatementId }) => previousStatementId));
  const [last, ...others] = finishes.filter(({ statementId }) => !followed.has(statementId));
  if (finishes.length === 0) return { statementId: null, isFree: true };
  if (!last || others.length > 0) return { statementId: null, isFree: false }; // rows that we never wrote
  return { statementId: last.statementId, isFree: isUndone(keys, last) || isAllowedAgain(keys, last) };
}

interface FinishRow {
  readonly statementId: string;
  readonly migrationId: string;
  readonly state: string;
  readonly undoOrder: string | null;
  readonly undoSignature: string | null;
  readonly undoKeyId: string | null;
  readonly bytes: string | null;
  readonly signature: string | null;
  readonly keyId: string | null;
}

/** The state is only a row; the order behind it is signed. */
function isUndone({ keyring }: FinishKeys, row: FinishRow): boolean {
  const { undoOrder: bytes, undoSignature: signature, undoKeyId: keyId } = row;
  if (row.state !== "undone" || bytes === null || signature === null || keyId === null) return false;
  return orFalse(() => {
    const order = readSigned(keyring, "undo", { bytes, signature, keyId }, UndoOrder);
    return order.statementId === row.statementId && order.migrationId === row.migrationId;
  });
}

function isAllowedAgain({ operatorKeys }: FinishKeys, { statementId, bytes, signature, keyId }: FinishRow): boolean {
  if (!operatorKeys || bytes === null || signature === null || keyId === null) return false;
  return orFalse(
    () => readSigned(operatorKeys, "again", { bytes, signature, keyId }, MoveAgain).statementId === statementId,
  );
}

function orFalse(judge: () => boolean): boolean {
  try {
    return judge();
  } catch (error) {
    if (error instanceof SignatureRefusedError) return false;
    throw error;
  }
}
