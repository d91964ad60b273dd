import type { Suggestion } from "./suggestion.ts";

/** A model's sureness is its own word until it has been measured: it fills gaps, and never outweighs evidence that is likely. */
const UNMEASURED_AT_MOST = 0.49;

/** What a suggestion counts among others for the same field: 0 to 1. */
export const weightOf = ({ source, confidence }: { readonly source: string; readonly confidence: number }): number =>
  source === ("llm" satisfies Suggestion["source"]) ? Math.min(confidence, UNMEASURED_AT_MOST) : confidence;
