import { GloveboxError } from "../errors.ts";

/** Vault did not answer, or answered that it can't just now. `where` names the call, never its content. */
export class VaultUnavailableError extends GloveboxError {
  readonly code = "VAULT_UNAVAILABLE";
  readonly userMessage = "Vault is not answering, so nothing was read or changed. Try again in a few minutes.";
  override readonly retryable = true;
  /** A rate limit kept the call out, also when it was repeated. */
  readonly isThrottled: boolean;
  constructor(where: string, cause: string, isThrottled = false) {
    super(`${where}: ${cause}`);
    this.isThrottled = isThrottled;
  }
}

export class VaultSealedError extends GloveboxError {
  readonly code = "VAULT_SEALED";
  readonly userMessage =
    "Vault is sealed or has no active node, so nothing was read. Press Retry once Vault's operators have unsealed it.";
  override readonly retryable = true;
  constructor(where: string) {
    super(`${where}: 503, sealed or without an active node`);
  }
}

/** Vault answered and said no. The text of its answer is not kept: it may quote what was sent. */
export class VaultRefusedError extends GloveboxError {
  readonly code = "VAULT_REFUSED";
  readonly userMessage =
    "Vault refused a call that this step needs, so nothing was moved. Ask the operators to run `glovebox doctor`.";
  readonly statusCode: number;
  /** A 404 that came with a body of its own: KV v2's answer for a deleted version. */
  readonly isDeletedVersion: boolean;
  constructor(where: string, statusCode: number, isDeletedVersion = false) {
    super(`${where}: refused with ${statusCode}`);
    this.statusCode = statusCode;
    this.isDeletedVersion = isDeletedVersion;
  }
}

const BUSY = new Set([412, 429, 472, 473, 500, 502, 504]);

/** Vault's status code in our words. @see facts: 503 is sealed, locked or without an active node. */
export function vaultErrorFor(
  where: string,
  { statusCode, isDeletedVersion }: { statusCode: number; isDeletedVersion: boolean },
): GloveboxError {
  if (statusCode === 503) return new VaultSealedError(where);
  if (BUSY.has(statusCode)) return new VaultUnavailableError(where, `status ${statusCode}`, statusCode === 429);
  return new VaultRefusedError(where, statusCode, isDeletedVersion);
}
