import type { VaultConnection } from "../vault-client.ts";
import { readLoginFile } from "./read-login-file.ts";
import { loginAt, type OwnTokenLogin } from "./vault-login.ts";

export interface JwtRole {
  /** Of a `jwt` or a `kubernetes` auth method: both take the same call. */
  readonly mount: string;
  readonly role: string;
  /** Where the platform keeps a fresh JWT, such as a pod's projected service account token. */
  readonly file: string;
}

/** Logs in with a JWT that the platform signs. @see https://developer.hashicorp.com/vault/api-docs/auth/jwt#jwt-login */
export function jwtLogin(vault: VaultConnection, { mount, role, file }: JwtRole): OwnTokenLogin {
  return {
    isTokenShared: false,
    async login() {
      const jwt = await readLoginFile(file);
      return loginAt(vault, mount, { role, jwt: jwt.reveal() });
    },
  };
}
