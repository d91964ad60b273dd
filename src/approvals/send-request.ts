import type { Signer } from "../audit/signing.ts";
import type { Store } from "../store/open-store.ts";
import { enqueueDelivery } from "../store/outbox.ts";
import { Envelope, type RequestContent } from "./content.ts";
import { LooksLikeSecretError } from "./errors.ts";
import { looksLikeSecret } from "./looks-like-secret.ts";

export interface SendRequestDeps {
  readonly store: Store;
  readonly signer: Signer;
  readonly now: () => Date;
  readonly newId: () => string;
  /** Who makes envelopes here; `slack` where absent. */
  readonly producer?: string;
}

/**
 * Signs a submitted form and puts it in the outbox for the intake queue: from the commit on it can't be lost.
 * @param input `replaces` names the waiting request that this one edits.
 * @throws {LooksLikeSecretError} The reason or a tag looks like a credential; nothing was stored.
 */
export async function sendRequest(
  { store, signer, now, newId, producer = "slack" }: SendRequestDeps,
  { content, replaces }: { content: RequestContent; replaces: string | null },
): Promise<{ envelopeId: string }> {
  refuseSecrets(content);
  const id = newId();
  const envelope = Envelope.parse({
    v: 1,
    id,
    kind: "migration-request",
    producer,
    producedAt: now().toISOString(),
    replaces,
    content,
  });
  const signed = signer.sign("envelope", envelope);
  await store
    .transaction()
    .execute((tx) => enqueueDelivery(tx, { kind: "envelope", subject: `envelope:${id}`, detail: { ...signed } }));
  return { envelopeId: id };
}

/** @throws {LooksLikeSecretError} */
export function refuseSecrets({ reason, tags }: Pick<RequestContent, "reason" | "tags">): void {
  if (looksLikeSecret(reason)) throw new LooksLikeSecretError("reason");
  for (const [tag, value] of Object.entries(tags)) {
    // The tag's name is shown, so it must not be the credential itself.
    if (looksLikeSecret(tag)) throw new LooksLikeSecretError("name of a tag");
    if (looksLikeSecret(value)) throw new LooksLikeSecretError(tag);
  }
}
