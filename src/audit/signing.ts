import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from "node:crypto";
import canonicalize from "canonicalize";

/** What the signature is for. It is part of the signed bytes, so that no signature serves another purpose. */
export type Purpose =
  | "approval"
  | "again"
  | "undo"
  | "envelope"
  | "writes"
  | "finished"
  | "receipt"
  | "checkpoint"
  | "wave"
  | "wave-batch";

export interface Signed {
  /** Canonical JSON (RFC 8785). The parties act on these bytes and on nothing else. */
  readonly bytes: string;
  /** Ed25519, base64. */
  readonly signature: string;
  readonly keyId: string;
}

export interface Signer {
  readonly keyId: string;
  /** The public half: what verifies this signer's own work. */
  readonly keyring: Keyring;
  sign(purpose: Purpose, content: unknown): Signed;
}

/** Public keys by id. A key that is not in it verifies nothing. */
export type Keyring = ReadonlyMap<string, KeyObject>;

/** The text that is hashed and signed: the same for equal content, whatever the order of keys. */
export function canonicalText(content: unknown): string {
  const text = canonicalize(content);
  if (text === undefined) throw new TypeError("content has no canonical form");
  return text;
}

/** The first 16 hex digits of the SHA-256 of the public key's DER form. */
export function keyIdOf(publicKey: KeyObject): string {
  return createHash("sha256")
    .update(publicKey.export({ type: "spki", format: "der" }))
    .digest("hex")
    .slice(0, 16);
}

/** @param pem A PKCS #8 Ed25519 private key, as `glovebox keys` writes it. */
export function signerFromPem(pem: string): Signer {
  const privateKey = createPrivateKey(pem);
  const publicKey = createPublicKey(privateKey);
  const keyId = keyIdOf(publicKey);
  return {
    keyId,
    keyring: new Map([[keyId, publicKey]]),
    sign(purpose, content) {
      const bytes = canonicalText(content);
      return { bytes, signature: sign(null, message(purpose, bytes), privateKey).toString("base64"), keyId };
    },
  };
}

/** @param pems Ed25519 public keys in PEM form. */
export function keyringFromPems(pems: readonly string[]): Keyring {
  const keys = pems.map((pem) => createPublicKey(pem));
  return new Map(keys.map((key) => [keyIdOf(key), key]));
}

/** True only if a key of the ring made this signature, for this purpose, over exactly these bytes. */
export function isSignedBy(keyring: Keyring, purpose: Purpose, { bytes, signature, keyId }: Signed): boolean {
  const key = keyring.get(keyId);
  return key !== undefined && verify(null, message(purpose, bytes), key, Buffer.from(signature, "base64"));
}

function message(purpose: Purpose, bytes: string): Buffer {
  return Buffer.from(`glovebox-${purpose}-v1\n${bytes}`);
}
