import { partsFromDeepest, wordsOf } from "../../catalog/words.ts";
import type { Rule } from "../suggestion.ts";
import { environmentRule } from "./environment.ts";
import { readKey } from "./key-names.ts";

const listed = (words: string): Set<string> => new Set(words.split(" "));

/** As a whole part these name no application; in a name they may belong to it: `order-service`. */
const GENERIC = listed(
  "secret secrets config configuration settings common shared default main global app apps application applications " +
    "service services svc user users admin root login account accounts role roles issue sts kv client clients data " +
    "private public internal external team teams path to env environment region cluster clusters master example " +
    "development crypto v1 v2 eu us ap ci",
);
/** At the end of a name these say what the secret is, not what it is for: `checkout-db-password`. */
const OF_THE_SECRET = listed(
  "secret secrets credential credentials creds cred auth password passwd passwords pw pwd token tokens key keys value " +
    "api apikey apikeys cert certs certificate tls ssl id ids readonly ro rw reader writer user config",
);
/** What others run for us: their name alone does not say which of ours uses it. */
const SUPPLIERS = listed(
  "aws gcp azure s3 gcs slack cloudflare github gitlab bitbucket datadog pagerduty newrelic sentry jira dockerhub " +
    "docker quay npm pypi sonarcloud stripe adyen paypal twilio sendgrid mailgun openai okta auth0 smtp postgres " +
    "postgresql mysql mariadb mongo mongodb redis oracle db database databases sql oidc oauth oauth2 license licenses " +
    "registry dockerconfigjson ssh webhook webhooks kubernetes",
);

/** As AWS names them: `eu-central-1`. */
const REGION = /^[a-z]{2}(-[a-z]+){1,2}-\d$/;

/** The deepest path part that names something the organisation runs or builds. */
export const applicationRule: Rule = (secret) => {
  const named = partsFromDeepest(secret.path)
    .map((part, depth) => ({ part, name: ownName(part), isLeaf: depth === 0 }))
    .filter(({ name }) => name !== null);
  const [deepest, above] = named;
  if (deepest?.name == null) return null;
  // The last part often names the secret itself; then the folder above was made for the thing that uses it.
  const namesSecret = deepest.isLeaf && saysWhatItIs(deepest.part);
  const chosen = namesSecret && above?.name ? above : deepest;
  const confidence = namesSecret && chosen === deepest ? 0.45 : 0.6;
  return { value: chosen.name ?? deepest.name, evidence: `\`${chosen.part}\` in the path`, confidence };
};

function saysWhatItIs(part: string): boolean {
  const reading = readKey(part);
  return reading.kind !== "unclear" || reading.type !== null;
}

/** `payments-db-prod` and `PAYMENTS_PROD_DB` → `payments`; null when nothing of its own is left. */
function ownName(part: string): string | null {
  if (REGION.test(part)) return null;
  const all = wordsOf(part.replace(/\.(json|ya?ml|pem|key|txt|jks)$/i, ""));
  const environmentAt = all.findIndex(
    (word, at) => at > 0 && isEnvironment(word) && isEnvironment(`${word}-${all[at + 1] ?? ""}`), // not `test-runner`
  );
  const words = environmentAt === -1 ? [...all] : all.slice(0, environmentAt);
  const isOver = (word: string): boolean =>
    OF_THE_SECRET.has(word) || SUPPLIERS.has(word) || /^\d+$/.test(word) || isEnvironment(word);
  while (isOver(words.at(-1) ?? "")) words.pop();
  while (SUPPLIERS.has(words[0] ?? "") || isEnvironment(words[0] ?? "")) words.shift();
  const name = words.join("-");
  return name.length < 2 || words.every((word) => GENERIC.has(word)) ? null : name;
}

function isEnvironment(word: string): boolean {
  return environmentRule({ mount: "", engine: "", path: word, keyNames: [], customMetadata: {} }) !== null;
}
