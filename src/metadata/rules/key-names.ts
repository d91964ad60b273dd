import { wordsOf } from "../../catalog/words.ts";
import type { SecretType } from "../secret-types.ts";
import { purposeWordIn } from "./purpose-words.ts";

/** What one key name says: it goes along (a user name, an address), or it holds a credential, perhaps of a known type. */
export type KeyReading =
  | { readonly kind: "companion" }
  | { readonly kind: "credential"; readonly type: SecretType | null; readonly shape: CredentialShape }
  /** `type`: a product is named and nothing else, as in `nomad`. */
  | { readonly kind: "unclear"; readonly type: SecretType | null };

/** `password` for people's and machines' logins, `key` for the rest, `bare` when the name says nothing (`value`). */
export type CredentialShape = "password" | "api-key" | "named-token" | "token" | "bare";

/** Keys that only together say what they are. Each pattern needs a key of its own; those keys count as one credential. */
const KEY_SETS: readonly (readonly [SecretType, ...RegExp[]])[] = [
  ["cloud-access-key", /(^|_)access_key(_id)?$/, /(^|_)secret_(access_)?key$/],
  ["cloud-access-key", /(^|_)client_email$/, /(^|_)project_id$/],
  ["cloud-access-key", /(^|_)client_id$/, /(^|_)client_secret$/, /tenant/],
  ["oauth-client", /(^|_)client_id$/, /(^|_)client_secret$/],
  ["infrastructure-token", /(^|_)role_id$/, /(^|_)secret_id$/],
  ["infrastructure-token", /kubeconfig/],
  ["infrastructure-token", /(^|_)ca_?(data|certificate|crt)?$/, /token$/],
  ["tls-certificate", /(cert|crt|certificate)(_pem)?$/, /(^|_)(private_)?key(_pem)?$/],
  ["monitoring-key", /(^|_)api_key$/, /(^|_)app(lication)?_key$/],
  ["ssh-key", /(^|_)private_key$/, /(^|_)user(name)?$/, /(^|_)host(name)?$/],
  ["signing-or-encryption-key", /(^|_)(private_?)?key$/, /(^|_)pub(lic)?(_?key)?$/],
  ["ssh-key", /known_hosts|authorized_keys|ssh_host/, /private_key|ssh_host.*key|id_(rsa|ed25519)/],
];

type KeyRow = readonly [pattern: RegExp, reading: SecretType | "companion" | CredentialShape];

/** One key by itself; the first row that fits decides. Names are words joined by `_`. */
const KEYS: readonly KeyRow[] = [
  [/webhook.*(secret|signature|token)/, "signing-or-encryption-key"],
  [/webhook|slack_api_url/, "webhook-url"],
  [/(^|_)(pat|personal_access_token)$|github_app|(github|gitlab|gitea|bitbucket)_(.*_)?token$/, "git-token"],
  [/root_token|vault_token|unseal|join_token|secret_id$|service_account_token/, "infrastructure-token"],
  [/(^|_)client_secret$/, "oauth-client"],
  [/(^|_)sa_key|service_account(_key)?_json|^credentials_json|application_default_credentials/, "cloud-access-key"],
  [/secret_access_key|aws_secret|bucket_secret|account_key$|storage_key/, "cloud-access-key"],
  [/docker_?(config|cfg)/, "registry-credential"],
  [/(push|pull)_(credentials|secret|token)|quay_push/, "registry-credential"],
  [/ssh.*(key|private)|deploy_key|id_(rsa|dsa|ecdsa|ed25519)/, "ssh-key"],
  [
    /(gpg|pgp|hmac|signing|sign|encryption|cipher|jws).*|keystore_password|key_store_password|pkcs8/,
    "signing-or-encryption-key",
  ],
  [
    /(db|database|jdbc|postgres|postgresql|mysql|mariadb|mongo|mongodb|redis)_(url|uri|dsn)|connection_?string|dsn/,
    "database-credential",
  ],
  [
    /jwt|session_(secret|key)|cookie|secret_key_base|csrf|(^|_)(auth|nextauth|django|flask)_secret(_key)?$/,
    "jwt-or-session-secret",
  ],
  [/htpasswd|basic_auth_pass/, "password"],
  [/licen[sc]e/, "license-key"],
  [/(integration|routing|ingest)_key|sentry_dsn/, "monitoring-key"],
  [/payments?_(api_)?(key|token|secret)$/, "payment-key"],
  [/jks$|p12$|pfx$|(^|_)(tls|ssl|cert|crt|certificate)(_.*)?(key|pem|crt)$/, "tls-certificate"],
  [/public|(^|_)pub$|fingerprint|known_hosts|authorized_keys/, "companion"],
  [
    /(^|_)(user|username|login|email|host|hostname|port|url|uri|endpoint|address|addr|region|bucket|domain|realm|scope)s?$/,
    "companion",
  ],
  [
    /(^|_)(id|ids|name|names|type|version|state|servers|bootstrap|url|prefix|ttl|expiry|expires|issuer|audience)$/,
    "companion",
  ],
  [/^(ca|ca_?cert|ca_?crt|ca_data|cluster_ca_certificate)$/, "companion"],
  [/(pass|password|passwd|pwd|passphrase|pw)$/, "password"],
  [/api_?(key|token|secret)|apikey|app_key/, "api-key"],
  [/.+_(token|key)$/, "named-token"],
  [/token$/, "token"],
  [/^(value|key|secret|auth|content|data|credential|credentials|key_\d+|secret_.*|.*_secret|private_key)$/, "bare"],
];

const TYPE_HAS_SHAPE = new Set<string>(["password", "api-key", "named-token", "token", "bare"]);
/** A first word that names no product: `access_token` is a token like any other. */
const EMPTY_PREFIX = /^(access|auth|refresh|bearer|my|the|secret|bot|test|private|shared|master|app|api)_/;

const normalizedKey = (key: string): string => wordsOf(key).join("_");

/** The sets of keys found, and the keys that they explain. */
export function readKeySets(keyNames: readonly string[]): { type: SecretType; keys: string[] }[] {
  const left = new Set(keyNames);
  const found: { type: SecretType; keys: string[] }[] = [];
  for (const [type, ...patterns] of KEY_SETS) {
    const keys: string[] = [];
    for (const pattern of patterns) {
      const key = [...left].find((one) => pattern.test(normalizedKey(one)) && !keys.includes(one));
      if (key !== undefined) keys.push(key);
    }
    if (keys.length < patterns.length) continue;
    found.push({ type, keys });
    for (const key of keys) left.delete(key);
  }
  return found;
}

export function readKey(keyName: string): KeyReading {
  const key = normalizedKey(keyName);
  const row = /^\{.*\}$/.test(keyName) ? undefined : KEYS.find(([pattern]) => pattern.test(key));
  if (row === undefined) {
    const word = /^\{.*\}$/.test(keyName) ? null : purposeWordIn(keyName); // in braces: a name that differs
    if (word?.isPurpose) return { kind: "credential", type: word.type, shape: "bare" };
    return { kind: "unclear", type: word?.type ?? null };
  }
  const [, reading] = row;
  if (reading === "companion") return { kind: "companion" };
  if (!TYPE_HAS_SHAPE.has(reading)) return { kind: "credential", type: reading as SecretType, shape: "bare" };
  const type = purposeWordIn(keyName)?.type ?? null;
  const shape = reading === "named-token" && EMPTY_PREFIX.test(key) ? "token" : (reading as CredentialShape);
  // `api` alone is no more than the shape already says.
  return { kind: "credential", type: type === "api-key" ? null : type, shape };
}
