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
  const facts = await readFacts(deps, tx, ask);
  if (facts.isPaused) throw new GateRefusedError("GATE_PAUSED");
  if (facts.heldFence === null) throw new GateRefusedError("GATE_STALE_ASK");
  const statement = currentStatement(deps, facts);
  const now = deps.now().toISOString();
  if (statement.expiresAt <= now) throw new GateRefusedError("APPROVAL_EXPIRED");
  if (statement.notBefore !== null && statement.notBefore > now) throw new GateRefusedError("APPROVAL_TOO_EARLY");
  if (ungrantableReason(statement.source.path) !== null) throw new GateRefusedError("PATH_NOT_GRANTABLE");
  if (facts.isFinished) throw new GateRefusedError("ALREADY_DONE");
  await assertStillApproved(deps, statement);
  if (ask.kind === "open") {
    if ((facts.openedInLastHour ?? Number.POSITIVE_INFINITY) >= deps.maxPerHour)
      throw new GateRefusedError("GATE_PACE");
    await assertNotBehind(deps, tx);
  }
  return statement;
}

type Facts = Awaited<ReturnType<typeof readFacts>>;

/** One statement, so that all of it is true at one moment, and for one round trip. */
async function readFacts({ now }: KeepGateDeps, tx: Store, ask: OpenAsk) {
  const anHourAgo = new Date(now().getTime() - 3_600_000);
  return tx
    .selectFrom("control")
    .leftJoin("fence", (join) =>
      join.on("fence.number", "=", ask.fence).on("fence.deadline", ">", sql<Date>`clock_timestamp()`),
    )
    .leftJoin("migration", (join) => join.on("migration.id", "=", ask.migrationId))
    .leftJoin("statement", "statement.id", "migration.statementId")
    .leftJoin("request", "request.id", "migration.requestId")
    .select(["control.isPaused", "fence.number as heldFence"])
    .select(["statement.id as statementId", "statement.bytes", "statement.signature", "statement.keyId"])
    .select(["migration.requestId", "request.status", "request.version"])
    .select(({ or, exists, selectFrom }) => [
      // The chain can't be changed without its trigger, and Vault remembers its end: a thief would have to take out more
      // than a row.
      or([
        exists(
          selectFrom("finishedStatement")
            .select("finishedStatement.migrationId")
            .whereRef("finishedStatement.statementId", "=", "statement.id"),
        ),
        exists(
          selectFrom("auditEvent")
            .select("auditEvent.seq")
            .where("auditEvent.kind", "=", "migration.done")
            .where(sql`content::jsonb ->> 'statementId'`, "=", sql`statement.id::text`),
        ),
      ]).as("isFinished"),
      selectFrom("gateAsk")
        .select(({ fn }) => fn.countAll<number>().as("count"))
        .where("gateAsk.kind", "=", "open")
        .where("gateAsk.refusalCode", "is", null)
        .where("gateAsk.answeredAt", ">", anHourAgo)
        .as("openedInLastHour"),
    ])
    .executeTakeFirstOrThrow();
}

function currentStatement({ keyring }: KeepGateDeps, facts: Facts): ApprovalStatement {
  const { statementId, requestId, bytes, signature, keyId, status, version } = facts;
  if (bytes === null || signature === null || keyId === null || status === null) {
    throw new GateRefusedError("REQUEST_CHANGED");
  }
  const statement = readStatement(keyring, { bytes, signature, keyId });
  // What was asked of the rows, by their statement's id, holds for the signed bytes from here on.
  if (statement.statementId !== statementId || statement.requestId !== requestId) {
    throw new GateRefusedError("SIGNATURE_REFUSED", "the statement belongs to another request");
  }
  const isCurrent = ["approved", "migrating"].includes(status) && version === statement.requestVersion;
  if (!isCurrent) throw new GateRefusedError("REQUEST_CHANGED");
  return statement;
}

/** @throws {GateRefusedError} */
export function readStatement(
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
