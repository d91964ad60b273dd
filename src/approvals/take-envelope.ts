import { appendEvent } from "../audit/append-event.ts";
import type { Signed } from "../audit/signing.ts";
import { GloveboxError } from "../errors.ts";
import { enqueueDelivery } from "../store/outbox.ts";
import { type AcceptEnvelopeDeps, acceptEnvelope } from "./accept-envelope.ts";
import { Envelope } from "./content.ts";
import { readSigned } from "./read-signed.ts";

export type EnvelopeOutcome =
  | { readonly kind: "accepted"; readonly requestId: string }
  | { readonly kind: "refused"; readonly code: string };

/**
 * Accepts an envelope, or records why not and tells the requester. Either way it is dealt with once it returns.
 * @throws {SignatureRefusedError} Nobody that we trust sent it, so there is nobody to tell.
 * @throws What may pass by itself: a store that is down, a retryable failure.
 */
export async function takeEnvelope(deps: AcceptEnvelopeDeps, signed: Signed): Promise<EnvelopeOutcome> {
  const envelope = readSigned(deps.keyring, "envelope", signed, Envelope);
  try {
    return { kind: "accepted", ...(await acceptEnvelope(deps, signed)) };
  } catch (error) {
    if (!(error instanceof GloveboxError) || error.retryable) throw error;
    await recordRefusal(deps, envelope, error);
    return { kind: "refused", code: error.code };
  }
}

async function recordRefusal(
  { store, now }: AcceptEnvelopeDeps,
  { id, kind, producer, content: { requester } }: Envelope,
  { code, userMessage }: GloveboxError,
): Promise<void> {
  await store.transaction().execute(async (tx) => {
    const at = now();
    const isNew = await tx
      .insertInto("intakeMessage")
      .values({ envelopeId: id, kind, producer, refusalCode: code, refusalText: userMessage, receivedAt: at })
      .onConflict((conflict) => conflict.column("envelopeId").doNothing())
      .returning("envelopeId")
      .executeTakeFirst();
    if (!isNew) return; // the queue delivered it twice: told once is enough
    const subject = `envelope:${id}`;
    await enqueueDelivery(tx, {
      kind: "notice",
      subject,
      detail: { event: "refused", to: requester, code, text: userMessage },
    });
    await appendEvent(tx, at, { kind: "intake.refused", actor: requester, subject, content: { code, producer } });
  });
}
