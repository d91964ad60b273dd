import type { VaultClient } from "../vault-client.ts";
import { VaultRefusedError } from "../vault-errors.ts";

/** @returns null where Vault has nothing. A missing right still throws: it must not look like absence. */
export async function readOptional(operator: VaultClient, path: string): Promise<unknown> {
  try {
    return await operator.read(path);
  } catch (error) {
    if (error instanceof VaultRefusedError && error.statusCode === 404) return null;
    throw error;
  }
}
