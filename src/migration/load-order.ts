import type { Selectable } from "kysely";
import { ApprovalStatement } from "../approvals/content.ts";
import { readSigned, SignatureRefusedError } from "../approvals/read-signed.ts";
import type { Keyring, Signed } from "../audit/signing.ts";
import type { Store } from "../store/open-store.ts";
import type { MigrationTable } from "../store/schema.ts";
import { MigrationNotFoundError } from "./engine-errors.ts";

/** A migration's row, as the engine reads it back. */
export type MigrationRow = Selectable<MigrationTable>;

/** What to carry out: the row says how far it got, the signed statement says what. */
export interface Order {
  readonly row: MigrationRow;
  readonly statement: ApprovalStatement;
  readonly signed: Signed;
  readonly isFinished: boolean;
}

/** @throws {MigrationNotFoundError} */
export async function loadRow(store: Store, migrationId: string): Promise<MigrationRow> {
  const row = await store.selectFrom("migration").selectAll().where("id", "=", migrationId).executeTakeFirst();
  if (!row) throw new MigrationNotFoundError();
  return row;
}

/**
 * Reads the statement that this migration carries out, from its signed bytes alone.
 * @throws {SignatureRefusedError} Not signed by a trusted key, altered, or of another request.
 */
export async function loadOrder(store: Store, keyring: Keyring, row: MigrationRow): Promise<Order> {
  const found = await store
    .selectFrom("statement")
    .leftJoin("finishedStatement", "finishedStatement.statementId", "statement.id")
    .select(["statement.bytes", "statement.signature", "statement.keyId"])
    .select("finishedStatement.migrationId as finishedBy")
    .where("statement.id", "=", row.statementId)
    .executeTakeFirst();
  if (!found) throw new SignatureRefusedError("approval");
  const { finishedBy, ...signed } = found;
  const statement = readSigned(keyring, "approval", signed, ApprovalStatement);
  if (statement.statementId !== row.statementId || statement.requestId !== row.requestId) {
    throw new SignatureRefusedError("approval");
  }
  return { row, statement, signed, isFinished: finishedBy !== null };
}
