import { GloveboxError } from "../../errors.ts";
import type { VaultClient } from "../vault-client.ts";
import { patiently } from "./patiently.ts";
import type { VaultLogin } from "./vault-login.ts";

/**
 * A client for a process that stays: it logs in on first use, again at two thirds of the token's life, and once more
 * when a call is refused and the token turns out to be dead.
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
    const client = await current();
    try {
      return await call(client);
    } catch (error) {
      // A crawl is refused at thousands of places by a token that lives, so the token is asked before it is replaced.
      if (isFresh || !isRefused(error) || (await isAlive(client))) throw error;
      if (session?.client === client) session = undefined;
      return call(await current());
    }
  };
  const seenFrom = (place: (client: VaultClient) => VaultClient): VaultClient => ({
    read: (path) => once((client) => place(client).read(path)),
    readText: (path) => once((client) => place(client).readText(path)),
    list: (path) => once((client) => place(client).list(path)),
    write: (path, body) => once((client) => place(client).write(path, body)),
    delete: (path) => once((client) => place(client).delete(path)),
    within: (namespace) => seenFrom((client) => client.within(namespace)),
  });
  return seenFrom((client) => client);
}

function isRefused(error: unknown): boolean {
  return error instanceof GloveboxError && "statusCode" in error && error.statusCode === 403;
}

/** A token that may not ask counts as dead: then there is one login too many. */
async function isAlive(client: VaultClient): Promise<boolean> {
  return client.read("auth/token/lookup-self").then(
    () => true,
    (error: unknown) => {
      if (isRefused(error)) return false;
      throw error;
    },
  );
}
