import { callerIdentitySigner } from "../aws/sign-caller-identity.ts";
import type { LoginSettings, OwnLoginSettings } from "../config/vault-login.ts";
import type { CommonConfig } from "../config.ts";
import { approleLogin } from "../vault/login/approle-login.ts";
import { awsIamLogin } from "../vault/login/aws-login.ts";
import { jwtLogin } from "../vault/login/jwt-login.ts";
import { namespacedLogin } from "../vault/login/namespaced-login.ts";
import { tokenFileLogin } from "../vault/login/token-file-login.ts";
import type { OwnTokenLogin, VaultLogin } from "../vault/login/vault-login.ts";
import type { VaultConnection } from "../vault/vault-client.ts";

/** An identity's login as its variables describe it. */
export function openLogin(common: CommonConfig, settings: LoginSettings, onThrottled?: OnThrottled): VaultLogin {
  const vault = connectionOf(common, onThrottled);
  return settings.method === "token-file"
    ? namespacedLogin(vault, tokenFileLogin(vault, settings.file))
    : namespacedLogin(vault, ownLogin(common, settings, vault));
}

/** The same for an identity that must be able to end its own token. */
export function openOwnLogin(common: CommonConfig, settings: OwnLoginSettings): OwnTokenLogin {
  const vault = connectionOf(common);
  return namespacedLogin(vault, ownLogin(common, settings, vault));
}

type OnThrottled = NonNullable<VaultConnection["onThrottled"]>;

function connectionOf(common: CommonConfig, onThrottled?: OnThrottled): VaultConnection {
  return { ...vaultOf(common), ...(onThrottled && { onThrottled }) };
}

function ownLogin(common: CommonConfig, settings: OwnLoginSettings, vault: VaultConnection): OwnTokenLogin {
  switch (settings.method) {
    case "approle":
      return approleLogin(vault, { mount: common.VAULT_AUTH_MOUNT, ...settings });
    case "aws":
      return awsIamLogin(vault, settings, callerIdentitySigner({ region: settings.stsRegion }));
    case "jwt":
    case "kubernetes":
      return jwtLogin(vault, settings);
  }
}

export function vaultOf({
  VAULT_ADDR,
  VAULT_TIMEOUT_MS,
  VAULT_NAMESPACE,
}: CommonConfig): Required<Omit<VaultConnection, "onThrottled">> {
  return { address: VAULT_ADDR, timeoutMs: VAULT_TIMEOUT_MS, namespace: VAULT_NAMESPACE ?? "" };
}
