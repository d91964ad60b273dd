import { generateKeyPairSync } from "node:crypto";
import { type Keyring, keyringFromPems, type Signer, signerFromPem } from "../../src/audit/signing.ts";

/** A fresh Ed25519 key and the ring that trusts it. */
export function freshKeys(): { signer: Signer; keyring: Keyring } {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  return {
    signer: signerFromPem(privateKey.export({ type: "pkcs8", format: "pem" }).toString()),
    keyring: keyringFromPems([publicKey.export({ type: "spki", format: "pem" }).toString()]),
  };
}
