import nodeVault from "node-vault";
import { VaultRefusedError } from "./vault-errors.ts";
import { vaultTransport } from "./vault-transport.ts";

/**
 * One identity's view of Vault. Paths come without `v1/` and already encoded (`encodePath`). Every failure is one of
 * vault-errors.ts and carries neither token nor body.
 */
export interface VaultClient {
  /** The answer's JSON, parsed. */
  read(path: string): Promise<unknown>;
  /** The answer's body as it came. */
  readText(path: string): Promise<string>;
  /** Names under a folder; nothing there is an empty list. */
  list(path: string): Promise<readonly string[]>;
  write(path: string, body: Readonly<Record<string, unknown>>): Promise<unknown>;
  delete(path: string): Promise<void>;
  /** The same identity looking at another namespace, named in full; "" for the root. */
  within(namespace: string): VaultClient;
}

export interface VaultConnection {
  readonly address: string;
  readonly timeoutMs: number;
  /** Sent as X-Vault-Namespace; "" for the root. */
  readonly namespace?: string;
  /** Hears each 429, with what Vault said of when to come again. */
  readonly onThrottled?: (retryAfterMs: number | null) => void;
}

/** @param token "" for calls without one, such as a login. */
export function openVaultClient(connection: VaultConnection, token: string): VaultClient {
  const { address, timeoutMs, namespace = "", onThrottled } = connection;
  const elsewhere = new Map<string, VaultClient>(); // node-vault takes a millisecond to make one
  const client = nodeVault({
    endpoint: address,
    "request-promise": vaultTransport(timeoutMs, onThrottled),
    debug: () => {}, // its debug output prints request bodies
  });
  // Set afterwards: the factory would fall back to VAULT_TOKEN, VAULT_NAMESPACE and VAULT_PREFIX for empty ones.
  Object.assign(client, { token, namespace, pathPrefix: "" });
  return {
    read: (path) => client.read(path),
    readText: async (path) => String(await client.read(path, { rawText: true })),
    async list(path) {
      try {
        const answer = (await client.list(path)) as { data?: { keys?: unknown } };
        return Array.isArray(answer.data?.keys) ? answer.data.keys.map(String) : [];
      } catch (error) {
        if (error instanceof VaultRefusedError && error.statusCode === 404) return [];
        throw error;
      }
    },
    write: (path, body) => client.write(path, { ...body }),
    async delete(path) {
      await client.delete(path);
    },
    within(other) {
      const client = elsewhere.get(other) ?? openVaultClient({ ...connection, namespace: other }, token);
      elsewhere.set(other, client);
      return client;
    },
  };
}
