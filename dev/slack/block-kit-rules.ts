import { z } from "zod";

/**
 * Slack's limits on what a bot sends, which local-slack does not check.
 * Sources: docs.slack.dev/reference/block-kit and /reference/views, the JSDoc of @slack/types, and for the total of a
 * message slackapi/bolt-js #2509 (seen, not documented).
 */
export const MAX_MESSAGE_BLOCKS = 50;
export const MAX_VIEW_BLOCKS = 100;
export const MAX_MESSAGE_TEXT_TOTAL = 13_200;

const id = z.string().min(1).max(255);
const plain = (max: number) =>
  z.strictObject({ type: z.literal("plain_text"), text: z.string().min(1).max(max), emoji: z.boolean().optional() });
const mrkdwn = (max: number) =>
  z.strictObject({ type: z.literal("mrkdwn"), text: z.string().min(1).max(max), verbatim: z.boolean().optional() });
const text = (max: number) => z.discriminatedUnion("type", [plain(max), mrkdwn(max)]);

const confirm = z.strictObject({
  title: plain(100),
  text: text(300),
  confirm: plain(30),
  deny: plain(30),
  style: z.enum(["primary", "danger"]).optional(),
});
const option = z.strictObject({
  text: text(75),
  value: z.string().min(1).max(75),
  description: text(75).optional(),
  url: z.string().max(3000).optional(),
});
const options = (max: number, min = 1) => z.array(option).min(min).max(max);
const groups = z
  .array(z.strictObject({ label: plain(75), options: options(100) }))
  .min(1)
  .max(100);

const actionable = { action_id: id.optional(), confirm: confirm.optional() };
const focusable = { ...actionable, focus_on_load: z.boolean().optional(), placeholder: plain(150).optional() };
const dispatch = { dispatch_action_config: z.looseObject({}).optional() };
const typed = <T extends string, S extends z.ZodRawShape>(type: T, shape: S) =>
  z.strictObject({ type: z.literal(type), ...shape });
const multi = { ...focusable, max_selected_items: z.number().int().min(1).optional() };
const staticOptions = { options: options(100).optional(), option_groups: groups.optional() };
const inputLength = z.number().int().min(0).max(3000).optional();
const picker = <T extends string>(type: T, initial: z.ZodRawShape) => typed(type, { ...focusable, ...initial });
const image = z.looseObject({ type: z.literal("image"), alt_text: z.string().min(1).max(2000) });

const element = z.discriminatedUnion("type", [
  typed("button", {
    ...actionable,
    text: plain(75),
    value: z.string().max(2000).optional(),
    url: z.string().max(3000).optional(),
    style: z.enum(["primary", "danger"]).optional(),
    accessibility_label: z.string().max(75).optional(),
  }),
  typed("static_select", { ...focusable, ...staticOptions, initial_option: option.optional() }),
  typed("multi_static_select", { ...multi, ...staticOptions, initial_options: options(100).optional() }),
  typed("external_select", {
    ...focusable,
    initial_option: option.optional(),
    min_query_length: z.number().int().min(0).optional(),
  }),
  picker("users_select", { initial_user: z.string().optional() }),
  picker("conversations_select", {
    initial_conversation: z.string().optional(),
    default_to_current_conversation: z.boolean().optional(),
    response_url_enabled: z.boolean().optional(),
    filter: z.looseObject({}).optional(),
  }),
  picker("channels_select", { initial_channel: z.string().optional(), response_url_enabled: z.boolean().optional() }),
  typed("overflow", { ...actionable, options: options(5) }),
  typed("radio_buttons", { ...focusable, options: options(10), initial_option: option.optional() }),
  typed("checkboxes", { ...focusable, options: options(10), initial_options: options(10).optional() }),
  picker("datepicker", { initial_date: z.iso.date().optional() }),
  picker("timepicker", {
    initial_time: z
      .string()
      .regex(/^\d\d:\d\d$/)
      .optional(),
    timezone: z.string().optional(),
  }),
  picker("datetimepicker", { initial_date_time: z.number().int().min(1e9).max(9_999_999_999).optional() }),
  typed("plain_text_input", {
    ...focusable,
    ...dispatch,
    initial_value: z.string().max(3000).optional(),
    multiline: z.boolean().optional(),
    min_length: inputLength,
    max_length: inputLength,
  }),
  typed("number_input", {
    ...focusable,
    ...dispatch,
    is_decimal_allowed: z.boolean(),
    initial_value: z.string().optional(),
    min_value: z.string().optional(),
    max_value: z.string().optional(),
  }),
  typed("email_text_input", { ...focusable, ...dispatch, initial_value: z.string().optional() }),
  typed("url_text_input", { ...focusable, ...dispatch, initial_value: z.string().optional() }),
  image,
]);

const block = <T extends string, S extends z.ZodRawShape>(type: T, shape: S) =>
  typed(type, { block_id: id.optional(), ...shape });
