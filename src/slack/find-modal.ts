import type { EntryName } from "../catalog/entry-name.ts";
import { CALLBACK, INPUT } from "./action-ids.ts";
import { LIMITS } from "./block-kit-limits.ts";
import { type Block, context, divider, type ModalView, plain, section } from "./blocks.ts";
import { searchInput } from "./inputs.ts";
import { modal } from "./intake-modal.ts";
import { shorten } from "./shorten.ts";

/** Below the search: the card of what was chosen, or one sentence on why there is none. */
export type FindOutcome = readonly Block[] | string | null;

/** Asks which secret someone wants to know about, and shows it in the same place. */
export const findModal = (outcome: FindOutcome = null): ModalView => ({
  ...modal(CALLBACK.find, "Find a secret", "Show"),
  blocks: [
    searchInput(INPUT.find, "Which secret?", {
      placeholder: "Part of its path, a key name, an ARN, or what it is",
      hint: "For example: stripe key of checkout in prod. Never the value.",
    }),
    ...shown(outcome),
  ].slice(0, LIMITS.viewBlocks),
});

function shown(outcome: FindOutcome): readonly Block[] {
  if (outcome === null) return [context("I show what I know of it, and what you can do next.")];
  return [divider(), ...(typeof outcome === "string" ? [section(outcome)] : outcome)];
}

type Option = { text: ReturnType<typeof plain>; value: string; description?: ReturnType<typeof plain> };

/** One name as a choice. Its end tells more than its beginning, so what does not fit is cut off in front. */
export function findOption({ entryId, shown: name }: EntryName, apart: string): Option {
  const text = name.length <= LIMITS.optionText ? name : `…${tailOf(name, LIMITS.optionText - 1)}`;
  return {
    text: plain(text, LIMITS.optionText),
    value: String(entryId),
    ...(apart !== "" && { description: plain(shorten(apart, LIMITS.optionText), LIMITS.optionText) }),
  };
}

const tailOf = (text: string, length: number): string => text.slice(-length).replace(/^[\uDC00-\uDFFF]/, "");
