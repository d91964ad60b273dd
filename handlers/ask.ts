import type { App } from "@slack/bolt";
import { closest, distance } from "fastest-levenshtein";
import type { EntryDescription } from "../src/catalog/describe-entry.ts";
import { PathHiddenError, type Viewer } from "../src/catalog/visibility.ts";
import { laneOfEntry } from "../src/migration/lanes/lane-of-entry.ts";
import type { RequestState } from "../src/migration/request-state.ts";
import { ACTION, SECRETS_COMMAND } from "../src/slack/action-ids.ts";
import type { Message } from "../src/slack/blocks.ts";
import { unescapeCommandText } from "../src/slack/escape-mrkdwn.ts";
import { findModal } from "../src/slack/find-modal.ts";
import { matchesMessage } from "../src/slack/matches-message.ts";
import { helpMessage, menuMessage, unknownVerbMessage, VERBS } from "../src/slack/menu-message.ts";
import { shortMessage, whyMessage } from "../src/slack/refusal-message.ts";
import { requestCard } from "../src/slack/request-card.ts";
import { secretDetails } from "../src/slack/secret-details.ts";
import { myRequestsMessage, noRequestMessage } from "../src/slack/status-message.ts";
import { type AnswerDeps, type Asked, answerPage, answerWhat, cardOf, viewOf } from "./answering.ts";
import { type Click, onClick } from "./clicks.ts";
import { maySee } from "./may-see.ts";
import { answerProgress, type ProgressDeps, registerProgress } from "./progress.ts";
import { privately, report } from "./reporting.ts";

export interface AskDeps extends AnswerDeps, ProgressDeps {
  /** @throws {NotForEverybodyError} A rule keeps the path to some, and a channel is read by others, too. */
  assertShareable(fullPath: string): void;
  /** For what is offered only: at the click it is asked again. */
  isApprover(userId: string): Promise<boolean>;
  describeEntry(entryId: number, viewer: Viewer): Promise<EntryDescription>;
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

/** `/secrets` and the questions behind it: menu, help, what, status; and the buttons of their answers. */
export function registerAsk(app: App, deps: AskDeps, migrate: (ask: MigrateAsk) => Promise<unknown>): void {
  const answers: Record<string, (asked: Asked) => Promise<Message>> = {
    "": async () => menuMessage(),
    help: async ({ text }) => helpMessage(text.trim().toLowerCase() || null),
    what: (asked) => answerWhat(deps, asked),
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
  registerCardButtons(app, deps);
  registerProgress(app, deps);
}

/** The buttons of the card and of the list of names. */
function registerCardButtons(app: App, deps: AskDeps): void {
  onClick(app, deps, ACTION.askWhat, async ({ answer, value, userId, channel }) =>
    answer(await cardOf(deps, Number(value.id), await deps.viewerOf(userId), placeOf(channel))),
  );
  onClick(app, deps, ACTION.askDetails, async ({ answer, value, userId }) => {
    const view = await viewOf(deps, Number(value.id), await deps.viewerOf(userId));
    await answer(secretDetails(view.answer, view.request, deps.settings));
  });
  for (const actionId of [ACTION.askMore, ACTION.askBack]) {
    onClick(app, deps, actionId, async ({ redraw, value, userId }) => {
      const page = await answerPage(deps, { id: value.id, offset: value.version, userId });
      await redraw(page ?? shortMessage("I no longer remember that list, so nothing was looked up. Ask again."));
    });
  }
  onClick(app, deps, ACTION.askShare, async ({ share, value, userId }) => {
    const view = await viewOf(deps, Number(value.id), await deps.viewerOf(userId));
    deps.assertShareable(view.answer.entry.fullPath);
    const everybody = await deps.viewerOf(EVERYBODY);
    await share(await cardOf(deps, Number(value.id), everybody, { sharedBy: userId }));
  });
}

/** Nobody's Slack id: what is shared shows no more than what somebody in no group may see. */
const EVERYBODY = "";

/** A direct message has nobody to share with. */
export const placeOf = (channel: Click["channel"]): { isApart: boolean } => ({
  isApart: channel === null || channel.startsWith("D"),
});

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

export async function answerStatus(deps: AskDeps, { text, userId }: Asked): Promise<Message> {
  const { now } = deps;
  const asked = text.trim();
  if (asked === "") return myRequestsMessage(await deps.listRequestStates({ requester: userId }), now());
  const viewer = await deps.viewerOf(userId);
  const numbered = /^rq-\d+$/i.test(asked) ? await deps.loadRequestState(asked.toUpperCase()) : null;
  // A request of a hidden path is answered like a number that nobody has.
  if (numbered && (await maySee(deps, numbered, userId))) return statusCard(deps, numbered, userId);
  const found = await deps.findEntries(text, viewer);
  if (found.kind === "hidden") throw new PathHiddenError(found.rule);
  if (found.kind !== "one") return matchesMessage({ asked, kind: found.kind, near: found.near }, ACTION.askWhat);
  const entry = await deps.describeEntry(found.entry.entryId, viewer);
  const request = entry.requestId === null ? null : await deps.loadRequestState(entry.requestId);
  if (request) return statusCard(deps, request, userId);
  return noRequestMessage(entry, laneOfEntry(entry, deps.settings.limits));
}

async function statusCard(deps: AskDeps, request: RequestState, userId: string): Promise<Message> {
  return requestCard(request, { audience: await audienceOf(deps, request, userId), settings: deps.settings });
}

/** What moved with a batch has no card in the channel, so whoever may undo it finds the button here. */
async function audienceOf({ isApprover }: AskDeps, { requester, status }: RequestState, userId: string) {
  if (requester === userId) return "requester";
  const mayUndo = status === "migrated" && (await isApprover(userId).catch(() => false));
  return mayUndo ? "approvers" : "anyone";
}
