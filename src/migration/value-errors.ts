import { GloveboxError } from "../errors.ts";

/** AWS counts UTF-8 bytes. */
export const MAX_VALUE_BYTES = 65_536;

/** The value can't go in the approved shape. No message here ever quotes it. */
export abstract class UnfitValueError extends GloveboxError {}

export class MissingKeyError extends UnfitValueError {
  readonly code = "MISSING_KEY";
  readonly userMessage =
    "The secret doesn't have a key that the request names, so nothing was written. Change the keys in the request, or ask for the whole document.";
  constructor() {
    super("the secret has no such key");
  }
}

export class UnassignedKeyError extends UnfitValueError {
  readonly code = "UNASSIGNED_KEY";
  readonly userMessage: string;
  constructor(keyCount: number) {
    super(`${keyCount} keys of the secret are in no part`);
    const what = keyCount === 1 ? "one key" : `${keyCount} keys`;
    this.userMessage = `The secret has ${what} that no part of the request takes, and a split must take every key, so nothing was written. Add what is missing to a part and ask again.`;
  }
}

export class NotBase64Error extends UnfitValueError {
  readonly code = "NOT_BASE64";
  readonly userMessage =
    "The key's value is not base64 as it must be to be stored as bytes (no blanks or line ends, one alphabet, right padding), so nothing was written. Correct it in Vault, or ask for it as text.";
  constructor() {
    super("the value is not strict base64");
  }
}

export class OversizedValueError extends UnfitValueError {
  readonly code = "OVERSIZED_VALUE";
  readonly userMessage: string;
  readonly sizeBytes: number;
  constructor(sizeBytes: number) {
    super(`the value has ${sizeBytes} bytes, AWS takes ${MAX_VALUE_BYTES}`);
    this.sizeBytes = sizeBytes;
    const [size, limit] = [sizeBytes, MAX_VALUE_BYTES].map((count) => count.toLocaleString("en-US"));
    this.userMessage = `The value has ${size} bytes and AWS takes ${limit}, so nothing was written and Vault is unchanged. Ask for it split into parts, or for one of its keys alone.`;
  }
}

export class EmptyValueError extends UnfitValueError {
  readonly code = "EMPTY_VALUE";
  readonly userMessage =
    "The key's value is empty and AWS keeps no empty value, so nothing was written. Give it a value in Vault, or move the whole document.";
  constructor() {
    super("the value is the empty string");
  }
}

export class UnreadableValueError extends UnfitValueError {
  readonly code = "UNREADABLE_VALUE";
  readonly userMessage =
    "Vault's answer is not a JSON document that I can carry over without changing it, so nothing was written. Ask support to look at this path.";
  /** @param reason In our words: a parser's own message may quote the value. */
  constructor(reason: string) {
    super(`the secret's data can't be laid down: ${reason}`);
  }
}

/** Another version of the same secret can't go as the approved one can. */
export class OlderVersionUnfitError extends GloveboxError {
  readonly code = "OLDER_VERSION_UNFIT";
  readonly userMessage: string;
  constructor(vaultVersion: number, reason: string) {
    super(`version ${vaultVersion} can't be laid down: ${reason}`);
    this.userMessage = `Version ${vaultVersion} of the secret can't go along in the approved shape (${reason}), so nothing was written. Ask for fewer older versions, or for the whole document.`;
  }
}
