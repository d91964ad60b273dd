import { GloveboxError } from "../errors.ts";
import type { VaultClient } from "../vault/vault-client.ts";
import { VaultRefusedError, VaultSealedError } from "../vault/vault-errors.ts";

/** `vault-setup` can't go on, in words for the operator at the terminal. */
export class SetupStoppedError extends GloveboxError {
  readonly code = "VAULT_SETUP_STOPPED";
  readonly userMessage: string;
  constructor(userMessage: string) {
    super(userMessage);
    this.userMessage = userMessage;
  }
}

/** @throws {SetupStoppedError} Vault does not know the token. */
export async function assertTokenLives(operator: VaultClient): Promise<void> {
  await operator.read("auth/token/lookup-self").catch((error: unknown) => {
    if (!(error instanceof VaultRefusedError)) throw error;
    throw new SetupStoppedError(
      "Vault does not take VAULT_TOKEN: it is wrong, has expired or may not look itself up. Nothing was changed.",
    );
  });
}

/** Says which right is missing, or that Vault is sealed. What was written before stays; the next run goes on from there. */
export function explainStop(error: unknown): never {
  if (error instanceof VaultSealedError) {
    throw new SetupStoppedError("Vault is sealed or has no active node. Unseal it, then run this again.");
  }
  if (error instanceof VaultRefusedError) {
    const call = error.message.split(":")[0]?.replace("/v1/", "");
    const what = error.statusCode === 403 ? "This token has no right to it" : `Vault answered ${error.statusCode}`;
    throw new SetupStoppedError(
      `Vault refused ${call}. ${what}. What is right stays; give the right and run this again: it goes on from here.`,
    );
  }
  throw error;
}
