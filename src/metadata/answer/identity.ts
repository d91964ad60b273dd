import type { EntryDescription } from "../../catalog/describe-entry.ts";
import { type Playbook, playbookOf } from "../../catalog/playbooks.ts";
import { partsFromDeepest } from "../../catalog/words.ts";
import { purposeWordIn } from "../rules/purpose-words.ts";
import { SECRET_TYPES, type SecretType } from "../secret-types.ts";
import { suggestByRules } from "../suggest-by-rules.ts";
import { ENVIRONMENT_NAMES, NOUNS, productName } from "./nouns.ts";
import { name, type Phrase, quotedWords } from "./phrase.ts";
import { type BestWord, bestWord, SURENESS, type Sureness } from "./sureness.ts";

export interface Identity {
  /** Of what it is; where it belongs may be less sure, and the sentence says so. */
  readonly sureness: Sureness;
  /** One sentence: what it most likely is. */
  readonly sentence: Phrase;
  /** Who confirmed it, or what speaks for it; null where nothing does. */
  readonly because: Phrase | null;
}

type Named = Pick<EntryDescription, "source" | "keyNames" | "customMetadata" | "facts">;

/** What a secret most likely is, in one sentence, and how sure that is. By stored words and rules alone: no model is asked. */
export function identify(entry: Named): Identity {
  const { engine, path } = entry.source;
  if (engine !== "kv-v1" && engine !== "kv-v2") return identifyRole(entry, playbookOf(engine, path));
  const facts = withRules(entry);
  const [purpose, application, environment] = [
    bestWord(facts, "purpose"),
    bestWord(facts, "application"),
    bestWord(facts, "environment"),
  ];
  const what = purpose === null || purpose.sureness === "unknown" ? null : nounOf(purpose.value, entry);
  // Where the whole sentence is a guess, each part of it need not say so again.
  const place = placeOf(application, environment, what !== null && purpose?.sureness !== "guess");
  if (purpose === null || what === null) {
    const where: Phrase = place.length === 0 ? [] : [" It seems to belong", ...place.map(asBelonging), "."];
    const doubt = "neither its path nor its key names say it.";
    return { sureness: "unknown", sentence: [`${SURENESS.unknown.lead}: ${doubt}`, ...where], because: null };
  }
  const { sureness } = purpose;
  const sentence = [`${SURENESS[sureness].lead} `, ...what, ...place, "."];
  return { sureness, sentence, because: becauseOf(purpose, [application, environment]) };
}

/** A role of another engine is what its engine makes, whatever it is called. */
function identifyRole({ source }: Named, { title, kind }: Playbook): Identity {
  const { engine, path, mount } = source;
  if (kind === "unknown") {
    return { sureness: "unknown", sentence: [`${SURENESS.unknown.lead}: `, title, "."], because: null };
  }
  const role = path.slice(path.indexOf("/") + 1);
  return {
    sureness: "likely",
    sentence: [`${SURENESS.likely.lead} ${articleOf(title)} ${title}, called `, name(role), "."],
    because: [`${SURENESS.likely.tail}: the engine `, name(engine), " at ", name(mount), " keeps nothing else there."],
  };
}

const articleOf = (words: string): string => (/^[aeio]/i.test(words) || /^(LDAP|HCP)/.test(words) ? "an" : "a");

/**
 * What is stored, with the rules' own words as they are now: the stored ones may be from before the key names were known,
 * or there are none yet. Paths of no human length are left to the crawl's pass: the rules take long over them.
 */
function withRules({ source, keyNames, customMetadata, facts }: Named): EntryDescription["facts"] {
  const { mount, engine, path } = source;
  if (path.length > RULED_AT_MOST) return facts;
  const byRules = suggestByRules({ mount, engine, path, keyNames: keyNames ?? [], customMetadata });
  const fields = [...new Set([...facts, ...byRules].map(({ field }) => field))];
  return fields.map((field) => {
    const stored = facts.find((fact) => fact.field === field);
    const others = (stored?.suggestions ?? []).filter(({ source: by }) => by !== "rules" && by !== "vault-metadata");
    const fresh = byRules.filter((one) => one.field === field);
    return { field, confirmed: stored?.confirmed ?? null, suggestions: [...others, ...fresh] };
  });
}

const RULED_AT_MOST = 1_000;

/** `a Stripe payment key`; what is in nobody's list is quoted as it was said. null: it says that it does not know. */
function nounOf(purpose: string, entry: Named): Phrase | null {
  if (!isSecretType(purpose)) return [name(purpose)];
  if (purpose === "unknown") return null;
  const { alone, ofProduct } = NOUNS[purpose];
  const product = ofProduct === null ? null : productIn(entry, purpose);
  return [product === null ? alone : `${articleOf(product)} ${product} ${ofProduct}`];
}

const isSecretType = (value: string): value is SecretType => Object.hasOwn(SECRET_TYPES, value);

/** The product that the path names, if it is one whose secrets are of this kind. */
function productIn({ source, keyNames }: Named, type: SecretType): string | null {
  const places = [...partsFromDeepest(source.path), ...(keyNames ?? []), ...partsFromDeepest(source.mount)];
  for (const place of places) {
    const found = purposeWordIn(place);
    const product = found?.type === type ? productName(found.word) : null;
    if (product !== null) return product;
  }
  return null;
}

/** ` of checkout in production`; a part that is only a guess is said as one. */
function placeOf(application: BestWord | null, environment: BestWord | null, saysGuesses: boolean): Phrase {
  const perhaps = ({ sureness }: BestWord): string => (saysGuesses && sureness === "guess" ? ", perhaps" : "");
  const words: (Phrase | null)[] = [
    isSaid(application) ? [perhaps(application), " of ", name(application.value)] : null,
    isSaid(environment) && environment.value !== "unknown"
      ? [perhaps(environment), " in ", ENVIRONMENT_NAMES[environment.value] ?? name(environment.value)]
      : null,
  ];
  return words.flatMap((word) => word ?? []).filter((part) => part !== "");
}

const isSaid = (word: BestWord | null): word is BestWord => word !== null && word.sureness !== "unknown";
const asBelonging = (part: Phrase[number]): Phrase[number] => (part === " of " ? " to " : part);

function becauseOf(purpose: BestWord, others: readonly (BestWord | null)[]): Phrase {
  const { tail } = SURENESS[purpose.sureness];
  if (purpose.confirmed)
    return [`${tail} `, { userId: purpose.confirmed.by }, ", ", { day: purpose.confirmed.at }, "."];
  const said = [purpose, ...others]
    .filter((word) => isSaid(word) && !word.confirmed && word.evidence !== "")
    .map((word) => word?.evidence ?? "");
  const inPath = said.flatMap((evidence) => IN_THE_PATH.exec(evidence)?.[1] ?? []);
  const elsewhere = [...new Set(said.filter((evidence) => !IN_THE_PATH.test(evidence)))].map(quotedWords);
  const words = [...new Set(inPath)];
  const reasons = [...(words.length === 0 ? [] : [[...joined(words), " in the path"]]), ...elsewhere];
  return [`${tail}: `, ...reasons.flatMap((reason, at) => [...(at === 0 ? [] : ["; "]), ...reason]), "."];
}

/** How most rules say what they went by. */
const IN_THE_PATH = /^`([^`]+)` in the path$/;

/** `a, b and c`. */
const joined = (words: readonly string[]): Phrase =>
  words.flatMap((word, at) => [at === 0 ? "" : at === words.length - 1 ? " and " : ", ", name(word)]);
