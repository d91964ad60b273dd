import { canonicalText, isSignedBy, type Keyring, type Signer } from "./signing.ts";

/** A signature over how the chain stood: who rewrites the chain up to there needs the key as well. */
export interface Checkpoint {
  readonly seq: number;
  readonly hash: string;
  /** ISO time. */
  readonly signedAt: string;
  readonly signature: string;
  readonly keyId: string;
}

type SignedContent = Pick<Checkpoint, "seq" | "hash" | "signedAt">;

export function makeCheckpoint(signer: Signer, content: SignedContent): Checkpoint {
  const { signature, keyId } = signer.sign("checkpoint", signedContent(content));
  const { seq, hash, signedAt } = content;
  return { seq, hash, signedAt, signature, keyId };
}

/** True only if a key of the ring signed exactly this checkpoint. */
export function isGenuineCheckpoint(keyring: Keyring, checkpoint: Checkpoint): boolean {
  const { signature, keyId } = checkpoint;
  return isSignedBy(keyring, "checkpoint", { bytes: canonicalText(signedContent(checkpoint)), signature, keyId });
}

function signedContent({ seq, hash, signedAt }: SignedContent) {
  return { v: 1, seq, hash, signedAt };
}
