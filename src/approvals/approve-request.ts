import { appendEvent } from "../audit/append-event.ts";
import type { Keyring, Signer } from "../audit/signing.ts";
import type { Members, Membership } from "../membership.ts";
import type { Store } from "../store/open-store.ts";
import { enqueueDelivery, enqueueRedraw } from "../store/outbox.ts";
import { askAgain } from "./ask-again.ts";
import { ApprovalStatement, type Envelope } from "./content.ts";
import { NotAllowedError, OwnRequestError, RequestChangedError, RequestExpiredError } from "./errors.ts";
import { assertWaiting, findRequest, lockRequest, type RequestRow, readGenuineEnvelope } from "./request-row.ts";
import { startMigration } from "./start-migration.ts";

interface ApprovalRules {
  readonly approvers: Members;
  /** How the rule is called on statements and receipts: `four-eyes`. */
  readonly rule: string;
  /** How long a signed approval may wait to be carried out. */
  readonly validHours: number;
  readonly versionRule: "ask" | "take-current";
}

export interface DecideDeps {
  readonly store: Store;
  readonly signer: Signer;
  readonly keyring: Keyring;
  readonly now: () => Date;
  readonly newId: () => string;
  readonly membership: Membership;
  readonly rules: ApprovalRules;
  /** Rings the worker's doorbell after the commit. A lost ring is made good by the sweep. */
  readonly ringMigration: (migrationId: string, attempt: number) => Promise<void>;
}

/**
 * Records a yes to one content version, signs it and queues the move.
 * @param input `version` is what the button was drawn with, `by` the Slack user who clicked.
 * @throws {RequestNotFoundError} {NotAllowedError} {OwnRequestError} {AlreadyDecidedError} {RequestExpiredError}
 * @throws {RequestChangedError} The card showed another version, or Vault's version has moved since; it is redrawn.
 * @throws {SignatureRefusedError} The stored request is not what its requester signed.
 */
export async function approveRequest(
  deps: DecideDeps,
  { requestId, version, by }: { requestId: string; version: number; by: string },
): Promise<{ migrationId: string; attempt: number }> {
  await assertApprover(deps, requestId, by, "approve");
  const outcome = await approveAsserted(deps, { requestId, version, by });
  await deps.ringMigration(outcome.migrationId, outcome.attempt);
  return outcome;
}

/**
 * The same for whoever has already asked the directory, and rings when it is time.
 * @param options.isHeld The move waits until its wave releases it.
 */
export async function approveAsserted(
  deps: Omit<DecideDeps, "membership" | "ringMigration">,
  { requestId, version, by }: { requestId: string; version: number; by: string },
  { isHeld = false }: { isHeld?: boolean } = {},
): Promise<{ migrationId: string; attempt: number }> {
  const outcome = await deps.store.transaction().execute(async (tx) => {
    const row = await lockRequest(tx, requestId);
    const envelope = await assertDecidable(tx, deps, row, { version, by });
    const at = deps.now();
    const entry = await tx
      .selectFrom("entry")
      .select("currentVersion")
      .where("id", "=", row.entryId)
      .executeTakeFirstOrThrow();
    if (deps.rules.versionRule === "ask" && entry.currentVersion !== row.vaultVersion) {
      await askAgain(tx, { requestId, vaultVersion: entry.currentVersion, reason: "VERSION_MOVED", at });
      return null; // committed, then refused below: the card is redrawn with the change marked
    }
    return approve(tx, deps, { row, envelope, by, at, isHeld });
  });
  if (outcome === null) throw new RequestChangedError(["Vault version"]);
  return outcome;
}

interface Yes {
  readonly row: RequestRow;
  readonly envelope: Envelope;
  readonly by: string;
  readonly at: Date;
  readonly isHeld: boolean;
}

async function approve(tx: Store, deps: Parameters<typeof approveAsserted>[0], { row, envelope, by, at, isHeld }: Yes) {
  const { id: requestId, version: requestVersion } = row;
  await tx
    .insertInto("decision")
    .values({ requestId, requestVersion, verdict: "approve", decidedBy: by, decidedAt: at })
    .execute();
  const statement = statementFor(deps, row, envelope, by, at);
  const { bytes, signature, keyId } = deps.signer.sign("approval", statement);
  await tx
    .insertInto("statement")
    .values({ id: statement.statementId, requestId, requestVersion, bytes, signature, keyId, signedAt: at })
    .execute();
  await tx.updateTable("request").set({ status: "approved", changedAt: at }).where("id", "=", requestId).execute();
  const { statementId } = statement;
  const started = await startMigration(tx, { id: deps.newId(), requestId, statementId, at, isHeld });
  const subject = `request:${requestId}`;
  await enqueueRedraw(tx, subject);
  await enqueueDelivery(tx, { kind: "notice", subject, detail: { event: "approved", by, at: at.toISOString() } });
  await appendEvent(tx, at, {
    kind: "request.approved",
    actor: by,
    subject,
    content: { version: requestVersion, ...started, statement },
  });
  return started;
}

function statementFor(
  { newId, rules }: Pick<DecideDeps, "newId" | "rules">,
  row: RequestRow,
  { content }: Envelope,
  by: string,
  at: Date,
): ApprovalStatement {
  const { source, target, shape, olderVersions, settings, adopt, tags, requester, notBefore } = content;
  // A move that must wait for its time is still valid when that time comes.
  const startsAt = Math.max(at.getTime(), notBefore === null ? 0 : Date.parse(notBefore));
  return ApprovalStatement.parse({
    v: 1,
    statementId: newId(),
    requestId: row.id,
    requestVersion: row.version,
    source,
    vaultVersion: row.vaultVersion,
    versionRule: rules.versionRule,
    target,
    shape,
    olderVersions,
    settings,
    adopt,
    tags,
    requester,
    approvers: [by],
    rule: rules.rule,
    notBefore,
    issuedAt: at.toISOString(),
    expiresAt: new Date(startsAt + rules.validHours * 3_600_000).toISOString(),
  });
}

/**
 * Asks the directory now, before any lock is held: it may take a second to answer.
 * @throws {RequestNotFoundError} {NotAllowedError}
 */
export async function assertApprover(
  { store, membership, rules }: Pick<DecideDeps, "store" | "membership" | "rules">,
  requestId: string,
  by: string,
  verb: string,
): Promise<void> {
  await findRequest(store, requestId);
  if (await membership.isMember(rules.approvers, by)) return;
  throw new NotAllowedError(`${verb} ${requestId}`, rules.approvers);
}

/** What must hold for a yes or a no alike. @returns The genuine envelope. */
export async function assertDecidable(
  tx: Store,
  { keyring, now }: Pick<DecideDeps, "keyring" | "now">,
  row: RequestRow,
  { version, by }: { version: number; by: string },
): Promise<Envelope> {
  await assertWaiting(tx, row);
  if (row.version !== version) throw new RequestChangedError(row.changes.map(({ field }) => field));
  const envelope = await readGenuineEnvelope(tx, keyring, row);
  if (envelope.content.requester === by) throw new OwnRequestError("decide it");
  if (row.expiresAt <= now()) throw new RequestExpiredError(row.expiresAt);
  return envelope;
}
