import { type Block, type Element, optionsOf, type View } from "./workspace-shapes.ts";

/** What a person puts into a field: text, an option's value (or several), a date, a user id; null empties it. */
export type FieldValue = string | string[] | null;
type StateValue = { type: string; [field: string]: unknown };
export interface FilledView {
  /** As `view_submit` wants it: block id, action id, value. */
  values: Record<string, Record<string, StateValue>>;
  /** What Slack's client itself finds missing or too long, by block id; such a form is never sent. */
  errors: Record<string, string>;
}

/**
 * Fills a modal as Slack's client does: what it was opened with counts unless changed, required fields must be filled,
 * lengths are checked. local-slack does none of this.
 * @param given By block id; where an input has its action id as the block's, that is the same thing.
 * @throws Error for a field or an option that the modal does not have.
 */
export function fillView(view: View, given: Record<string, FieldValue>): FilledView {
  const inputs = view.blocks.filter((block) => block.type === "input");
  const known = new Set(inputs.map(({ block_id }) => block_id));
  const stranger = Object.keys(given).find((blockId) => !known.has(blockId));
  if (stranger) throw new Error(`The modal has no field ${stranger}; it has ${[...known].join(", ")}.`);

  const filled: FilledView = { values: {}, errors: {} };
  for (const block of inputs) {
    const { block_id: blockId, element } = block;
    if (!blockId || !element?.action_id) throw new Error("An input without block_id or action_id cannot be read back.");
    const value = blockId in given ? chosen(element, given[blockId] ?? null) : initial(element);
    filled.values[blockId] = { [element.action_id]: value };
    const fault = clientFault(block, value);
    if (fault) filled.errors[blockId] = fault;
  }
  return filled;
}

const FIELD_BY_TYPE: Record<string, string> = {
  datepicker: "selected_date",
  timepicker: "selected_time",
  users_select: "selected_user",
  conversations_select: "selected_conversation",
  channels_select: "selected_channel",
};

function chosen(element: Element, value: FieldValue): StateValue {
  const { type } = element;
  const option = (wanted: string) => {
    if (type.includes("external")) return { text: { type: "plain_text", text: wanted }, value: wanted };
    const found = optionsOf(element).find((it) => it.value === wanted);
    if (!found) throw new Error(`${element.action_id} offers no "${wanted}".`);
    return found;
  };
  if (type === "checkboxes" || type.startsWith("multi_")) {
    return { type, selected_options: [value ?? []].flat().map(option) };
  }
  if (Array.isArray(value)) throw new Error(`${element.action_id} takes one value.`);
  if (type.endsWith("_select") && !FIELD_BY_TYPE[type]) return { type, selected_option: value ? option(value) : null };
  if (type === "radio_buttons") return { type, selected_option: value ? option(value) : null };
  if (type === "datetimepicker") return { type, selected_date_time: value === null ? null : Number(value) };
  return { type, [FIELD_BY_TYPE[type] ?? "value"]: value === "" ? null : value };
}

function initial(element: Element): StateValue {
  const { type } = element;
  if (type === "checkboxes" || type.startsWith("multi_"))
    return { type, selected_options: element.initial_options ?? [] };
  if (type === "radio_buttons" || (type.endsWith("_select") && !FIELD_BY_TYPE[type])) {
    return { type, selected_option: element.initial_option ?? null };
  }
  if (type === "datetimepicker") return { type, selected_date_time: element.initial_date_time ?? null };
  const start =
    element.initial_value ??
    element.initial_date ??
    element.initial_time ??
    element.initial_user ??
    element.initial_conversation;
  return { type, [FIELD_BY_TYPE[type] ?? "value"]: start ?? null };
}

function clientFault(block: Block, { type: _type, ...rest }: StateValue): string | undefined {
  const [value] = Object.values(rest);
  const isEmpty = value === null || (Array.isArray(value) && value.length === 0);
  if (isEmpty) return block.optional ? undefined : "Please complete this required field.";
  if (typeof value !== "string") return undefined;
  const { min_length: min = 0, max_length: max = 3000 } = block.element ?? {};
  if (value.length > max) return `Use at most ${max} characters.`;
  return value.length < min ? `Use at least ${min} characters.` : undefined;
}
