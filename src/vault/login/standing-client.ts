import { GloveboxError } from "../../errors.ts";
import type { VaultClient } from "../vault-client.ts";
import { patiently } from "./patiently.ts";
import type { VaultLogin } from "./vault-login.ts";

/**
 * A client for a process that stays: it logs in on first use, again at two thirds of the token's life, and once more
 * when Vault refuses the token.
 */
export function standingClient({ login }: VaultLogin, now: () => number = Date.now): VaultClient {
  let session: { client: VaultClient; renewAt: number } | undefined;
  const current = async (): Promise<VaultClient> => {
    if (session === undefined || now() >= session.renewAt) {
      const { client, leaseSeconds } = await patiently(login);
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
