import type { EntryDescription } from "../../catalog/describe-entry.ts";
import type { Field } from "../suggestion.ts";
import { weightOf } from "../suggestion-weight.ts";

/** How sure we are of one field, the surest first. */
export const SURENESSES = ["confirmed", "likely", "guess", "unknown"] as const;
export type Sureness = (typeof SURENESSES)[number];

interface SurenessRule {
  /** The least weight of the best suggestion; a confirmation is another thing than a weight. */
  readonly from: number;
  /** Begins the sentence. */
  readonly lead: string;
  /** Begins the reason. */
  readonly tail: string;
}

/**
 * The one table of words for sureness. Weights rank suggestions and nobody has measured how often they are right, so no
 * word here promises anything, and only a person's word makes a fact.
 */
export const SURENESS: Record<Sureness, SurenessRule> = {
  confirmed: { from: Number.POSITIVE_INFINITY, lead: "This is", tail: "Confirmed by" },
  likely: { from: 0.6, lead: "Most likely", tail: "Fairly sure" },
  guess: { from: 0.3, lead: "Perhaps", tail: "A guess" },
  unknown: { from: 0, lead: "I can't tell what this is", tail: "" },
};

export interface BestWord {
  readonly value: string;
  readonly sureness: Sureness;
  readonly confirmed: { readonly by: string; readonly at: Date } | null;
  /** Why, as the rule wrote it; "" where a person said it. */
  readonly evidence: string;
}

type Fact = EntryDescription["facts"][number];

/** What is best known of one field: a person's word, else the weightiest suggestion, else null. */
export function bestWord(facts: readonly Fact[], field: Field): BestWord | null {
  const fact = facts.find((candidate) => candidate.field === field);
  if (fact === undefined) return null;
  if (fact.confirmed) {
    const { value, by, at } = fact.confirmed;
    return { value, sureness: "confirmed", confirmed: { by, at }, evidence: "" };
  }
  const [best] = [...fact.suggestions].sort((a, b) => weightOf(b) - weightOf(a));
  if (best === undefined) return null;
  return { value: best.value, sureness: surenessOf(weightOf(best)), confirmed: null, evidence: best.evidence };
}

/** The word for a weight that no person confirmed. */
export function surenessOf(weight: number): Sureness {
  return SURENESSES.find((sureness) => weight >= SURENESS[sureness].from) ?? "unknown";
}
