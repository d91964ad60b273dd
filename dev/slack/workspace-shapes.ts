/**
 * What local-slack stores and shows, read loosely: it keeps blocks as the bot sent them and checks nothing
 * (block-kit-rules.ts does). Names are Slack's.
 */
export interface TextObject {
  type: "plain_text" | "mrkdwn";
  text: string;
}
export interface Option {
  text: TextObject;
  value: string;
  description?: TextObject;
}
export interface Element {
  type: string;
  action_id?: string;
  text?: TextObject | string;
  value?: string;
  url?: string;
  style?: string;
  placeholder?: TextObject;
  options?: Option[];
  option_groups?: { label: TextObject; options: Option[] }[];
  initial_value?: string;
  initial_option?: Option;
  initial_options?: Option[];
  initial_date?: string;
  initial_time?: string;
  initial_date_time?: number;
  initial_user?: string;
  initial_conversation?: string;
  min_query_length?: number;
  min_length?: number;
  max_length?: number;
  multiline?: boolean;
  alt_text?: string;
  elements?: Element[];
}
export interface Block {
  type: string;
  block_id?: string;
  text?: TextObject | string;
  fields?: TextObject[];
  accessory?: Element;
  elements?: Element[];
  element?: Element;
  label?: TextObject;
  hint?: TextObject;
  title?: TextObject;
  alt_text?: string;
  optional?: boolean;
}
export interface View {
  id: string;
  type: "modal" | "home";
  callback_id?: string;
  private_metadata?: string;
  title?: TextObject;
  submit?: TextObject;
  close?: TextObject;
  blocks: Block[];
  hash: string;
  notify_on_close?: boolean;
}
export interface Message {
  ts: string;
  channel: string;
  user?: string;
  bot_id?: string;
  text: string;
  blocks?: Block[];
  /** Set on replies alone; the root of a thread carries none. */
  thread_ts?: string;
  /** `ephemeral` for what one person sees; local-slack keeps it among the channel's messages. */
  subtype?: string;
  ephemeral_to?: string;
  edited?: { user: string; ts: string };
}
export interface Channel {
  id: string;
  name: string;
  is_im: boolean;
  members: string[];
}
/** One line of local-slack's traffic log. `detail` is the whole payload. */
export interface LogEntry {
  direction: "to_bot" | "from_bot" | "internal";
  kind: string;
  summary: string;
  detail?: unknown;
}

/** Every interactive element of a message or view, with the block that holds it. */
export function elementsOf(blocks: readonly Block[]): { block: Block; element: Element }[] {
  return blocks.flatMap((block) =>
    [
      ...(block.elements ?? []),
      ...(block.accessory ? [block.accessory] : []),
      ...(block.element ? [block.element] : []),
    ].map((element) => ({ block, element })),
  );
}

/** All options of a select, grouped or not. */
export function optionsOf(element: Element): Option[] {
  return element.options ?? element.option_groups?.flatMap((group) => group.options) ?? [];
}
