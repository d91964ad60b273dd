import type { types } from "@slack/bolt";
import { LIMITS } from "./block-kit-limits.ts";
import { type Block, plain } from "./blocks.ts";

interface InputOptions {
  readonly hint?: string | null;
  readonly isOptional?: boolean;
}

function input(
  id: string,
  label: string,
  element: types.InputBlock["element"],
  options: InputOptions,
): types.InputBlock {
  return {
    type: "input",
    block_id: id,
    label: plain(label, LIMITS.inputLabel),
    element,
    optional: options.isOptional ?? false,
    ...(options.hint && { hint: plain(options.hint, LIMITS.inputHint) }),
  };
}

/** A line, or several, of text. @param max Slack's limit is 3,000. */
export function textInput(
  id: string,
  label: string,
  options: InputOptions & { initial?: string; max: number; isLong?: boolean; placeholder?: string },
): Block {
  const { initial, max, isLong = false, placeholder } = options;
  const element: types.PlainTextInput = {
    type: "plain_text_input",
    action_id: id,
    max_length: Math.min(max, LIMITS.inputText),
    multiline: isLong,
    // Not shortened: half of a name would be another name, so what is too long is left for the person to type.
    ...(initial && initial.length <= max && { initial_value: initial }),
    ...(placeholder && { placeholder: plain(placeholder, LIMITS.placeholder) }),
  };
  return input(id, label, element, options);
}

export interface Choice {
  readonly value: string;
  readonly text: string;
}

/** One of a list. Beyond Slack's hundred, the first hundred are offered: say so in the hint. */
export function selectInput(
  id: string,
  label: string,
  choices: readonly Choice[],
  options: InputOptions & { initial?: string },
): Block {
  const shown = choices.slice(0, LIMITS.selectOptions).map(({ value, text }) => ({
    text: plain(text, LIMITS.optionText),
    value: value.slice(0, LIMITS.optionValue),
  }));
  const initial = shown.find(({ value }) => value === options.initial);
  const element: types.StaticSelect = {
    type: "static_select",
    action_id: id,
    options: shown,
    ...(initial && { initial_option: initial }),
  };
  return input(id, label, element, options);
}

/**
 * One of more than a select can list: Slack asks us for options while the person types. What is chosen is told at once,
 * and again with the form.
 */
export function searchInput(id: string, label: string, options: InputOptions & { placeholder: string }): Block {
  const element: types.ExternalSelect = {
    type: "external_select",
    action_id: id,
    min_query_length: 2,
    placeholder: plain(options.placeholder, LIMITS.placeholder),
  };
  return { ...input(id, label, element, options), dispatch_action: true };
}

/** What a person filled in: block id to text or chosen value. Absent where left empty. */
export function readInputs(view: { readonly state: { readonly values: unknown } }): ReadonlyMap<string, string> {
  const read = new Map<string, string>();
  for (const [blockId, byAction] of entriesOf(view.state.values)) {
    for (const [, given] of entriesOf(byAction)) {
      const text = answerOf(given);
      if (text !== null && text !== "") read.set(blockId, text);
    }
  }
  return read;
}

const entriesOf = (value: unknown): [string, unknown][] =>
  typeof value === "object" && value !== null ? Object.entries(value) : [];

function answerOf(given: unknown): string | null {
  if (typeof given !== "object" || given === null) return null;
  const { value, selected_option: option } = given as Record<string, unknown>;
  if (typeof value === "string") return value;
  if (typeof option === "object" && option !== null && "value" in option) return String(option.value);
  return null;
}
