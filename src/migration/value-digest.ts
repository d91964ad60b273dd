import { createHash, createHmac, createSecretKey, type KeyObject, timingSafeEqual } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Secret } from "../secret.ts";

/** Lets the worker compare values that it no longer holds. Without the key a digest tells nothing of a value. */
export interface DigestKey {
  /** 16 hex digits; tells keys apart and nothing of the key. */
  readonly id: string;
  readonly key: KeyObject;
}

export class BadDigestKeyError extends Error {}

const KEY_BYTES = 32;

/** @param text 32 random bytes in base64, as `glovebox keys` writes them. @throws {BadDigestKeyError} */
export function digestKeyFromText(text: string): DigestKey {
  const bytes = Buffer.from(text.trim(), "base64");
  if (bytes.length !== KEY_BYTES || bytes.toString("base64") !== text.trim()) {
    throw new BadDigestKeyError(`a digest key is ${KEY_BYTES} bytes in base64. Make one with \`glovebox keys\`.`);
  }
  const key = createSecretKey(bytes);
  return { id: createHmac("sha256", key).update("glovebox-digest-key-id-v1").digest("hex").slice(0, 16), key };
}

/** @throws {BadDigestKeyError} Names the file, never what is in it. */
export function digestKeyFromFile(file: string): DigestKey {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    throw new BadDigestKeyError(`${file}: there is no such file, or it can't be read. Make it with \`glovebox keys\`.`);
  }
  try {
    return digestKeyFromText(text);
  } catch (error) {
    throw error instanceof BadDigestKeyError ? new BadDigestKeyError(`${file}: ${error.message}`) : error;
  }
}

/** HMAC-SHA256 over the value's UTF-8 bytes, in hex. Bytes count as their canonical base64. */
export function digestValue(key: DigestKey, value: Secret): string {
  return digestText(key, value.reveal());
}

/** The same over text that is a piece of a value. */
export function digestText({ key }: DigestKey, text: string): string {
  return createHmac("sha256", key).update(text, "utf8").digest("hex");
}

/** Compares in constant time for digests of equal length. */
export function isSameDigest(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}

/**
 * The ClientRequestToken of a migration's write: the same for the same migration, label and value, so that a repeat is a
 * no-op; and another for each label, for two versions of one target may hold one value.
 * AWS logs it in clear as the VersionId, hence from the keyed digest and never from the value.
 * @returns 36 characters in the form of a UUID (version 8: made by the application's own rule).
 */
export function requestTokenFor(migrationId: string, stage: string, digest: string): string {
  const bytes = createHash("sha256").update(`glovebox-request-token-v1\n${migrationId}\n${stage}\n${digest}`).digest();
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = bytes.toString("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join("-");
}
