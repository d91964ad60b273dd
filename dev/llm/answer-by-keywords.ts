import type { JsonSchema } from "./json-schema.ts";

type Facts = Record<string, unknown>;

/** Words that speak for one of our closed answers. The first that fits wins, so the special come before the general. */
const KEYWORDS: readonly [answer: string, words: RegExp][] = [
  ["payment-key", /stripe|adyen|paypal|worldpay|payment|acquirer/],
  ["webhook-url", /webhook[-_]?url|hooks?[-_]url/],
  ["smtp-credential", /smtp|mail|sendgrid|mailgun/],
  ["message-broker-credential", /kafka|rabbit|mqtt|nats|broker|schema-registry/],
  ["registry-credential", /docker|registry|nexus|artifactory|npm[-_]token/],
  ["ci-cd-token", /gitlab-runner|jenkins|sonar|buildkite|\bci\b/],
  ["git-token", /github|gitlab|bitbucket/],
  ["monitoring-key", /datadog|sentry|grafana|pagerduty|prometheus|newrelic/],
  ["database-credential", /postgres|mysql|oracle|mongo|redis|elastic|database|\bdb\b|db_|jdbc/],
  ["cloud-access-key", /aws_|access_key_id|azure|gcp|s3\b/],
  ["oauth-client", /oauth|oidc|saml|client_secret/],
  ["tls-certificate", /tls|cert|\.crt|keystore|truststore/],
  ["ssh-key", /ssh|id_rsa|ed25519/],
  ["jwt-or-session-secret", /jwt|session|cookie/],
  ["signing-or-encryption-key", /sign|encrypt|hmac|gpg|webhook_secret/],
  ["license-key", /licen[cs]e/],
  ["service-account", /ldap|bind|svc_|service-?account|keytab/],
  ["infrastructure-token", /kubeconfig|vault|consul|nomad|vpn|join/],
  ["api-key", /api[-_]?key|token/],
  ["generic-password", /password|passwd/],
  ["prod", /\bprod(uction)?\b|_prod\b|-prod\b/],
  ["staging", /\b(stg|stag|staging|preprod)\b/],
  ["dev", /\bdev(elop(ment)?)?\b/],
  ["test", /\b(test|qa|int|uat)\b/],
];

/**
 * An answer that fits any strict schema, by simple rules: closed answers by words in the facts, texts by the property's
 * name, and what the facts already say under the same name is repeated. A list gets one item for each fact given.
 * @param prompt The user's message; JSON in it is read as facts.
 */
export function answerByKeywords(schema: JsonSchema, prompt: string): unknown {
  const facts = factsIn(prompt);
  const definitions = { ...schema.definitions, ...schema.$defs };
  const fill = (part: JsonSchema, name: string, about: Facts): unknown => {
    if (part.$ref)
      return fill(part.$ref === "#" ? schema : (definitions[part.$ref.split("/").at(-1) ?? ""] ?? {}), name, about);
    if (part.const !== undefined) return part.const;
    const words = JSON.stringify(about).toLowerCase();
    if (part.enum) {
      const picked = part.enum.includes(about[name]) ? about[name] : pick(part.enum, name, words);
      return picked ?? (part.enum.includes("unknown") ? "unknown" : part.enum[0]);
    }
    if (part.anyOf) {
      const likely = part.anyOf.find(({ type }) => type !== "null") ?? {};
      const mayBeNull = part.anyOf.some(({ type }) => type === "null");
      // A model that is told to prefer null to a guess.
      if (likely.enum && mayBeNull && pick(likely.enum, name, words) === undefined) return null;
      return fill(likely, name, about);
    }
    const type = [part.type ?? "object"].flat().find((it) => it !== "null");
    if (type === "object") {
      const answer: Facts = {};
      for (const [key, child] of Object.entries(part.properties ?? {})) {
        const isReason = key === "because" && "value" in answer;
        // `{ownerTeam: {value, because}}`: the value is the owner team's.
        answer[key] = isReason ? reasonFor(answer.value, child) : fill(child, key === "value" ? name : key, about);
      }
      return answer;
    }
    if (type === "array") return fillList(part, name, about);
    if (type === typeof about[name]) return about[name];
    if (type === "boolean") return false;
    if (type === "string") return textFor(name, words).slice(0, part.maxLength);
    const number = Math.min(part.maximum ?? 1, Math.max(part.minimum ?? 0, 0.7));
    return type === "integer" ? Math.ceil(number) : number;
  };
  const fillList = (part: JsonSchema, name: string, about: Facts): unknown[] => {
    const item = part.items ?? {};
    const isText = [item.type].flat().includes("string") && !item.enum;
    const given = about[name];
    if (isText && Array.isArray(given)) return given;
    const many = about === facts ? itemsOf(facts) : [];
    const count = Math.max(part.minItems ?? 0, item.properties ? many.length : 1);
    return Array.from({ length: Math.min(count, part.maxItems ?? count) }, (_, at) =>
      fill(item, name, many[at] ?? about),
    );
  };
  return fill(schema, "", facts);
}

function factsIn(prompt: string): Facts {
  const start = prompt.search(/[[{]/);
  const end = Math.max(prompt.lastIndexOf("}"), prompt.lastIndexOf("]"));
  try {
    const parsed: unknown = JSON.parse(prompt.slice(Math.max(start, 0), end + 1));
    return Array.isArray(parsed) ? { items: parsed } : (parsed as Facts);
  } catch {
    return { text: prompt };
  }
}

function itemsOf(facts: Facts): Facts[] {
  const list = Object.values(facts).find(
    (value) => Array.isArray(value) && value.every((it) => typeof it === "object"),
  );
  return (list as Facts[] | undefined) ?? [];
}

/** @returns undefined where no word speaks for any of the answers. */
function pick(answers: readonly unknown[], name: string, words: string): unknown {
  const isText = (answer: unknown): answer is string => typeof answer === "string";
  // Open names are no kind of thing: `dev` in a path says nothing of whose it is.
  if (/owner|team/i.test(name)) {
    return answers.filter(isText).find((answer) => /^team-./.test(answer) && words.includes(answer.slice(5)));
  }
  if (/app/i.test(name)) return undefined;
  const byKeyword = KEYWORDS.find(([answer, pattern]) => answers.includes(answer) && pattern.test(words))?.[0];
  return byKeyword ?? answers.filter(isText).find((answer) => answer !== "unknown" && words.includes(answer));
}

/** The name that holds the word which decided, among those that the schema allows. */
function reasonFor(value: unknown, { enum: own, anyOf = [] }: JsonSchema): unknown {
  const pattern = KEYWORDS.find(([answer]) => answer === value)?.[1];
  const names = own ?? anyOf.find((part) => part.enum)?.enum ?? [];
  return names.find((it) => typeof it === "string" && pattern?.test(it.toLowerCase())) ?? (own ? own[0] : null);
}

function textFor(name: string, words: string): string {
  const [first = "", second = ""] = (/[a-z0-9_.-]+(?:\/[a-z0-9_.-]+)+/.exec(words)?.[0] ?? "").split("/");
  if (/owner|team/i.test(name)) return first ? `team-${first}` : "unknown";
  if (/app/i.test(name)) return second || "unknown";
  if (/evidence|why|reason|because/i.test(name)) return `practice model: the words of ${first || "the facts"}`;
  return first ? `practice suggestion for ${[first, second].filter(Boolean).join("/")}` : "practice suggestion";
}
