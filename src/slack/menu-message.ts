import { ACTION } from "./action-ids.ts";
import { actions, type Block, button, context, header, lines, type Message, message, section } from "./blocks.ts";
import { code } from "./escape-mrkdwn.ts";

const NOTHING = { id: "menu", version: 0 };

export const menuButtons = (): Block[] =>
  actions(
    button("Find a secret", ACTION.menuFind, NOTHING),
    button("Ask for a migration", ACTION.menuMigrate, NOTHING),
    button("My requests", ACTION.menuMine, NOTHING),
    button("Help", ACTION.menuHelp, NOTHING),
  );

/** The answer to a bare `/secrets`. */
export const menuMessage = (): Message =>
  message("Secrets: what would you like to do?", [
    header("Secrets"),
    section(
      "I tell you what a secret in Vault is and whose, and move it to AWS Secrets Manager once a second person approved.",
    ),
    ...menuButtons(),
    context("Never paste a secret's value here. I only ever need its path."),
  ]);

interface Verb {
  readonly verb: string;
  readonly usage: string;
  readonly does: string;
  readonly more: string;
}

export const VERBS: readonly Verb[] = [
  {
    verb: "what",
    usage: "/secrets what <anything>",
    does: "what a secret is, who reads it, whose it is, what happens next",
    more: "By its path (`secret/team-a/stripe`), an ARN or a name in AWS, a key's name, or in words: `the stripe key of checkout in prod`. You can also write to me, mention me, or use the shortcuts *Find a secret* and, in a message's menu, *What secret is this?*. Only you see the answer until you share it.",
  },
  {
    verb: "migrate",
    usage: "/secrets migrate <path> [--versions N]",
    does: "ask for a move to AWS Secrets Manager",
    more: "A form opens with suggestions for you to correct. Nothing moves before someone else has approved. Without a path, the form asks for it. With `--versions 3`, the three versions before the current one go along.",
  },
  {
    verb: "status",
    usage: "/secrets status [path or RQ-…]",
    does: "your requests, or how far one has got",
    more: "Without a path: your requests. With a path or a request's number: that one, and its next step.",
  },
  {
    verb: "progress",
    usage: "/secrets progress",
    does: "how far the whole move is, by lane, state and team",
    more: "Counts alone, and no name of a secret. The lane says how much a move asks of people: standard by request and approval, complex where somebody must decide how, white-glove with support's help.",
  },
  { verb: "help", usage: "/secrets help [command]", does: "this list", more: "With a command, what it does in full." },
];

/** `/secrets help`, and with a verb that one in full. */
export function helpMessage(verb: string | null = null): Message {
  const one = VERBS.find((candidate) => candidate.verb === verb);
  if (one) return message(`Help: ${one.verb}`, [section(`${code(one.usage)}\n${one.more}`)]);
  return message("What you can ask of /secrets", [
    section("*What you can ask*"),
    lines(...VERBS.map(({ usage, does }) => `${code(usage)}  ${does}`)),
    context("Answers are visible to you alone. Never paste a secret's value here. I only ever need its path."),
    ...menuButtons(),
  ]);
}

/** For a word that is no command. @param nearest The command that was probably meant. */
export function unknownVerbMessage(word: string, nearest: string | null): Message {
  const meant = nearest === null ? "" : ` Did you mean ${code(`/secrets ${nearest}`)}?`;
  const { blocks } = helpMessage();
  return message("I do not know that command", [
    section(`I do not know ${code(word, 200)}, so nothing was done.${meant}`),
    ...blocks,
  ]);
}
