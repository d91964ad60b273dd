import { partsFromDeepest } from "../../catalog/words.ts";
import type { SecretType } from "../secret-types.ts";
import type { Answer, NamedSecret, Rule } from "../suggestion.ts";
import { type CredentialShape, type KeyReading, readKey, readKeySets } from "./key-names.ts";
import { purposeWordIn, type WordFound } from "./purpose-words.ts";

/** Engines whose secrets can only be one thing. */
const BY_ENGINE: Readonly<Record<string, SecretType>> = {
  database: "database-credential",
  pki: "tls-certificate",
  aws: "cloud-access-key",
  azure: "cloud-access-key",
  gcp: "cloud-access-key",
  ssh: "ssh-key",
  ldap: "service-account",
  openldap: "service-account",
  ad: "service-account",
  consul: "infrastructure-token",
  nomad: "infrastructure-token",
  kubernetes: "infrastructure-token",
  rabbitmq: "message-broker-credential",
  transit: "signing-or-encryption-key",
};

/** Here a login with a password is what consumers use; elsewhere (Grafana, GitLab) it is the login of the application. */
const PASSWORD_OPENS_IT = new Set<SecretType>([
  "database-credential",
  "message-broker-credential",
  "registry-credential",
  "smtp-credential",
  "service-account",
  "cloud-access-key",
  "signing-or-encryption-key",
  "tls-certificate",
  "license-key",
]);

/** What verifies a product's calls belongs to its credentials: `stripe` with `api_key` and `webhook_secret`. */
const OF_THE_PRODUCT = /web_?hook.*(secret|signature)/i;

interface Credential {
  readonly keys: readonly string[];
  readonly type: SecretType | null;
  readonly shape: CredentialShape;
  /** The word of the path that gave the type; null when the key names did. */
  readonly word: WordFound | null;
}

/** What kind of secret it is, by engine, then by key names, then by the words of the path. */
export const purposeRule: Rule = (secret) => {
  const byEngine = BY_ENGINE[secret.engine];
  if (byEngine !== undefined)
    return { value: byEngine, evidence: `a mount of engine \`${secret.engine}\``, confidence: 0.95 };
  const context = contextOf(secret);
  if (secret.keyNames.length === 0) return fromLeaf(secret) ?? fromPath(context, 0.55);
  const { credentials, unclear } = readKeys(secret, context);
  if (credentials.length > 0) return fromCredentials(credentials, secret);
  if (unclear.length > 0) return fromPath(context, 0.5);
  const evidence = `only addresses, names and ids among the key names: ${quoted(secret.keyNames)}`;
  return { value: "config-not-secret", evidence, confidence: 0.6 };
};

/**
 * The word of the deepest path part that says something; the mount's name only if none does. Other engines than KV are
 * mounted for one purpose, so there the mount speaks first.
 */
function contextOf(
  { path, mount, engine }: NamedSecret,
  accept: (type: SecretType) => boolean = () => true,
): WordFound | null {
  const [inPath, inMount] = [partsFromDeepest(path), partsFromDeepest(mount)];
  for (const part of engine.startsWith("kv") ? [...inPath, ...inMount] : [...inMount, ...inPath]) {
    const found = purposeWordIn(part);
    if (found !== null && accept(found.type)) return found;
  }
  return null;
}

function readKeys(secret: NamedSecret, context: WordFound | null): { credentials: Credential[]; unclear: string[] } {
  const sets = readKeySets(secret.keyNames);
  const explained = new Set(sets.flatMap(({ keys }) => keys));
  const credentials: Credential[] = sets.map(({ type, keys }) => ({ type, keys, shape: "bare", word: null }));
  const unclear: string[] = [];
  for (const key of secret.keyNames.filter((name) => !explained.has(name))) {
    const reading = readKeyIn(key, secret);
    if (reading.kind === "companion") continue;
    if (reading.kind === "credential") {
      const fitting = reading.shape === "password" ? contextOf(secret, (type) => PASSWORD_OPENS_IT.has(type)) : context;
      const isOfProduct = OF_THE_PRODUCT.test(key) && context?.isPurpose === false;
      const word = isOfProduct ? context : reading.type === null ? fitting : null;
      credentials.push({ keys: [key], type: word?.type ?? reading.type, shape: reading.shape, word });
    } else if (reading.type !== null) {
      // A product's name as a key: the path may say what it has of that product, such as its licence.
      const word = context?.isPurpose ? context : null;
      credentials.push({ keys: [key], type: word?.type ?? reading.type, shape: "bare", word });
    } else unclear.push(key);
  }
  return { credentials, unclear };
}

