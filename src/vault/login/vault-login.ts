import { z } from "zod";
import { Secret } from "../../secret.ts";
import { openVaultClient, type VaultClient, type VaultConnection } from "../vault-client.ts";

/** A token in use. */
export interface LoggedIn {
  readonly client: VaultClient;
  /** For a client of another namespace; everything else goes through `client`. */
  readonly token: Secret;
  /** Names the token without being it; "" for a batch token, which nobody can revoke. */
  readonly accessor: string;
  /** How long the token is good for before it is wise to log in again. */
  readonly leaseSeconds: number;
  readonly entityId: string;
}

/** How one of our standing identities (catalog, gate, admin) gets its token. */
export interface VaultLogin {
  /**
   * Logs in, once.
   * @throws {VaultRefusedError} Vault knows no such principal, or the proof is wrong, spent or expired.
   * @throws {VaultUnavailableError} {VaultSealedError} Retryable.
   * @throws {LoginFileError} {AwsCredentialsError} The proof could not be had.
   */
  login(): Promise<LoggedIn>;
  /** True: the token is an agent's, which others use too. Never revoke it. */
  readonly isTokenShared: boolean;
}

/** A login whose token is ours alone, so that it can die when its work is done. */
export interface OwnTokenLogin extends VaultLogin {
  readonly isTokenShared: false;
}

const LoginAnswer = z.object({
  auth: z.object({
    client_token: z.string(),
    accessor: z.string(),
    lease_duration: z.number(),
    entity_id: z.string(),
  }),
});

/** Sends one login to an auth mount. @param proof The mount's own fields. */
export async function loginAt(
  vault: VaultConnection,
  mount: string,
  proof: Readonly<Record<string, unknown>>,
): Promise<LoggedIn> {
  // No token goes along: Vault would take it as the caller's.
  const { auth } = LoginAnswer.parse(await openVaultClient(vault, "").write(`auth/${mount}/login`, proof));
  return {
    client: openVaultClient(vault, auth.client_token),
    token: new Secret(auth.client_token),
    accessor: auth.accessor,
    leaseSeconds: auth.lease_duration,
    entityId: auth.entity_id,
  };
}

/** Gives the token back, if it is ours to give. It ends by itself anyway, so a failure is nothing. */
export async function endLogin({ isTokenShared }: VaultLogin, { client }: LoggedIn): Promise<void> {
  if (!isTokenShared) await client.write("auth/token/revoke-self", {}).catch(() => {});
}
