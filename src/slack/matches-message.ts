import type { EntryName } from "../catalog/entry-name.ts";
import type { ShownName } from "../catalog/show-name.ts";
import { ACTION } from "./action-ids.ts";
import { actions, type Block, button, context, type Message, message, section } from "./blocks.ts";
import { code, escapeMrkdwn } from "./escape-mrkdwn.ts";
import { shorten } from "./shorten.ts";

/** Shown at a time. */
export const MATCHES_PER_PAGE = 5;

/** One name in a list: why it is in it, and what tells it from the others. */
export type Match = EntryName & { readonly because?: string; readonly apart?: string };

export interface Matches {
  /** null on the further pages: what was asked is not kept. */
  readonly asked: string | null;
  /** several: they fit what was asked. none: nothing does, and these are the nearest. */
  readonly kind: "several" | "none";
  readonly near: readonly Match[];
  /** Where the list is longer than one page: which part this is, and the id under which the list is kept. */
  readonly page?: { readonly id: string; readonly offset: number; readonly hasMore: boolean };
}

/**
 * The answer where no one secret is meant: names as buttons, with what tells them apart.
 * @param action What a press on a name goes on with: `ask.what` or `ask.migrate`.
 */
export function matchesMessage(
  { asked, kind, near, page }: Matches,
  action: typeof ACTION.askWhat | typeof ACTION.askMigrate,
): Message {
  const offset = page?.offset ?? 0;
  const shown = near.slice(0, MATCHES_PER_PAGE);
  // What all were found by is what was asked.
  const isTelling = new Set(shown.map(({ because }) => because)).size > 1;
  const rows = shown.map(({ because, ...match }) =>
    matchRow({ ...match, ...(isTelling && because && { because }) }, action),
  );
  const hint =
    near.length > 0
      ? "Not among them? Add a word: the application, the environment, a key's name, or the mount."
      : "Check the spelling: mount, then path, as in `secret/team-a/stripe`. A secret made minutes ago may not be in the catalogue yet.";
  return message(kind === "none" ? `No secret named ${code(asked ?? "", 300)}` : "Which secret do you mean?", [
    section(leadOf({ asked, kind, near }, offset)),
    ...rows,
    ...actions(
      ...(page && offset > 0
        ? [button("Back", ACTION.askBack, { id: page.id, version: offset - MATCHES_PER_PAGE })]
        : []),
      ...(page?.hasMore
        ? [button("Show more", ACTION.askMore, { id: page.id, version: offset + MATCHES_PER_PAGE })]
        : []),
      button("Ask support", ACTION.askSupport, { id: "UNKNOWN_PATH", version: 0 }),
    ),
    context(hint),
  ]);
}

function leadOf({ asked, kind, near }: Matches, offset: number): string {
  const none = `I know no secret named ${code(asked ?? "", 400)}, so nothing was looked up.`;
  if (kind === "none") return near.length === 0 ? none : `${none} The nearest names:`;
  const part = offset > 0 ? ` These are ${offset + 1} to ${offset + near.length}.` : "";
  const what = asked === null ? "What you asked for" : code(asked, 400);
  return `${what} fits more than one secret. Which one do you mean?${part}`;
}

export function matchRow(match: Match, action: string): Block {
  const { because, apart, isGone } = match;
  const label = action === ACTION.askMigrate ? "Ask for this one" : "Show";
  const words = [
    nameLine(match),
    apart ? escapeMrkdwn(shorten(apart, 300)) : null,
    because ? `Found by ${escapeMrkdwn(shorten(because, 300))}.` : null,
    isGone ? "Gone from Vault." : null,
  ];
  return section(
    words.filter((line) => line !== null).join("\n"),
    button(label, action, { id: String(match.entryId), version: 0 }),
  );
}

export const nameLine = ({ shown, note }: ShownName): string =>
  `${code(shown, 400)}${note ? `\n_${shorten(escapeMrkdwn(note), 300)}_` : ""}`;

/** What became of one name in a message that holds several. */
export type NamedInText =
  | { readonly kind: "match"; readonly match: Match }
  | { readonly kind: "unknown"; readonly asked: string }
  | { readonly kind: "refused"; readonly asked: string; readonly why: string };

/** The answer to a message that names more than one secret. */
export function namedMessage(named: readonly NamedInText[]): Message {
  const rows = named.map((one): Block => {
    if (one.kind === "match") return matchRow(one.match, ACTION.askWhat);
    if (one.kind === "refused") return section(`${code(one.asked, 300)}\n${one.why}`);
    return section(`${code(one.asked, 300)}\nI know no secret of that name.`);
  });
  return message("The names in this message", [
    section("The names in this message, and what I know of them:"),
    ...rows.slice(0, 10),
    context("Only you can see this. The message itself was not stored."),
  ]);
}

/** For a text that holds a credential: it is not looked up, stored or repeated. */
export function pastedSecretMessage(): Message {
  const text =
    "That text looks like a credential, so I didn't save it or look it up. Delete the message and rotate the credential.";
  return message(text, [
    section(text),
    section(
      "1. Delete the message: others may have read it, and Slack keeps what is not deleted.\n2. Rotate it where it was issued: what was pasted counts as known.\n3. Ask me by the secret's path instead, as in `/secrets what secret/team-a/stripe`.",
    ),
    ...actions(
      button("Why?", ACTION.askWhy, { id: "LOOKS_LIKE_SECRET", version: 0 }),
      button("Ask support", ACTION.askSupport, { id: "LOOKS_LIKE_SECRET", version: 0 }),
    ),
  ]);
}

/** Nothing in a message reads like a name. */
export function nothingNamedMessage(): Message {
  const text = "I found no name of a secret in this message, so nothing was looked up.";
  return message(text, [
    section(`${text} I look for paths such as \`secret/team-a/stripe\` and for ARNs.`),
    ...actions(button("Find a secret", ACTION.menuFind, { id: "menu", version: 0 })),
  ]);
}
