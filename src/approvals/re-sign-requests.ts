import { appendEvent } from "../audit/append-event.ts";
import type { Keyring, Signer } from "../audit/signing.ts";
import { GloveboxError } from "../errors.ts";
import type { Store } from "../store/open-store.ts";
import { askAgain } from "./ask-again.ts";
import { Envelope } from "./content.ts";
import { latestMigration, lockMigrations } from "./latest-migration.ts";
import { readSigned, SignatureRefusedError } from "./read-signed.ts";
import { digestOfRow, lockRequest, type RequestRow, readGenuineEnvelope } from "./request-row.ts";

/** The key under an approval no longer counts. */
export class ApprovalKeyDroppedError extends GloveboxError {
  readonly code = "APPROVAL_KEY_DROPPED";
  readonly userMessage =
    "The key that signed this approval no longer counts, so nothing was moved. I've asked the approvers again.";
  constructor() {
    super("the approval's key was dropped");
  }
}

export interface ReSignDeps {
  readonly store: Store;
  /** The new key. */
  readonly signer: Signer;
  /** Public halves of the keys that are gone, as the operator has them: what they signed before is taken as genuine. */
  readonly oldKeyring: Keyring;
  readonly now: () => Date;
}

/** What became of the requests that another key had signed, by their ids. */
export interface ReSigned {
  /** They wait for the approvers as before. */
  readonly waiting: readonly string[];
  /** Their approval fell with the old key: the approvers are asked again. */
  readonly askedAgain: readonly string[];
  /** Not what one of the old keys signed, or altered since: ask for them anew. */
  readonly refused: readonly string[];
  /** A move is under way: run this again when it has ended. */
  readonly underWay: readonly string[];
}

/**
 * After an approval key was lost or dropped: until an operator runs this, nothing that the old key signed moves. Requests
 * are signed anew as they stand; approvals are not, for nobody but an approver may give one.
 */
export async function reSignRequests(deps: ReSignDeps, act: { by: string; reason: string }): Promise<ReSigned> {
  const rows = await deps.store
    .selectFrom("request")
    .select("id")
    .where("status", "in", ["waiting", "approved", "migrating"])
    .where("keyId", "!=", deps.signer.keyId)
    .orderBy("createdAt")
    .execute();
  const outcomes = new Map<string, keyof ReSigned>();
  for (const { id } of rows) outcomes.set(id, await reSignOne(deps, id, act));
  const those = (wanted: keyof ReSigned) => [...outcomes].filter(([, how]) => how === wanted).map(([id]) => id);
  return {
    waiting: those("waiting"),
    askedAgain: those("askedAgain"),
    refused: those("refused"),
    underWay: those("underWay"),
  };
}

/** A transaction for each, so that the audit chain is free in between. */
async function reSignOne(
  deps: ReSignDeps,
  requestId: string,
  act: { by: string; reason: string },
): Promise<keyof ReSigned> {
  try {
    return await deps.store.transaction().execute(async (tx) => {
      await lockMigrations(tx, requestId); // before the request, as the worker's journal does it: no deadlock
      const row = await lockRequest(tx, requestId);
      return row.status === "waiting" ? await reSignWaiting(deps, tx, row, act) : await askAnew(deps, tx, row, act);
    });
  } catch (error) {
    if (error instanceof SignatureRefusedError) return "refused";
    throw error;
  }
}

async function reSignWaiting(
  { signer, oldKeyring, now }: ReSignDeps,
  tx: Store,
  row: RequestRow,
  { by, reason }: { by: string; reason: string },
): Promise<keyof ReSigned> {
  const envelope = await readGenuineEnvelope(tx, oldKeyring, row);
  const after = await sign(tx, signer, row.id, envelope);
  await noteReSigned(tx, { row: after, from: row.keyId, to: signer.keyId, by, reason, at: now() });
  return "waiting";
}

/** An approved one waits again, as its next version: whoever decides sees what Vault has now. */
async function askAnew(
  { signer, oldKeyring, now }: ReSignDeps,
  tx: Store,
  row: RequestRow,
  { by, reason }: { by: string; reason: string },
): Promise<keyof ReSigned> {
  const last = await latestMigration(tx, row.id);
  if (row.status === "migrating" || last?.state !== "queued") return "underWay";
  const signed = { bytes: row.content, signature: row.signature, keyId: row.keyId };
  const envelope = readSigned(oldKeyring, "envelope", signed, Envelope);
  if (envelope.id !== row.envelopeId || envelope.content.requester !== row.requester) {
    throw new SignatureRefusedError("envelope");
  }
  await sign(tx, signer, row.id, envelope);
  const dropped = new ApprovalKeyDroppedError();
  const at = now();
  await tx
    .updateTable("migration")
    .set({ state: "failed", causeCode: dropped.code, causeText: dropped.userMessage, finishedAt: at })
    .where("id", "=", last.id)
    .execute();
  const { currentVersion: vaultVersion } = await tx
    .selectFrom("entry")
    .select("currentVersion")
    .where("id", "=", row.entryId)
    .executeTakeFirstOrThrow();
  await askAgain(tx, { requestId: row.id, vaultVersion, reason: dropped.code, at });
  await noteReSigned(tx, { row: await lockRequest(tx, row.id), from: row.keyId, to: signer.keyId, by, reason, at });
  return "askedAgain";
}

async function sign(tx: Store, signer: Signer, requestId: string, envelope: Envelope): Promise<RequestRow> {
  const { bytes, signature, keyId } = signer.sign("envelope", envelope);
  return tx
    .updateTable("request")
    .set({ content: bytes, signature, keyId })
    .where("id", "=", requestId)
    .returningAll()
    .executeTakeFirstOrThrow();
}

async function noteReSigned(
  tx: Store,
  { row, at, by, ...content }: { row: RequestRow; from: string; to: string; by: string; reason: string; at: Date },
): Promise<void> {
  const subject = `request:${row.id}`;
  await appendEvent(tx, at, {
    kind: "request.re-signed",
    actor: by,
    subject,
    content: { ...content, rowDigest: digestOfRow(row) },
  });
}