/** A key called `value` says nothing, so the path's last part stands for it: `app/mysql-root-password`. */
function readKeyIn(key: string, { path, keyNames }: NamedSecret): KeyReading {
  const reading = readKey(key);
  const isBare = reading.kind === "credential" && reading.type === null && reading.shape === "bare";
  const leaf = partsFromDeepest(path)[0];
  if (!isBare || keyNames.length > 1 || leaf === undefined) return reading;
  const byLeaf = readKey(leaf);
  // `user` with a key called `key` is still a key; with one called `value` it is a user name.
  if (byLeaf.kind === "companion") return /^(value|content|data)$/i.test(key) ? byLeaf : reading;
  return byLeaf.kind === "unclear" ? reading : byLeaf;
}

/** Key names unknown, as on KV v1: a last part such as `github-token` says it too. */
function fromLeaf({ path }: NamedSecret): Answer | null {
  const leaf = partsFromDeepest(path)[0];
  const type = leaf === undefined ? null : ownType(leaf);
  return type && { value: type, evidence: `\`${leaf}\` at the end of the path`, confidence: 0.65 };
}

function fromCredentials(credentials: readonly Credential[], secret: NamedSecret): Answer | null {
  const byType = new Map<SecretType | null, Credential[]>();
  for (const one of credentials) byType.set(one.type, [...(byType.get(one.type) ?? []), one]);
  const [[type, most] = [null, []]] = [...byType].sort(([, a], [, b]) => b.length - a.length);
  if (type === null && byType.size === 1) return fromShape(credentials, secret);
  if (type !== null && most.length * 2 > credentials.length) {
    const named = most.filter(({ word }) => word === null).flatMap(({ keys }) => keys);
    if (named.length > 0) return { value: type, evidence: `key names ${quoted(named)}`, confidence: 0.85 };
    const word = most[0]?.word ?? null;
    return fromPath(word, word?.isPurpose ? 0.75 : 0.65);
  }
  const kinds = [...byType.keys()].filter((one) => one !== null).join(", ");
  const evidence = `key names of different kinds: ${quoted(credentials.flatMap(({ keys }) => keys))} (${kinds})`;
  return { value: "mixed-bundle", evidence, confidence: 0.6 };
}

function ownType(name: string): SecretType | null {
  const reading = readKey(name);
  return reading.kind === "credential" ? reading.type : null;
}

/** Nothing names a product: only the form of the key names is left to go by. */
function fromShape(credentials: readonly Credential[], secret: NamedSecret): Answer | null {
  const shapes = new Set(credentials.map(({ shape }) => shape));
  const evidence = `key names ${quoted(credentials.flatMap(({ keys }) => keys))}, and nothing in the path that says more`;
  const isLogin = secret.keyNames.length > credentials.length;
  if (shapes.has("password")) return { value: "generic-password", evidence, confidence: isLogin ? 0.55 : 0.45 };
  if (shapes.has("api-key")) return { value: "api-key", evidence, confidence: 0.6 };
  if (shapes.has("named-token")) return { value: "api-key", evidence, confidence: 0.4 };
  return null;
}

function fromPath(context: WordFound | null, confidence: number): Answer | null {
  return context && { value: context.type, evidence: `\`${context.word}\` in the path`, confidence };
}

function quoted(keys: readonly string[]): string {
  const shown = keys.slice(0, 3).map((key) => `\`${key}\``);
  return keys.length > 3 ? `${shown.join(", ")} and ${keys.length - 3} more` : shown.join(", ");
}
