import { z } from "zod";
import { openVaultClient, type VaultConnection } from "../vault-client.ts";
import { readLoginFile } from "./read-login-file.ts";
import type { VaultLogin } from "./vault-login.ts";

/** The agent may put another token into its file at any time. */
const LOOK_AGAIN_SECONDS = 300;

const LookupSelf = z.object({
  data: z.object({ accessor: z.string(), ttl: z.number(), entity_id: z.string() }),
});

/**
 * Takes the token that a Vault Agent keeps in a file (a plain sink, neither wrapped nor encrypted). The agent logs in
 * and renews; we ask Vault how long the token still lives, and never revoke it, for others may use it too.
 */
export function tokenFileLogin(vault: VaultConnection, file: string): VaultLogin {
  return {
    isTokenShared: true,
    async login() {
      const token = await readLoginFile(file);
      const client = openVaultClient(vault, token.reveal());
      const { accessor, ttl, entity_id } = LookupSelf.parse(await client.read("auth/token/lookup-self")).data;
      // A ttl of 0 is a token without an end.
      const leaseSeconds = ttl === 0 ? LOOK_AGAIN_SECONDS : Math.min(ttl, LOOK_AGAIN_SECONDS);
      return { client, token, accessor, leaseSeconds, entityId: entity_id };
    },
  };
}
