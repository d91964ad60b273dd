import type { types } from "@slack/bolt";
import { LIMITS } from "./block-kit-limits.ts";
import { type ButtonValue, buttonValue } from "./button-value.ts";
import { shorten, shortenLines } from "./shorten.ts";

export type Block = types.KnownBlock;
export type ModalView = types.ModalView;
export type HomeView = types.HomeView;
type Element = types.ActionsBlockElement;

/** `text` is what notifications and screen readers get. */
export interface Message {
  readonly text: string;
  readonly blocks: Block[];
}

export const plain = (text: string, max: number): types.PlainTextElement => ({
  type: "plain_text",
  text: shorten(text, max) || " ", // Slack refuses an empty text
  emoji: false,
});

// verbatim: Slack would otherwise read @here, #channel and bare addresses in what people wrote.
const mrkdwn = (text: string, max: number): types.MrkdwnElement => ({
  type: "mrkdwn",
  text: shorten(text, max) || " ",
  verbatim: true,
});

export const section = (text: string, accessory?: types.Button): Block => ({
  type: "section",
  text: mrkdwn(text, LIMITS.sectionText),
  ...(accessory && { accessory }),
});

/** One section of lines; lines that do not fit are counted. */
export const lines = (...all: (string | null)[]): Block =>
  section(
    shortenLines(
      all.filter((line) => line !== null),
      LIMITS.sectionText,
    ),
  );

export const header = (text: string): Block => ({ type: "header", text: plain(text, LIMITS.headerText) });
export const divider = (): Block => ({ type: "divider" });

export const context = (...texts: string[]): Block => ({
  type: "context",
  elements: texts.slice(0, LIMITS.contextElements).map((text) => mrkdwn(text, LIMITS.contextText)),
});

export interface ButtonOptions {
  readonly style?: "primary" | "danger";
  readonly confirm?: { readonly title: string; readonly text: string; readonly yes: string };
}

export function button(
  label: string,
  actionId: string,
  value: ButtonValue,
  { style, confirm }: ButtonOptions = {},
): types.Button {
  return {
    type: "button",
    text: plain(label, LIMITS.buttonText),
    action_id: actionId,
    value: buttonValue(value),
    ...(style && { style }),
    ...(confirm && {
      confirm: {
        title: plain(confirm.title, LIMITS.confirmTitle),
        text: plain(confirm.text, LIMITS.confirmText),
        confirm: plain(confirm.yes, LIMITS.confirmButton),
        deny: plain("Cancel", LIMITS.confirmButton),
        ...(style && { style }),
      },
    }),
  };
}

/** No block at all where there is no button: Slack refuses an empty one. */
export const actions = (...elements: Element[]): Block[] =>
  elements.length === 0 ? [] : [{ type: "actions", elements: elements.slice(0, LIMITS.actionsElements) }];

/** A message within the limits of blocks and of the whole; what is left out is said. */
export function message(text: string, blocks: readonly Block[]): Message {
  const fallback = shorten(text, LIMITS.fallbackText) || " ";
  const kept: Block[] = [];
  let total = 0;
  for (const block of blocks) {
    total += JSON.stringify(block).length;
    // Buttons stay whatever else must go: without them a card is a dead end.
    const isOver = kept.length >= LIMITS.messageBlocks - 2 || total > LIMITS.messageTotal;
    if (!isOver || block.type === "actions") kept.push(block);
    if (isOver && block.type !== "actions") total -= JSON.stringify(block).length;
  }
  const leftOut = blocks.length - kept.length;
  const said = leftOut === 0 ? [] : [context(`${leftOut} more parts did not fit into one message.`)];
  return { text: fallback, blocks: [...kept, ...said] };
}
