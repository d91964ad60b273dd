import { sql } from "kysely";
import { appendEvent } from "../audit/append-event.ts";
import type { Keyring, Signed } from "../audit/signing.ts";
import type { Store } from "../store/open-store.ts";
import { enqueueRedraw } from "../store/outbox.ts";
import { Envelope } from "./content.ts";
import { contentChanges } from "./content-changes.ts";
import { NotReplaceableError, NotRequesterError } from "./errors.ts";
import { assertNoOtherOpenRequest, assertNotAlreadyMigrated, lockEntry } from "./one-request-per-secret.ts";
import { readSigned } from "./read-signed.ts";
import { assertChangeable, digestOfRow, lockRequest, type RequestRow } from "./request-row.ts";
import { refuseSecrets } from "./send-request.ts";
import { claimPlaces, placesOf } from "./target-places.ts";

export interface AcceptEnvelopeDeps {
  readonly store: Store;
  readonly keyring: Keyring;
  /** Whose word lets a finished version move once more; nobody's where absent. */
  readonly operatorKeys?: Keyring;
  readonly now: () => Date;
  readonly rules: { readonly expireAfterHours: number };
}

/**
 * Turns a signed envelope into a request that waits, or into the next version of one. An envelope that was already
 * accepted changes nothing and answers the same request.
 * @throws {SignatureRefusedError} Not signed by a producer that we trust, or of another form.
 * @throws {EntryUnknownError} {OpenRequestExistsError} {AlreadyMigratedError} {LooksLikeSecretError}
 * @throws {TargetClaimedError} Another secret's request has the name.
 * @throws {NotRequesterError} {AlreadyDecidedError} {NotReplaceableError} What it replaces is not this person's,
 * neither waits nor failed, or is for another secret.
 */
export async function acceptEnvelope(deps: AcceptEnvelopeDeps, signed: Signed): Promise<{ requestId: string }> {
  const envelope = readSigned(deps.keyring, "envelope", signed, Envelope);
  refuseSecrets(envelope.content);
  return deps.store.transaction().execute(async (tx) => {
    const entry = await lockEntry(tx, envelope.content.source);
    const known = await tx
      .selectFrom("intakeMessage")
      .select("requestId")
      .where("envelopeId", "=", envelope.id)
      .executeTakeFirst();
    if (known?.requestId) return { requestId: known.requestId };
    await assertNoOtherOpenRequest(tx, entry.id, envelope.replaces);
    await assertNotAlreadyMigrated(tx, entry, deps);
    const places = placesOf(envelope.content);
    await claimPlaces(tx, { entryId: entry.id, ownId: envelope.replaces }, places);
    const at = deps.now();
    const columns = {
      places,
      envelopeId: envelope.id,
      content: signed.bytes,
      signature: signed.signature,
      keyId: signed.keyId,
      vaultVersion: entry.currentVersion,
      changedAt: at,
      expiresAt: new Date(at.getTime() + deps.rules.expireAfterHours * 3_600_000),
    };
    const row =
      envelope.replaces === null
        ? await insertRequest(tx, {
            ...columns,
            entryId: entry.id,
            requester: envelope.content.requester,
            createdAt: at,
          })
        : await replaceContent(tx, envelope, envelope.replaces, { ...columns, entryId: entry.id });
    await tx
      .insertInto("intakeMessage")
      .values({
        envelopeId: envelope.id,
        kind: envelope.kind,
        producer: envelope.producer,
        requestId: row.id,
        receivedAt: at,
      })
      .execute();
    await enqueueRedraw(tx, `request:${row.id}`);
    await appendEvent(tx, at, {
      kind: envelope.replaces === null ? "request.received" : "request.replaced",
      actor: row.requester,
      subject: `request:${row.id}`,
      content: {
        version: row.version,
        envelopeId: envelope.id,
        vaultVersion: row.vaultVersion,
        producer: envelope.producer,
        rowDigest: digestOfRow(row),
      },
    });
    return { requestId: row.id };
  });
}

type Columns = Pick<
  RequestRow,
  "envelopeId" | "content" | "places" | "signature" | "keyId" | "vaultVersion" | "changedAt" | "expiresAt" | "entryId"
>;

async function insertRequest(
  tx: Store,
  columns: Columns & Pick<RequestRow, "requester" | "createdAt">,
): Promise<RequestRow> {
  return tx
    .insertInto("request")
    .values({ ...columns, id: sql<string>`'RQ-' || nextval('request_number')`, status: "waiting", changes: "[]" })
    .returningAll()
    .executeTakeFirstOrThrow();
}

async function replaceContent(tx: Store, envelope: Envelope, requestId: string, columns: Columns): Promise<RequestRow> {
  const row = await lockRequest(tx, requestId);
  const { requester } = envelope.content;
  if (row.requester !== requester) throw new NotRequesterError(`change ${row.id}`, row.requester);
  await assertChangeable(tx, row);
  if (row.entryId !== columns.entryId) throw new NotReplaceableError();
  const before = { content: Envelope.parse(JSON.parse(row.content)).content, vaultVersion: row.vaultVersion };
  const changes = contentChanges(before, { content: envelope.content, vaultVersion: columns.vaultVersion });
  return tx
    .updateTable("request")
    .set({ ...columns, status: "waiting", version: row.version + 1, changes: JSON.stringify(changes) })
    .where("id", "=", row.id)
    .returningAll()
    .executeTakeFirstOrThrow();
}
