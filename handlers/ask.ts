import type { App } from "@slack/bolt";
import { closest, distance } from "fastest-levenshtein";
import type { EntryDescription } from "../src/catalog/describe-entry.ts";
import type { FindResult } from "../src/catalog/find-entries.ts";
import { PathHiddenError } from "../src/catalog/visibility.ts";
import type { RequestState } from "../src/migration/request-state.ts";
import { ACTION, CALLBACK, INPUT, SECRETS_COMMAND } from "../src/slack/action-ids.ts";
import type { Message } from "../src/slack/blocks.ts";
import { unescapeCommandText } from "../src/slack/escape-mrkdwn.ts";
import { findModal } from "../src/slack/find-modal.ts";
import { readInputs } from "../src/slack/inputs.ts";
import { helpMessage, menuMessage, unknownVerbMessage, VERBS } from "../src/slack/menu-message.ts";
import { whyMessage } from "../src/slack/refusal-message.ts";
import { requestCard } from "../src/slack/request-card.ts";
import { myRequestsMessage, noRequestMessage } from "../src/slack/status-message.ts";
import type { ViewSettings } from "../src/slack/view-settings.ts";
import { nearestMessage, whatMessage } from "../src/slack/what-message.ts";
import { onClick } from "./clicks.ts";
import { answerProgress, type ProgressDeps, registerProgress } from "./progress.ts";
import { privately, type Reporting, report } from "./reporting.ts";

export interface AskDeps extends Reporting, ProgressDeps {
  readonly settings: ViewSettings;
  findEntries(text: string): Promise<FindResult>;
  describeEntry(entryId: number): Promise<EntryDescription>;
  loadRequestState(requestId: string): Promise<RequestState | null>;
  /** For what is offered only: at the click it is asked again. */
  isApprover(userId: string): Promise<boolean>;
  /** Newest first. */
  listRequestStates(filter: { requester: string }): Promise<readonly RequestState[]>;
}

/** What a command hands to the verb `migrate`, which opens a modal and so needs the trigger. */
export interface MigrateAsk {
  readonly text: string;
  readonly userId: string;
  readonly triggerId: string;
  answer(message: Message): Promise<unknown>;
}

interface Asked {
  readonly text: string;
  readonly userId: string;
}

/** `/secrets` and the questions behind it: menu, help, what, status; and the buttons of their answers. */
export function registerAsk(app: App, deps: AskDeps, migrate: (ask: MigrateAsk) => Promise<unknown>): void {
  const answers: Record<string, (asked: Asked) => Promise<Message>> = {
    "": async () => menuMessage(),
    help: async ({ text }) => helpMessage(text.trim().toLowerCase() || null),
    what: ({ text }) => answerWhat(deps, text),
    status: (asked) => answerStatus(deps, asked),
    progress: () => answerProgress(deps),
  };

  app.command(SECRETS_COMMAND, async ({ ack, command, respond }) => {
    await ack(); // Slack gives up after 3 s, so nothing that can wait comes before this line.
    const { user_id: userId, trigger_id: triggerId } = command;
    const answer = privately(respond, deps.desk, userId);
    await report(deps, { id: triggerId, kind: "command", actor: userId, answer }, async () => {
      const { verb, text } = readCommand(command.text);
      if (verb === "migrate") return migrate({ text, userId, triggerId, answer });
      const answerTo = answers[verb];
      return answer(answerTo ? await answerTo({ text, userId }) : unknownVerbMessage(verb, nearestVerb(verb)));
    });
  });

  onClick(app, deps, ACTION.menuHelp, ({ answer }) => answer(helpMessage()));
  onClick(app, deps, ACTION.menuMine, async ({ answer, userId }) =>
    answer(await answerStatus(deps, { text: "", userId })),
  );
  onClick(app, deps, ACTION.menuFind, ({ triggerId }) => deps.desk.openView(triggerId, findModal()));
  onClick(app, deps, ACTION.askWhy, ({ answer, value }) => answer(whyMessage(value.id)));
  onClick(app, deps, ACTION.askWhat, async ({ answer, value }) => answer(await whatOf(deps, Number(value.id))));
  onClick(app, deps, ACTION.askShare, async ({ share, value, userId }) =>
    share(await whatOf(deps, Number(value.id), userId)),
  );
  registerFind(app, deps);
  registerProgress(app, deps);
}

