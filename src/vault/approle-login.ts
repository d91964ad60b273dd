import pRetry, { AbortError } from "p-retry";
import { z } from "zod";
import { GloveboxError } from "../errors.ts";
import type { Secret } from "../secret.ts";
import { openVaultClient, type VaultClient, type VaultConnection } from "./vault-client.ts";

export interface AppRole {
  readonly mount: string;
  readonly roleId: string;
  readonly secretId: Secret;
}

export interface LoggedIn {
  readonly client: VaultClient;
  readonly accessor: string;
  readonly leaseSeconds: number;
  readonly entityId: string;
}

const LoginAnswer = z.object({
  auth: z.object({
    client_token: z.string(),
    accessor: z.string(),
    lease_duration: z.number(),
    entity_id: z.string(),
  }),
});

/** Logs in once. @throws {VaultRefusedError} 400 for a wrong or spent secret ID, 403 for a shut entity. */
export async function loginOnce(vault: VaultConnection, { mount, roleId, secretId }: AppRole): Promise<LoggedIn> {
  const answer = await openVaultClient(vault, "").write(`auth/${mount}/login`, {
    role_id: roleId,
    secret_id: secretId.reveal(),
  });
  const { auth } = LoginAnswer.parse(answer);
  return {
    client: openVaultClient(vault, auth.client_token),
    accessor: auth.accessor,
    leaseSeconds: auth.lease_duration,
    entityId: auth.entity_id,
  };
}

/**
 * Logs in with exponential backoff and jitter on everything that may pass (network, 412, 429, 5xx), never on a refusal.
 * Not for one-use secret IDs: those are spent even if the answer is lost.
 */
export function loginPatiently(vault: VaultConnection, role: AppRole, retries = 4): Promise<LoggedIn> {
  return patiently(() => loginOnce(vault, role), retries);
}

/** Repeats what is safe to repeat while its failure says `retryable`. */
export function patiently<T>(call: () => Promise<T>, retries = 4): Promise<T> {
  const attempt = async (): Promise<T> => {
    try {
      return await call();
    } catch (error) {
      if (error instanceof GloveboxError && error.retryable) throw error;
      throw new AbortError(error instanceof Error ? error : new Error("failed"));
    }
  };
  return pRetry(attempt, { retries, minTimeout: 200, maxTimeout: 5_000, factor: 2, randomize: true });
}

/**
 * A client for a process that stays: it logs in on first use, again at two thirds of the token's life, and once more
 * when Vault refuses the token.
 */
export function standingClient(vault: VaultConnection, role: AppRole, now: () => number = Date.now): VaultClient {
  let session: { client: VaultClient; renewAt: number } | undefined;
  const current = async (): Promise<VaultClient> => {
    if (session === undefined || now() >= session.renewAt) {
      const { client, leaseSeconds } = await loginPatiently(vault, role);
      session = { client, renewAt: now() + leaseSeconds * 667 };
    }
    return session.client;
  };
  const once = async <T>(call: (client: VaultClient) => Promise<T>): Promise<T> => {
    const isFresh = session === undefined;
    try {
      return await call(await current());
    } catch (error) {
      const isRefused = error instanceof GloveboxError && "statusCode" in error && error.statusCode === 403;
      if (!isRefused || isFresh) throw error;
      session = undefined; // the token may have died early: one new login, then the refusal stands
      return call(await current());
    }
  };
  return {
    read: (path) => once((client) => client.read(path)),
    readText: (path) => once((client) => client.readText(path)),
    list: (path) => once((client) => client.list(path)),
    write: (path, body) => once((client) => client.write(path, body)),
    delete: (path) => once((client) => client.delete(path)),
  };
}