// Newer blocks and rich text: known by name, not looked into.
const knownByName = <T extends string>(type: T) => z.looseObject({ type: z.literal(type), block_id: id.optional() });

const section = block("section", {
  text: text(3000).optional(),
  fields: z.array(text(2000)).min(1).max(10).optional(),
  accessory: element.optional(),
  expand: z.boolean().optional(),
});
const everywhere = [
  section.refine((it) => it.text || it.fields, "must have text or fields"),
  block("header", { text: plain(150) }),
  block("divider", {}),
  block("context", {
    elements: z
      .array(z.discriminatedUnion("type", [plain(3000), mrkdwn(3000), image]))
      .min(1)
      .max(10),
  }),
  block("actions", { elements: z.array(element).min(1).max(25) }),
  block("input", {
    label: plain(2000),
    element,
    hint: plain(2000).optional(),
    optional: z.boolean().optional(),
    dispatch_action: z.boolean().optional(),
  }),
  knownByName("image"),
  knownByName("rich_text"),
  knownByName("video"),
  knownByName("alert"),
] as const;
const messageOnly = [
  block("markdown", { text: z.string().min(1).max(12_000) }),
  knownByName("table"),
  knownByName("data_table"),
  knownByName("file"),
  knownByName("card"),
  knownByName("plan"),
  knownByName("task_card"),
  knownByName("context_actions"),
] as const;

const MessageBlocks = z
  .array(z.discriminatedUnion("type", [...everywhere, ...messageOnly]))
  .max(MAX_MESSAGE_BLOCKS)
  .superRefine(refuseRepeatedIds);
const ViewBlocks = z
  .array(z.discriminatedUnion("type", everywhere))
  .max(MAX_VIEW_BLOCKS)
  .superRefine(refuseRepeatedIds);
const viewShape = {
  blocks: ViewBlocks,
  private_metadata: z.string().max(3000).optional(),
  callback_id: z.string().max(255).optional(),
  external_id: z.string().max(255).optional(),
};
const View = z.discriminatedUnion("type", [
  typed("home", viewShape),
  typed("modal", {
    ...viewShape,
    title: plain(24),
    submit: plain(24).optional(),
    close: plain(24).optional(),
    clear_on_close: z.boolean().optional(),
    notify_on_close: z.boolean().optional(),
    submit_disabled: z.boolean().optional(),
  }).refine((view) => view.submit || !view.blocks.some(({ type }) => type === "input"), {
    message: "submit is required when an input block is within blocks",
    path: ["submit"],
  }),
]);

/** What is wrong with a message's blocks, in the words of Slack's `response_metadata.messages`; empty: nothing. */
export function faultsInBlocks(blocks: unknown): string[] {
  return faults(MessageBlocks.safeParse(blocks), "/blocks");
}

/** The same for a modal or a Home tab, as given to views.* or in a `response_action`. */
export function faultsInView(view: unknown): string[] {
  return faults(View.safeParse(view), "/view");
}

/** The same for the options that a search in a select is answered with. */
export function faultsInOptions(given: unknown): string[] {
  return faults(options(100, 0).safeParse(given), "/options");
}

/** Characters of text in all blocks together, which Slack limits as a whole (MAX_MESSAGE_TEXT_TOTAL). */
export function textTotal(blocks: unknown): number {
  if (Array.isArray(blocks)) return blocks.reduce<number>((sum, item) => sum + textTotal(item), 0);
  if (typeof blocks !== "object" || blocks === null) return 0;
  return Object.entries(blocks).reduce(
    (sum, [key, value]) => sum + (key === "text" && typeof value === "string" ? value.length : textTotal(value)),
    0,
  );
}

function faults(parsed: z.ZodSafeParseResult<unknown>, root: string): string[] {
  if (parsed.success) return [];
  return parsed.error.issues.map(
    ({ message, path }) => `[ERROR] ${message} [json-pointer:${[root, ...path.map(String)].join("/")}]`,
  );
}

type IdentifiedBlock = { block_id?: unknown; elements?: unknown; accessory?: unknown };

function refuseRepeatedIds(blocks: readonly object[], context: z.RefinementCtx): void {
  const blockIds = new Set<unknown>();
  for (const [index, block] of (blocks as IdentifiedBlock[]).entries()) {
    if (block.block_id !== undefined && blockIds.has(block.block_id)) {
      context.addIssue({
        code: "custom",
        message: `block_id already exists: ${block.block_id}`,
        path: [index, "block_id"],
      });
    }
    blockIds.add(block.block_id);
    const actionIds = (Array.isArray(block.elements) ? block.elements : [])
      .map((it: { action_id?: unknown }) => it.action_id)
      .filter((it) => it !== undefined);
    if (new Set(actionIds).size < actionIds.length) {
      context.addIssue({
        code: "custom",
        message: "action_id already exists in this block",
        path: [index, "elements"],
      });
    }
  }
}