/** A modal has no place to answer in, so what was found comes by DM. */
function registerFind(app: App, deps: AskDeps): void {
  app.view({ callback_id: CALLBACK.find, type: "view_submission" }, async ({ ack, body, view }) => {
    await ack();
    const actor = body.user.id;
    const answer = privately(undefined, deps.desk, actor);
    await report(deps, { id: `${view.id}:${view.hash}`, kind: "view ask.find", actor, answer }, async () =>
      answer(await answerWhat(deps, readInputs(view).get(INPUT.secret) ?? "")),
    );
  });
}

/**
 * Takes the verb off. What follows stays as typed: blanks may belong to a name. A path without a verb asks what it is.
 */
export function readCommand(typed: string): { verb: string; text: string } {
  const plain = unescapeCommandText(typed);
  const [, word = "", text = ""] = /^\s*(\S*)\s?([\s\S]*)$/.exec(plain) ?? [];
  const verb = word.toLowerCase();
  return word.includes("/") && !VERBS.some((known) => known.verb === verb)
    ? { verb: "what", text: plain }
    : { verb, text };
}

function nearestVerb(word: string): string | null {
  const nearest = closest(
    word,
    VERBS.map(({ verb }) => verb),
  );
  return distance(word, nearest) <= 2 ? nearest : null;
}

async function answerWhat(deps: AskDeps, text: string): Promise<Message> {
  if (text.trim() === "") return helpMessage("what");
  const found = await deps.findEntries(text);
  if (found.kind === "hidden") throw new PathHiddenError(found.rule);
  return found.kind === "one" ? whatOf(deps, found.entry.entryId) : nearestMessage(text, found, ACTION.askWhat);
}

async function whatOf({ describeEntry, loadRequestState, settings }: AskDeps, entryId: number, sharedBy?: string) {
  const entry = await describeEntry(entryId);
  const request = entry.requestId === null ? null : await loadRequestState(entry.requestId);
  return whatMessage({ entry, request, settings, ...(sharedBy !== undefined && { sharedBy }) });
}

async function answerStatus(deps: AskDeps, { text, userId }: Asked): Promise<Message> {
  const { settings, now } = deps;
  const asked = text.trim();
  if (asked === "") return myRequestsMessage(await deps.listRequestStates({ requester: userId }), now());
  const numbered = /^rq-\d+$/i.test(asked) ? await deps.loadRequestState(asked.toUpperCase()) : null;
  if (numbered) return requestCard(numbered, { audience: await audienceOf(deps, numbered, userId), settings });
  const found = await deps.findEntries(text);
  if (found.kind === "hidden") throw new PathHiddenError(found.rule);
  if (found.kind !== "one") return nearestMessage(asked, found, ACTION.askWhat);
  const entry = await deps.describeEntry(found.entry.entryId);
  const request = entry.requestId === null ? null : await deps.loadRequestState(entry.requestId);
  if (!request) return noRequestMessage(entry, settings.limits);
  return requestCard(request, { audience: await audienceOf(deps, request, userId), settings });
}

/** What moved with a batch has no card in the channel, so whoever may undo it finds the button here. */
async function audienceOf({ isApprover }: AskDeps, { requester, status }: RequestState, userId: string) {
  if (requester === userId) return "requester";
  const mayUndo = status === "migrated" && (await isApprover(userId).catch(() => false));
  return mayUndo ? "approvers" : "anyone";
}
