import type { Block, Element, Message, TextObject, View } from "./workspace-shapes.ts";

/** Names for ids in text: `<@U1>` becomes `@erin`. */
export type NamesById = Readonly<Record<string, string>>;

/** A message as its readers see it, without its author. */
export function renderMessage({ blocks, text }: Pick<Message, "blocks" | "text">, names: NamesById = {}): string {
  return blocks?.length ? renderBlocks(blocks, names) : asRead(text, names);
}

/** A modal or a Home tab, with its title and its two buttons. */
export function renderView({ title, blocks, submit, close }: Omit<View, "id" | "hash">, names: NamesById = {}): string {
  const buttons = [close, submit].flatMap((it) => (it ? [`[${it.text}]`] : []));
  const lines = [title ? `== ${title.text} ==` : "", renderBlocks(blocks, names), buttons.join("  ")];
  return lines.filter((line) => line !== "").join("\n");
}

function renderBlocks(blocks: readonly Block[], names: NamesById): string {
  return blocks
    .map((block) => renderBlock(block, names))
    .filter((lines) => lines !== "")
    .join("\n");
}

const RENDER: Record<string, (block: Block, names: NamesById) => string> = {
  header: ({ text }, names) => `# ${words(text, names)}`,
  divider: () => "----",
  section: ({ text, fields = [], accessory }, names) =>
    [
      words(text, names),
      ...fields.map((field) => `  ${words(field, names).replaceAll("\n", " ")}`),
      accessory ? renderElement(accessory, names) : "",
    ]
      .filter((line) => line !== "")
      .join("\n"),
  context: ({ elements = [] }, names) => `(${elements.map((it) => renderElement(it, names)).join(" · ")})`,
  actions: ({ elements = [] }, names) => elements.map((it) => renderElement(it, names)).join("  "),
  input: ({ label, element, hint, optional }, names) => {
    const field = `${words(label, names)}${optional ? " (optional)" : ""}: ${element ? renderElement(element, names) : ""}`;
    return hint ? `${field}\n  (${words(hint, names)})` : field;
  },
  image: ({ alt_text: alt }) => `[image: ${alt}]`,
  markdown: ({ text }, names) => words(text, names),
  alert: ({ text }, names) => `! ${words(text, names)}`,
};

function renderBlock(block: Block, names: NamesById): string {
  return RENDER[block.type]?.(block, names) ?? `[${block.type}]`;
}

function renderElement(element: Element, names: NamesById): string {
  const { type } = element;
  if (type === "mrkdwn" || type === "plain_text") return words(element as unknown as TextObject, names);
  if (type === "button") return `[${words(element.text, names)}]`;
  if (type === "image") return `[image: ${element.alt_text}]`;
  if (type === "overflow") return `[… ${(element.options ?? []).map((option) => option.text.text).join(" | ")}]`;
  const chosen = [element.initial_option, ...(element.initial_options ?? [])].flatMap((it) =>
    it ? [it.text.text] : [],
  );
  const start = element.initial_value ?? element.initial_date ?? element.initial_time ?? element.initial_user;
  const content = chosen.join(", ") || start || element.placeholder?.text || "";
  return type.endsWith("input") ? `[${content}]` : `[${content} v]`;
}

function words(text: TextObject | string | undefined, names: NamesById): string {
  if (text === undefined) return "";
  if (typeof text === "string") return asRead(text, names);
  return text.type === "plain_text" ? text.text : asRead(text.text, names);
}

/** mrkdwn's references as a reader sees them. Markup for bold and code stays: it reads well as text. */
function asRead(text: string, names: NamesById): string {
  return text
    .replace(/<@([A-Z0-9]+)(?:\|[^>]*)?>/g, (_all, id: string) => `@${names[id] ?? id}`)
    .replace(/<#([A-Z0-9]+)(?:\|[^>]*)?>/g, (_all, id: string) => `#${names[id] ?? id}`)
    .replace(
      /<!subteam\^([A-Z0-9]+)(?:\|@?([^>]*))?>/g,
      (_all, id: string, name?: string) => `@${name ?? names[id] ?? id}`,
    )
    .replace(/<!date\^[^|>]*\|([^>]*)>/g, "$1")
    .replace(/<((?:https?|mailto):[^|>]+)\|([^>]+)>/g, "$2 ($1)")
    .replace(/<((?:https?|mailto):[^>]+)>/g, "$1")
    .replace(/&lt;/g, "<")
    .replace(/&gt;/g, ">")
    .replace(/&amp;/g, "&");
}
