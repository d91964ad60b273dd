import { lexeme, lexemesOf } from "../catalog/search/lexeme.ts";
import { environmentMeant } from "./keep-allowed.ts";
import { ENVIRONMENT_WORDS } from "./rules/environment.ts";
import { PURPOSE_WORDS } from "./rules/purpose-words.ts";
import type { FieldOptions } from "./suggestion.ts";

export interface FactWords {
  readonly field: string;
  readonly value: string;
  readonly words: readonly string[];
}

/**
 * By what else people look for a fact: `production` for prod, `certificate` for tls-certificate. Products are left out:
 * a payment key is not called `stripe` because others are. Under `tag`, what a field is called as a tag of the target.
 */
export function factWords(options: FieldOptions, tagNames: Readonly<Record<string, string>>): FactWords[] {
  const environments = new Set([...Object.keys(ENVIRONMENT_WORDS), ...(options.environment ?? [])]);
  return [
    ...[...environments].map((value) => ({ field: "environment", value, words: environmentWords(value) })),
    ...PURPOSE_WORDS.map(([value, words]) => ({ field: "purpose", value, words: words.split(" ").flatMap(lexemesOf) })),
    ...Object.entries(tagNames).map(([value, tag]) => ({ field: "tag", value, words: [lexeme(tag)] })),
  ];
}

/** A list of one's own may spell it otherwise: `Production`. */
const environmentWords = (value: string): readonly string[] =>
  ENVIRONMENT_WORDS[environmentMeant(value) ?? value] ?? [];
