import { shorten } from "./shorten.ts";

const ESCAPES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };

/**
 * Text from people or Vault made safe for mrkdwn: no mention, link or channel can be written with it.
 * @see https://docs.slack.dev/messaging/formatting-message-text#escaping
 */
export function escapeMrkdwn(text: string): string {
  return text.replace(/[&<>]/g, (character) => ESCAPES[character] ?? character);
}

/**
 * A name in code style, fitted to `max` units in all. Slack has no escape for a backtick and ends the style at a line
 * break, so both are shown by a sign.
 */
export function code(text: string, max = 700): string {
  const safe = escapeMrkdwn(text.replaceAll("`", "ˋ").replace(/\r\n|[\r\n\u2028\u2029]/g, "⏎"));
  return `\`${shorten(safe, max - 2) || " "}\``;
}

/** What a person wrote, as a quotation: every line is marked, so it can't pass for a line of the card. */
export function quote(text: string, max = 1_200): string {
  const lines = shorten(escapeMrkdwn(text), max - 40).split(/\r\n|[\r\n\u2028\u2029]/);
  const shown = lines.length > 12 ? [...lines.slice(0, 12), "…"] : lines;
  return shown.map((line) => `> ${line}`).join("\n");
}

/**
 * What a person typed behind a slash command, as typed: Slack escapes `& < >` and turns `a.example` into
 * `<http://a.example|a.example>`, so a path with a dot would arrive as a link.
 */
export function unescapeCommandText(text: string): string {
  return text
    .replace(/<(?:https?:\/\/|mailto:)[^|>]*\|([^>]*)>/g, "$1")
    .replace(/<((?:https?:\/\/|mailto:)[^|>]*)>/g, "$1")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&amp;", "&");
}
