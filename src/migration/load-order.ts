import { type Selectable, sql } from "kysely";
import { ApprovalStatement } from "../approvals/content.ts";
import { readSigned, SignatureRefusedError } from "../approvals/read-signed.ts";
import type { Keyring, Signed } from "../audit/signing.ts";
import type { Store } from "../store/open-store.ts";
import { prepared } from "../store/prepared.ts";
import type { MigrationTable } from "../store/tables/migrations.ts";
import { MigrationNotFoundError } from "./engine-errors.ts";
import { type Fence, throwFenceHeld } from "./fence.ts";

/** A migration's row, as the engine reads it back. */
export type MigrationRow = Selectable<MigrationTable>;

/** What to carry out: the row says how far it got, the signed statement says what. */
export interface Order {
  readonly row: MigrationRow;
  readonly statement: ApprovalStatement;
  readonly signed: Signed;
  readonly isFinished: boolean;
}

/** What was signed for a migration, as its rows have it. */
interface FoundStatement extends Signed {
  /** The migration that carried it out; null if none did. */
  readonly finishedBy: string | null;
}

/** A migration that is picked up, under the fence that was taken for it. */
export interface TakenOrder extends Fence {
  /** A crash may have left a lease open. */
  readonly hasLeftLeases: boolean;
  /** As it stood once the fence was ours: nobody else changes it from then on. */
  readonly row: MigrationRow | null;
  readonly found: FoundStatement | null;
}

type TakenRow = { [K in keyof FoundStatement]: FoundStatement[K] | null } & {
  isPaused: boolean;
  fenceNumber: number | null;
  leftAdminAccessor: string | null;
  hasLeftLeases: boolean;
} & { [K in keyof MigrationRow]: MigrationRow[K] | null };

/**
 * Takes the fence and reads the migration, in one round trip.
 * @returns null: an operator has paused, so nothing is picked up.
 * @throws {FenceHeldError}
 */
export async function takeOrder(
  store: Store,
  migrationId: string,
  { holder, fenceSeconds }: { holder: string; fenceSeconds: number },
): Promise<TakenOrder | null> {
  const { rows } = await sql<TakenRow>`${prepared}
    select is_paused, fence_number, left_admin_accessor, has_left_leases, bytes, signature, key_id, finished_by,
      (row_found).*
    from take_order(${migrationId}, ${holder}, ${fenceSeconds})`.execute(store);
  const [taken] = rows;
  if (!taken) throw new TypeError("take_order always gives a row");
  const { isPaused, fenceNumber, leftAdminAccessor, hasLeftLeases, bytes, signature, keyId, finishedBy, ...row } =
    taken;
  if (isPaused) return null;
  if (fenceNumber === null) return throwFenceHeld(store);
  return {
    number: fenceNumber,
    leftAdminAccessor,
    hasLeftLeases,
    row: row.id === null ? null : (row as MigrationRow),
    found: bytes === null || signature === null || keyId === null ? null : { bytes, signature, keyId, finishedBy },
  };
}

/** @throws {MigrationNotFoundError} */
export function rowOf({ row }: TakenOrder): MigrationRow {
  if (row === null) throw new MigrationNotFoundError();
  return row;
}

/**
 * Reads the statement that this migration carries out, from its signed bytes alone.
 * @throws {SignatureRefusedError} Not signed by a trusted key, altered, or of another request.
 */
export function readOrder(keyring: Keyring, row: MigrationRow, found: FoundStatement | null): Order {
  if (!found) throw new SignatureRefusedError("approval");
  const { finishedBy, ...signed } = found;
  const statement = readSigned(keyring, "approval", signed, ApprovalStatement);
  if (statement.statementId !== row.statementId || statement.requestId !== row.requestId) {
    throw new SignatureRefusedError("approval");
  }
  return { row, statement, signed, isFinished: finishedBy !== null };
}

/** The same for a row that is at hand already. @throws {SignatureRefusedError} */
export async function loadOrder(store: Store, keyring: Keyring, row: MigrationRow): Promise<Order> {
  const found = await store
    .selectFrom("statement")
    .leftJoin("finishedStatement", "finishedStatement.statementId", "statement.id")
    .select(["statement.bytes", "statement.signature", "statement.keyId"])
    .select("finishedStatement.migrationId as finishedBy")
    .where("statement.id", "=", row.statementId)
    .executeTakeFirst();
  return readOrder(keyring, row, found ?? null);
}
