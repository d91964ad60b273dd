import type { Signed } from "../audit/signing.ts";
import { sideBySide } from "../side-by-side.ts";
import type { Store } from "../store/open-store.ts";
import { ApprovalStatement } from "./content.ts";
import { GateRefusedError } from "./gate-errors.ts";
import type { GateMark } from "./gate-policy.ts";
import type { AskFacts, OpenAsk } from "./gate-session.ts";
import type { KeepGateDeps } from "./keep-gate-deps.ts";
import { findLastFinish } from "./last-finish.ts";
import { ungrantableReason } from "./mint-metadata.ts";
import { readSigned, SignatureRefusedError } from "./read-signed.ts";

/**
 * Everything that must hold for the gate to say yes, read anew each time. The statement's signed bytes say what was
 * approved; rows only say what has happened since.
 * @throws {GateRefusedError}
 */
export async function assertAskAllowed(
  deps: KeepGateDeps,
  store: Store,
  ask: OpenAsk,
  facts: AskFacts,
): Promise<ApprovalStatement> {
  if (ask.kind === "write") return assertApproved(deps, ask.kind, facts);
  const marking = deps.policy.readMark(); // answered while the signature is checked
  marking.catch(() => {}); // heard below, unless the statement is refused first
  const statement = await assertApproved(deps, ask.kind, facts);
  const [mark] = await sideBySide(marking, assertNotFinished(deps, store, statement));
  await assertNotBehind(store, mark, facts);
  return statement;
}

async function assertApproved(deps: KeepGateDeps, kind: OpenAsk["kind"], facts: AskFacts): Promise<ApprovalStatement> {
  const statement = assertStatementAllowed(deps, kind, facts);
  await assertStillApproved(deps, statement);
  return statement;
}

/**
 * As far as the rows of one ask tell, without Slack and without the gate's identity in Vault: the worker itself checks
 * this where there is no gate.
 * @throws {GateRefusedError}
 */
export function assertStatementAllowed(
  deps: Pick<KeepGateDeps, "keyring" | "maxPerHour" | "namespace" | "now">,
  kind: OpenAsk["kind"],
  facts: AskFacts,
): ApprovalStatement {
  if (facts.isPaused) throw new GateRefusedError("GATE_PAUSED");
  if (facts.heldFence === null) throw new GateRefusedError("GATE_STALE_ASK");
  const statement = currentStatement(deps, facts);
  const now = deps.now().toISOString();
  // Two clocks, for one may be wrong or set back: an approval is over when either says so.
  const isOver = statement.expiresAt <= now || statement.expiresAt <= facts.databaseNow.toISOString();
  if (isOver) throw new GateRefusedError("APPROVAL_EXPIRED");
  if (statement.notBefore !== null && statement.notBefore > now) throw new GateRefusedError("APPROVAL_TOO_EARLY");
  if (statement.source.namespace !== (deps.namespace ?? "")) throw new GateRefusedError("NAMESPACE_NOT_SERVED");
  if (ungrantableReason(statement.source.path) !== null) throw new GateRefusedError("PATH_NOT_GRANTABLE");
  if (facts.isFinished) throw new GateRefusedError("ALREADY_DONE");
  if (statement.approvers.includes(statement.requester)) {
    throw new GateRefusedError("APPROVER_GONE", "the requester approved");
  }
  const isTooFast = (facts.openedSince ?? Number.POSITIVE_INFINITY) >= deps.maxPerHour;
  if (kind === "open" && isTooFast) throw new GateRefusedError("GATE_PACE");
  return statement;
}

function currentStatement({ keyring }: Pick<KeepGateDeps, "keyring">, facts: AskFacts): ApprovalStatement {
  const { statementId, requestId, bytes, signature, keyId, requestStatus, requestVersion } = facts;
  if (bytes === null || signature === null || keyId === null || requestStatus === null) {
    throw new GateRefusedError("REQUEST_CHANGED");
  }
  const statement = readStatement(keyring, { bytes, signature, keyId });
  // What was asked of the rows, by their statement's id, holds for the signed bytes from here on.
  if (statement.statementId !== statementId || statement.requestId !== requestId) {
    throw new GateRefusedError("SIGNATURE_REFUSED", "the statement belongs to another request");
  }
  const isCurrent = ["approved", "migrating"].includes(requestStatus) && requestVersion === statement.requestVersion;
  if (!isCurrent) throw new GateRefusedError("REQUEST_CHANGED");
  return statement;
}

/**
 * The same bytes under the same signature are the same statement, and a migration asks twice: the last one that was read
 * with a keyring is remembered.
 */
const lastRead = new WeakMap<KeepGateDeps["keyring"], Signed & { readonly statement: ApprovalStatement }>();

/** @throws {GateRefusedError} */
export function readStatement(
  keyring: KeepGateDeps["keyring"],
  { bytes, signature, keyId }: Signed,
): ApprovalStatement {
  const last = lastRead.get(keyring);
  const isSame = last?.bytes === bytes && last.signature === signature && last.keyId === keyId;
  if (last && isSame) return last.statement;
  try {
    const signed = { bytes, signature, keyId };
    const statement = readSigned(keyring, "approval", signed, ApprovalStatement);
    lastRead.set(keyring, { ...signed, statement });
    return statement;
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
    const isMember = await membership.isMember(approvers, approver).catch(() => {
      throw new GateRefusedError("MEMBERSHIP_UNKNOWN");
    });
    if (!isMember) throw new GateRefusedError("APPROVER_GONE");
  }
}

/** Also by another approval: a version moves once, unless it was undone or an operator allowed it again. */
export async function assertNotFinished(
  deps: Parameters<typeof findLastFinish>[1],
  store: Store,
  statement: ApprovalStatement,
): Promise<void> {
  const { source, vaultVersion } = statement;
  if (!(await findLastFinish(store, deps, { ...source, vaultVersion })).isFree)
    throw new GateRefusedError("ALREADY_DONE");
}

async function assertNotBehind(store: Store, mark: GateMark | null, { newestHashes }: AskFacts): Promise<void> {
  if (mark === null || newestHashes?.[mark.seq] === mark.hash) return; // mostly it is one of the newest
  if (await isBehind(store, mark)) throw new GateRefusedError("DATABASE_BEHIND");
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
