import { sql } from "kysely";
import type { Store } from "../store/open-store.ts";
import { ApprovalStatement } from "./content.ts";
import { GateRefusedError } from "./gate-errors.ts";
import type { GateMark } from "./gate-policy.ts";
import type { KeepGateDeps } from "./keep-gate-deps.ts";
import { ungrantableReason } from "./mint-metadata.ts";
import { readSigned, SignatureRefusedError } from "./read-signed.ts";

export interface OpenAsk {
  readonly id: string;
  readonly kind: "open" | "write";
  readonly migrationId: string;
  readonly fence: number;
}

/**
 * Everything that must hold for the gate to say yes, read anew each time. The statement's signed bytes say what was
 * approved; rows only say what has happened since.
 * @throws {GateRefusedError}
 */
export async function assertAskAllowed(deps: KeepGateDeps, tx: Store, ask: OpenAsk): Promise<ApprovalStatement> {
  await assertLive(tx, ask);
  const statement = await readStatement(deps, tx, ask);
  const now = deps.now().toISOString();
  if (statement.expiresAt <= now) throw new GateRefusedError("APPROVAL_EXPIRED");
  if (statement.notBefore !== null && statement.notBefore > now) throw new GateRefusedError("APPROVAL_TOO_EARLY");
  if (ungrantableReason(statement.source.path) !== null) throw new GateRefusedError("PATH_NOT_GRANTABLE");
  await assertUnfinished(tx, statement);
  await assertStillApproved(deps, statement);
  if (ask.kind === "open") {
    await assertPace(deps, tx);
    await assertNotBehind(deps, tx);
  }
  return statement;
}

async function assertLive(tx: Store, ask: OpenAsk): Promise<void> {
  const control = await tx.selectFrom("control").select("isPaused").executeTakeFirstOrThrow();
  if (control.isPaused) throw new GateRefusedError("GATE_PAUSED");
  const fence = await tx
    .selectFrom("fence")
    .select("number")
    .where("number", "=", ask.fence)
    .where("deadline", ">", sql<Date>`clock_timestamp()`)
    .executeTakeFirst();
  if (!fence) throw new GateRefusedError("GATE_STALE_ASK");
}

async function readStatement({ keyring }: KeepGateDeps, tx: Store, ask: OpenAsk): Promise<ApprovalStatement> {
  const row = await tx
    .selectFrom("migration")
    .innerJoin("statement", "statement.id", "migration.statementId")
    .innerJoin("request", "request.id", "migration.requestId")
    .select(["statement.id", "bytes", "statement.signature", "statement.keyId", "migration.requestId"])
    .select(["request.status", "request.version", "request.requester"])
    .where("migration.id", "=", ask.migrationId)
    .executeTakeFirst();
  if (!row) throw new GateRefusedError("REQUEST_CHANGED");
  const statement = read(keyring, row);
  if (statement.statementId !== row.id || statement.requestId !== row.requestId) {
    throw new GateRefusedError("SIGNATURE_REFUSED", "the statement belongs to another request");
  }
  const isCurrent = ["approved", "migrating"].includes(row.status) && row.version === statement.requestVersion;
  if (!isCurrent) throw new GateRefusedError("REQUEST_CHANGED");
  return statement;
}

function read(
  keyring: KeepGateDeps["keyring"],
  row: { bytes: string; signature: string; keyId: string },
): ApprovalStatement {
  try {
    return readSigned(keyring, "approval", row, ApprovalStatement);
  } catch (error) {
    if (error instanceof SignatureRefusedError) throw new GateRefusedError("SIGNATURE_REFUSED");
    throw error;
  }
}

async function assertUnfinished(tx: Store, { statementId }: ApprovalStatement): Promise<void> {
  const finished = await tx
    .selectFrom("finishedStatement")
    .select("statementId")
    .where("statementId", "=", statementId)
    .executeTakeFirst();
  // The chain can't be changed without its trigger, and Vault remembers its end: a thief would have to take out more than a row.
  const event = await tx
    .selectFrom("auditEvent")
    .select("seq")
    .where("kind", "=", "migration.done")
    .where(sql`content::jsonb ->> 'statementId'`, "=", statementId)
    .limit(1)
    .executeTakeFirst();
  if (finished || event) throw new GateRefusedError("ALREADY_DONE");
}

async function assertStillApproved(
  { membership, approvers }: KeepGateDeps,
  statement: ApprovalStatement,
): Promise<void> {
  for (const approver of statement.approvers) {
    if (approver === statement.requester) throw new GateRefusedError("APPROVER_GONE", "the requester approved");
    const isMember = await membership.isMember(approvers, approver).catch(() => {
      throw new GateRefusedError("MEMBERSHIP_UNKNOWN");
    });
    if (!isMember) throw new GateRefusedError("APPROVER_GONE");
  }
}

async function assertPace({ maxPerHour, now }: KeepGateDeps, tx: Store): Promise<void> {
  const { count } = await tx
    .selectFrom("gateAsk")
    .select(({ fn }) => fn.countAll<number>().as("count"))
    .where("kind", "=", "open")
    .where("refusalCode", "is", null)
    .where("answeredAt", ">", new Date(now().getTime() - 3_600_000))
    .executeTakeFirstOrThrow();
  if (count >= maxPerHour) throw new GateRefusedError("GATE_PACE");
}

async function assertNotBehind({ policy }: KeepGateDeps, tx: Store): Promise<void> {
  const mark = await policy.readMark();
  if (mark !== null && (await isBehind(tx, mark))) throw new GateRefusedError("DATABASE_BEHIND");
}

/**
 * True if the chain lacks the event that Vault remembers: the database was restored from an older backup, or its newest
 * events were taken out. It stays true however many events come after.
 */
export async function isBehind(store: Store, { seq, hash }: GateMark): Promise<boolean> {
  if (seq === 0) return false; // from before the first event
  const event = await store.selectFrom("auditEvent").select("hash").where("seq", "=", seq).executeTakeFirst();
  return event?.hash !== hash;
}
