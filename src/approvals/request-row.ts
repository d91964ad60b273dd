import { createHash } from "node:crypto";
import type { Selectable } from "kysely";
import { canonicalText, type Keyring } from "../audit/signing.ts";
import type { Store } from "../store/open-store.ts";
import type { RequestTable } from "../store/tables/requests.ts";
import { Envelope } from "./content.ts";
import { AlreadyDecidedError, RequestNotFoundError, type WhoAndWhen } from "./errors.ts";
import { readSigned, SignatureRefusedError } from "./read-signed.ts";

export type RequestRow = Selectable<RequestTable>;

/** Events after which a request waits for a decision; their content carries the row's digest. */
const MADE_IT_WAIT: readonly string[] = [
  "request.received",
  "request.replaced",
  "request.asked-again",
  "request.re-signed",
];
const CHANGED_IT: readonly string[] = [
  ...MADE_IT_WAIT,
  "request.approved",
  "request.rejected",
  "request.withdrawn",
  "request.stopped",
  "request.expired",
];

/** Locks the request for this transaction. @throws {RequestNotFoundError} */
export async function lockRequest(tx: Store, requestId: string): Promise<RequestRow> {
  const row = await tx.selectFrom("request").selectAll().where("id", "=", requestId).forUpdate().executeTakeFirst();
  if (!row) throw new RequestNotFoundError();
  return row;
}

/** @throws {RequestNotFoundError} */
export async function findRequest(store: Store, requestId: string): Promise<RequestRow> {
  const row = await store.selectFrom("request").selectAll().where("id", "=", requestId).executeTakeFirst();
  if (!row) throw new RequestNotFoundError();
  return row;
}

/** SHA-256 over every column except the status, for the audit event that made the row what it is. */
export function digestOfRow({ status: _status, ...columns }: RequestRow): string {
  const dated = Object.fromEntries(
    Object.entries(columns).map(([name, value]) => [name, value instanceof Date ? value.toISOString() : value]),
  );
  return createHash("sha256").update(canonicalText(dated)).digest("hex");
}

/**
 * What the producer signed, after comparing the row with it and with the audit event that made the request wait.
 * The signature covers what would be moved; the event covers what the card adds (version, expiry, changes).
 * @throws {SignatureRefusedError} The row is not what was signed and recorded.
 */
export async function readGenuineEnvelope(tx: Store, keyring: Keyring, row: RequestRow): Promise<Envelope> {
  const envelope = readSigned(
    keyring,
    "envelope",
    { bytes: row.content, signature: row.signature, keyId: row.keyId },
    Envelope,
  );
  const { source, requester } = envelope.content;
  const entry = await tx
    .selectFrom("entry")
    .select(["namespace", "mount", "path"])
    .where("id", "=", row.entryId)
    .executeTakeFirst();
  const isSameEntry =
    entry?.namespace === source.namespace && entry.mount === source.mount && entry.path === source.path;
  if (envelope.id !== row.envelopeId || requester !== row.requester || !isSameEntry) {
    throw new SignatureRefusedError("envelope");
  }
  const event = await tx
    .selectFrom("auditEvent")
    .select(["kind", "content"])
    .where("subject", "=", `request:${row.id}`)
    .where("kind", "in", CHANGED_IT)
    .orderBy("seq", "desc")
    .limit(1)
    .executeTakeFirst();
  if (!event || !MADE_IT_WAIT.includes(event.kind) || JSON.parse(event.content).rowDigest !== digestOfRow(row)) {
    throw new SignatureRefusedError("envelope");
  }
  return envelope;
}

/** Who ended the wait of this request, and when. */
async function whoDecided(tx: Store, row: RequestRow): Promise<WhoAndWhen> {
  const event = await tx
    .selectFrom("auditEvent")
    .select(["actor", "at"])
    .where("subject", "=", `request:${row.id}`)
    .where("kind", "in", ["request.approved", "request.rejected", "request.withdrawn", "request.stopped"])
    .orderBy("seq", "desc")
    .limit(1)
    .executeTakeFirst();
  return { status: row.status, by: event?.actor ?? null, at: event?.at ?? row.changedAt };
}

/** A request that waits may be changed, and one whose move failed: it waits for its approvers again then. @throws {AlreadyDecidedError} */
export async function assertChangeable(tx: Store, row: RequestRow): Promise<void> {
  if (row.status !== "failed") await assertWaiting(tx, row);
}

/** @throws {AlreadyDecidedError} The request no longer waits. */
export async function assertWaiting(tx: Store, row: RequestRow): Promise<void> {
  if (row.status !== "waiting") throw new AlreadyDecidedError(await whoDecided(tx, row));
}
