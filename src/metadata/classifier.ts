import { GloveboxError } from "../errors.ts";
import type { Field, Suggestion } from "./suggestion.ts";

/** All that leaves for a model: names, and the closed lists that it must choose from. Never a value. */
export interface ClassifierQuestion {
  readonly mount: string;
  readonly engine: string;
  readonly path: string;
  /** Empty: not known. */
  readonly keyNames: readonly string[];
  /** Names of the custom metadata only: people write all sorts of things into the values. */
  readonly customMetadataNames: readonly string[];
  /** For each field the values that count as an answer; an empty list means that there is none. */
  readonly choices: Readonly<Record<Field, readonly string[]>>;
  /** What each choice for `purpose` means. */
  readonly purposeWords: Readonly<Record<string, string>>;
}

export interface Classifier {
  /**
   * Asks what a secret is, by its names.
   * @returns At most one suggestion per field, each with a value out of `choices`; fields that it can't tell are absent.
   * @throws {ClassifierUnavailableError} No usable answer: the caller's rules stand.
   */
  classify(question: ClassifierQuestion): Promise<readonly Suggestion[]>;
}

const WORDS = {
  timeout: "it did not answer in time",
  unreachable: "it could not be reached",
  "rate-limited": "it is rate-limited",
  "not-allowed": "it refused our key",
  "budget-spent": "this hour's calls are used up",
  refused: "it refused to answer",
  truncated: "its answer was cut off",
  "bad-answer": "its answer was not usable",
} as const;
export type ClassifierFailure = keyof typeof WORDS;

export class ClassifierUnavailableError extends GloveboxError {
  readonly code = "CLASSIFIER_UNAVAILABLE";
  readonly userMessage: string;
  readonly failure: ClassifierFailure;
  constructor(failure: ClassifierFailure) {
    super(`the language model gave no answer: ${failure}`);
    this.failure = failure;
    this.userMessage = `The language model gave no answer (${WORDS[failure]}), so these suggestions come from rules alone.`;
  }
}
