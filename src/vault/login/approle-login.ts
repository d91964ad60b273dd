import type { Secret } from "../../secret.ts";
import type { VaultConnection } from "../vault-client.ts";
import { type LoggedIn, loginAt, type OwnTokenLogin } from "./vault-login.ts";

export interface AppRole {
  readonly mount: string;
  readonly roleId: string;
  readonly secretId: Secret;
}

/**
 * Logs in once. Not to be repeated with a one-use secret ID: that is spent even if the answer is lost.
 * @throws {VaultRefusedError} 400 for a wrong or spent secret ID, 403 for a shut entity.
 */
export function loginOnce(vault: VaultConnection, { mount, roleId, secretId }: AppRole): Promise<LoggedIn> {
  return loginAt(vault, mount, { role_id: roleId, secret_id: secretId.reveal() });
}

/** A standing identity with a secret ID of its own, which is good for many logins. */
export function approleLogin(vault: VaultConnection, role: AppRole): OwnTokenLogin {
  return { isTokenShared: false, login: () => loginOnce(vault, role) };
}
