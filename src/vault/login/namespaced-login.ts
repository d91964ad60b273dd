import { randomUUID } from "node:crypto";
import { GloveboxError } from "../../errors.ts";
import { openVaultClient, type VaultClient, type VaultConnection } from "../vault-client.ts";
import { VaultRefusedError } from "../vault-errors.ts";
import { endLogin, type VaultLogin } from "./vault-login.ts";

/** A namespace is configured, and the server answers the same whatever namespace is named: it has none. */
export class NamespacesNotShownError extends GloveboxError {
  readonly code = "VAULT_NAMESPACES_NOT_SHOWN";
  readonly userMessage =
    "Vault answers the same whatever namespace is named, so a path in a namespace would be read from the root. Nothing was read or changed. Ask the operators to take VAULT_NAMESPACE out, or to name a Vault that has namespaces.";
  constructor(namespace: string) {
    super(`VAULT_NAMESPACE is ${namespace}, and Vault took a call in a namespace that nobody made`);
  }
}

/**
 * Open-source Vault ignores the namespace's header and answers from the root: another namespace's path would read the
 * root's secret of that name. So a server must show that it tells namespaces apart: a call that each of our identities
 * may make must be refused in a namespace that can't exist.
 * @throws {NamespacesNotShownError}
 */
export async function assertNamespacesShown(vault: VaultConnection, token: string): Promise<void> {
  const { namespace = "" } = vault;
  if (namespace === "" || (await tellsNamespacesApart(openVaultClient(vault, token), namespace))) return;
  throw new NamespacesNotShownError(namespace);
}

/** @param namespace The client's own; "" for the root. */
export async function tellsNamespacesApart(client: Pick<VaultClient, "within">, namespace: string): Promise<boolean> {
  const nowhere = client.within(`${namespace === "" ? "" : `${namespace}/`}glovebox-probe-${randomUUID()}`);
  try {
    await nowhere.write("sys/capabilities-self", { paths: ["sys/capabilities-self"] });
    return false;
  } catch (error) {
    if (error instanceof VaultRefusedError) return true;
    throw error;
  }
}

/** A login that counts only where the server has shown that it has namespaces, if one is configured. */
export function namespacedLogin<L extends VaultLogin>(vault: VaultConnection, login: L): L {
  if ((vault.namespace ?? "") === "") return login;
  return {
    ...login,
    async login() {
      const session = await login.login();
      try {
        await assertNamespacesShown(vault, session.token.reveal());
      } catch (error) {
        await endLogin(login, session);
        throw error;
      }
      return session;
    },
  };
}
