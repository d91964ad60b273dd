import { setTimeout as delay } from "node:timers/promises";
import type { App, BlockAction, MessageShortcut } from "@slack/bolt";
import { looksLikeSecret } from "../src/approvals/looks-like-secret.ts";
import type { EntryName } from "../src/catalog/entry-name.ts";
import { namesInText } from "../src/catalog/names-in-text.ts";
import { CALLBACK, INPUT, SHORTCUT } from "../src/slack/action-ids.ts";
import type { Message } from "../src/slack/blocks.ts";
import { unescapeCommandText } from "../src/slack/escape-mrkdwn.ts";
import { findModal, findOption } from "../src/slack/find-modal.ts";
import { readInputs } from "../src/slack/inputs.ts";
import { nothingNamedMessage, pastedSecretMessage } from "../src/slack/matches-message.ts";
import { answerBlocks } from "../src/slack/what-message.ts";
import { type AnswerDeps, answerNames, answerWhat, viewOf } from "./answering.ts";
import { describeFailure, explainFailures } from "./explain-failures.ts";
import { privately, report } from "./reporting.ts";

// Slack waits 3 s for suggestions, and shows an error in the select after that.
const SUGGEST_WITHIN_MS = 2_000;
const SUGGESTIONS = 20;

/** "Find a secret" from anywhere, and "What secret is this?" from a message's menu. */
export function registerShortcuts(app: App, deps: AnswerDeps): void {
  app.shortcut({ callback_id: SHORTCUT.find, type: "shortcut" }, async ({ ack, shortcut }) => {
    await ack();
    const actor = shortcut.user.id;
    const answer = privately(undefined, deps.desk, actor);
    await report(deps, { id: shortcut.trigger_id, kind: "shortcut find", actor, answer }, () =>
      deps.desk.openView(shortcut.trigger_id, findModal()),
    );
  });
  app.shortcut<MessageShortcut>(
    { callback_id: SHORTCUT.what, type: "message_action" },
    async ({ ack, shortcut, respond }) => {
      await ack();
      const actor = shortcut.user.id;
      const answer = privately(respond, deps.desk, actor);
      await report(deps, { id: shortcut.trigger_id, kind: "shortcut what", actor, answer }, async () =>
        answer(await answerMessage(deps, shortcut.message.text ?? "", actor)),
      );
    },
  );
  registerSearch(app, deps);
}

/** What a message names, and nothing else of it: a value in it is not looked up, stored or repeated. */
async function answerMessage(deps: AnswerDeps, typed: string, userId: string): Promise<Message> {
  const text = unescapeCommandText(typed);
  if (looksLikeSecret(text)) return pastedSecretMessage();
  const names = namesInText(text);
  if (names.length > 0) return answerNames(deps, { names, viewer: await deps.viewerOf(userId), userId });
  const words = text.trim();
  return words.length > 0 && words.length <= 120 ? answerWhat(deps, { text: words, userId }) : nothingNamedMessage();
}

/** The modal's search: names while somebody types, and the card below it once one is chosen. */
function registerSearch(app: App, deps: AnswerDeps): void {
  app.options<"block_suggestion">(
    { action_id: INPUT.find, type: "block_suggestion" },
    async ({ ack, payload, body }) => {
      const searching = suggest(deps, payload.value, body.user.id).catch((error: unknown) => {
        deps.log.warn(describeFailure(error), "a search in a select failed");
        return [];
      });
      const found = await Promise.race([searching, delay(SUGGEST_WITHIN_MS, [])]);
      await ack({ options: found });
    },
  );
  app.action<BlockAction>({ action_id: INPUT.find, type: "block_actions" }, async ({ ack, body }) => {
    await ack();
    if (body.view) await showChosen(deps, body.view, body.user.id);
  });
  app.view({ callback_id: CALLBACK.find, type: "view_submission" }, async ({ ack, body, view }) => {
    // Stays open: the card is drawn into it.
    await ack({ response_action: "update", view: findModal("Looking it up …") });
    await showChosen(deps, view, body.user.id);
  });
}

async function suggest(deps: AnswerDeps, typed: string, userId: string) {
  if (typed.trim() === "" || looksLikeSecret(typed)) return [];
  const viewer = await deps.viewerOf(userId);
  const [found, { hits }] = await Promise.all([
    deps.findEntries(typed, viewer),
    deps.searchEntries({ text: typed, limit: SUGGESTIONS }, viewer),
  ]);
  const exact: readonly EntryName[] = found.kind === "one" ? [found.entry] : found.kind === "hidden" ? [] : found.near;
  const apartOf = new Map(hits.map(({ entryId, apart }) => [entryId, apart]));
  const unique = new Map([...exact, ...hits].map((hit) => [hit.entryId, hit]));
  return [...unique.values()].slice(0, SUGGESTIONS).map((hit) => findOption(hit, apartOf.get(hit.entryId) ?? ""));
}

async function showChosen(
  deps: AnswerDeps,
  view: { readonly id: string; readonly state: { readonly values: unknown } },
  userId: string,
): Promise<void> {
  const show = (outcome: Parameters<typeof findModal>[0]) => deps.desk.updateView(view.id, findModal(outcome));
  await explainFailures({ log: deps.log, answer: ({ text }) => show(text) }, async () => {
    const chosen = Number(readInputs(view).get(INPUT.find));
    const card = await viewOf(deps, chosen, await deps.viewerOf(userId));
    await show(answerBlocks({ ...card, isApart: true }));
  });
}
