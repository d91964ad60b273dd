import { z } from "zod";
import { NotRequesterError } from "../../approvals/errors.ts";
import { readSigned, SignatureRefusedError } from "../../approvals/read-signed.ts";
import { appendEvent } from "../../audit/append-event.ts";
import type { Keyring, Signer } from "../../audit/signing.ts";
import type { Store } from "../../store/open-store.ts";
import { enqueueRedraw } from "../../store/outbox.ts";
import { digestOfWave, readBatchDigests } from "./wave-digest.ts";
import { WaveNotPossibleError } from "./wave-errors.ts";
import { lockWave, type WaveRow } from "./wave-rows.ts";

/** What the requester confirmed, as the bot signs it: the bot makes requests in their name from these batches alone. */
export const WaveConfirmation = z.strictObject({
  v: z.literal(1),
  wave: z.string().min(1),
  requester: z.string().min(1),
  batches: z
    .array(z.strictObject({ number: z.number().int(), itemCount: z.number().int(), digest: z.string().length(64) }))
    .min(1),
  confirmedAt: z.iso.datetime(),
});
export type WaveConfirmation = z.output<typeof WaveConfirmation>;

export interface ConfirmWaveDeps {
  readonly store: Store;
  readonly signer: Signer;
  readonly now: () => Date;
}

/**
 * The requester makes an operator's draft their own wish: from here on its batches are asked for, one after the other.
 * @throws {WaveUnknownError} {NotRequesterError} {WaveNotPossibleError}
 * @throws {SignatureRefusedError} The draft is not what the operator made.
 */
export async function confirmWave(
  { store, signer, now }: ConfirmWaveDeps,
  { wave: name, by }: { wave: string; by: string },
): Promise<void> {
  await store.transaction().execute(async (tx) => {
    const wave = await lockWave(tx, name);
    assertDraftOf(wave, by, "be sent for approval");
    const batches = await readBatchDigests(tx, name);
    if (digestOfWave(batches) !== (await draftedDigest(tx, name))) throw new SignatureRefusedError("wave");
    const at = now();
    const signed = signer.sign(
      "wave",
      WaveConfirmation.parse({ v: 1, wave: name, requester: by, batches, confirmedAt: at.toISOString() }),
    );
    await tx
      .updateTable("wave")
      .set({
        state: "open",
        confirmation: signed.bytes,
        confirmationSignature: signed.signature,
        confirmationKeyId: signed.keyId,
        changedAt: at,
      })
      .where("name", "=", name)
      .execute();
    await enqueueRedraw(tx, `wave:${name}`);
    const content = { itemsDigest: wave.itemsDigest, batchCount: batches.length };
    await appendEvent(tx, at, { kind: "wave.confirmed", actor: by, subject: `wave:${name}`, content });
  });
}

/** The requester does not want the draft. @throws {WaveUnknownError} {NotRequesterError} {WaveNotPossibleError} */
export async function dropWave(
  { store, now }: Pick<ConfirmWaveDeps, "store" | "now">,
  { wave: name, by }: { wave: string; by: string },
): Promise<void> {
  await store.transaction().execute(async (tx) => {
    assertDraftOf(await lockWave(tx, name), by, "be dropped");
    const at = now();
    await tx.updateTable("wave").set({ state: "dropped", changedAt: at }).where("name", "=", name).execute();
    await enqueueRedraw(tx, `wave:${name}`);
    await appendEvent(tx, at, { kind: "wave.dropped", actor: by, subject: `wave:${name}`, content: {} });
  });
}

/** @throws {SignatureRefusedError} Nobody confirmed it, or not like this. */
export function readConfirmation(keyring: Keyring, wave: WaveRow): WaveConfirmation {
  const { confirmation: bytes, confirmationSignature: signature, confirmationKeyId: keyId } = wave;
  if (bytes === null || signature === null || keyId === null) throw new SignatureRefusedError("wave");
  const confirmed = readSigned(keyring, "wave", { bytes, signature, keyId }, WaveConfirmation);
  if (confirmed.wave !== wave.name || confirmed.requester !== wave.requester) throw new SignatureRefusedError("wave");
  return confirmed;
}

function assertDraftOf({ name, requester, state }: WaveRow, by: string, deed: string): void {
  if (requester !== by) throw new NotRequesterError(`do that with ${name}`, requester);
  if (state !== "draft") throw new WaveNotPossibleError(name, deed, state);
}

async function draftedDigest(tx: Store, name: string): Promise<string | null> {
  const event = await tx
    .selectFrom("auditEvent")
    .select("content")
    .where("subject", "=", `wave:${name}`)
    .where("kind", "=", "wave.drafted")
    .orderBy("seq", "desc")
    .limit(1)
    .executeTakeFirst();
  return event ? String(JSON.parse(event.content).itemsDigest) : null;
}
