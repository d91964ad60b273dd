import { GloveboxError } from "../../errors.ts";

/** The file that our login to Vault comes from can't be used. Its content is in no text. */
export class LoginFileError extends GloveboxError {
  readonly code = "VAULT_LOGIN_FILE";
  readonly userMessage =
    "The file that Glovebox logs in to Vault with can't be used, so nothing was read or changed. Ask the operators to run `glovebox doctor`, then press Retry.";
  constructor(file: string, what: string) {
    super(`${file}, for the login to Vault, ${what}`);
  }
}

/** The auth mount gives the admin identity tokens that can't die with the migration. */
export class IrrevocableTokenError extends GloveboxError {
  readonly code = "VAULT_TOKEN_IRREVOCABLE";
  readonly userMessage =
    "Vault gives Glovebox's admin identity a token that can't be revoked, so nothing was read or changed. Ask the operators to set `token_type=service` on its login role, then press Retry.";
  constructor() {
    super("the admin's login gave a batch token: set token_type=service on its role");
  }
}
