import { partsFromDeepest, wordsOf } from "../../catalog/words.ts";
import type { NamedSecret, Rule } from "../suggestion.ts";

/** What each environment is called. */
export const ENVIRONMENT_WORDS: Readonly<Record<string, readonly string[]>> = {
  prod: ["prod", "production", "prd", "live"],
  staging: ["staging", "stage", "stag", "stg", "preprod", "uat", "preproduction"],
  dev: ["dev", "develop", "local", "sandbox"],
  test: ["test", "tst", "testing", "qa", "int", "integration", "e2e"],
};
const ENVIRONMENT_OF = new Map(
  Object.entries(ENVIRONMENT_WORDS).flatMap(([env, words]) => words.map((word) => [word, env] as const)),
);
/** Ends of compounds: `idfprod`, `kvstaging`. `test` is left out: `latest`, `contest`. */
const COMPOUND = /(?:^|[a-z0-9])(preprod|prod|staging)$/;
/** Numbered test stages: `q1`, `t4`, `test2`. */
const STAGE = /^(?:t|q|qa|test|int)\d{1,2}$/;
/** After these words `test` and `dev` belong to a name: `test-runner`, `dev-tools`. */
const PRODUCT_AFTER = new Set(["runner", "tools", "tool", "portal", "rail", "data", "user"]);

/** Only from words in path and mount. Different answers in one path are none. */
export const environmentRule: Rule = (secret) => {
  const found = [...inPath(secret), ...inMount(secret)];
  const [first] = found;
  if (first === undefined) return null;
  const fromPath = new Set(found.filter(({ where }) => where === first.where).map(({ environment }) => environment));
  if (fromPath.size > 1) return null;
  const { environment, word, where, isWhole } = first;
  return { value: environment, evidence: `\`${word}\` in the ${where}`, confidence: isWhole ? 0.9 : 0.75 };
};

interface Found {
  readonly environment: string;
  readonly word: string;
  readonly where: "path" | "mount";
  /** A path part of its own, not a word inside another name. */
  readonly isWhole: boolean;
}

function inPath({ path }: NamedSecret): Found[] {
  return partsFromDeepest(path).flatMap((part) => environmentsIn(part, "path"));
}

function inMount({ mount }: NamedSecret): Found[] {
  return partsFromDeepest(mount).flatMap((part) => environmentsIn(part, "mount"));
}

function environmentsIn(part: string, where: Found["where"]): Found[] {
  const words = wordsOf(part);
  return words.flatMap((word, index) => {
    if (PRODUCT_AFTER.has(words[index + 1] ?? "")) return [];
    const isWhole = words.length === 1;
    // A whole `development` in the mount may be a department; below it is an environment.
    if (word === "development") return where === "path" ? [{ environment: "dev", word, where, isWhole }] : [];
    const known = ENVIRONMENT_OF.get(word) ?? (STAGE.test(word) ? "test" : undefined);
    const compound = COMPOUND.exec(word)?.[1];
    const environment = known ?? (compound && ENVIRONMENT_OF.get(compound));
    return environment === undefined ? [] : [{ environment, word, where, isWhole }];
  });
}
