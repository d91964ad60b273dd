import { randomUUID } from "node:crypto";
import { faultsInOptions } from "./block-kit-rules.ts";
import { fillView } from "./fill-view.ts";
import { INTERACTION_COMMAND } from "./interactive-envelopes.ts";
import { ANSWERS } from "./missing-methods-proxy.ts";
import { CHANNELS } from "./practice-workspace.ts";
import { elementsOf, type Message, type Option, optionsOf, type View } from "./workspace-shapes.ts";

/** A button, with its own value unless another is given (forged), or an option of a select. */
export interface ViewClick {
  readonly actionId: string;
  readonly value?: string;
  readonly option?: Option;
}

interface Workspace {
  readonly uiUrl: string;
  topView(userId: string): View;
  homeView(userId: string): View | undefined;
  messageOf(place: { channel: string; ts: string }): Promise<Message | undefined>;
  /** Sends a command of local-slack's, and returns when the bot has acknowledged it. */
  send(what: string, body: object): Promise<void>;
}

const SUGGESTIONS_WITHIN_MS = 3_000;

/** What Slack's client can do and local-slack can't: shortcuts, choosing from a search, and buttons in modals. */
export function interactions({ uiUrl, topView, homeView, messageOf, send }: Workspace) {
  const interact = async (user: string, what: string, payload: object, channel: string = CHANNELS.general) => {
    const id = randomUUID();
    const text = JSON.stringify({ id, payload });
    await send(what, { channel, user, command: INTERACTION_COMMAND, text });
    const answered = await fetch(new URL(ANSWERS.slice(1) + id, uiUrl));
    if (!answered.ok) throw new Error(`The bot did not acknowledge ${what}.`);
    return (await answered.json()) as { payload?: unknown };
  };
  const inView = (view: View) => ({ view, container: { type: "view", view_id: view.id } });

  const clickIn = async (user: string, view: View, { actionId, value, option }: ViewClick): Promise<void> => {
    const all = elementsOf(view.blocks).filter(({ element }) => element.action_id === actionId);
    const found = all.find(({ element }) => element.value === value) ?? all[0]; // rows share an action
    if (!found) throw new Error(`The ${view.type} has no ${actionId}: ${JSON.stringify(view.blocks)}`);
    const { block, element } = found;
    const chosen = option ?? (value === undefined ? undefined : optionsOf(element).find((it) => it.value === value));
    const action = {
      ...{ type: element.type, action_id: actionId, block_id: block.block_id ?? "" },
      ...(element.type === "button"
        ? { value: value ?? element.value, text: element.text }
        : { selected_option: chosen }),
    };
    const { values } = fillView(view, {});
    if (chosen && block.block_id)
      values[block.block_id] = { [actionId]: { type: element.type, selected_option: chosen } };
    const shown = { ...view, state: { values } };
    await interact(user, `the click on ${actionId}`, { type: "block_actions", ...inView(shown), actions: [action] });
  };

  return {
    clickInView: (user: string, click: ViewClick): Promise<void> => clickIn(user, topView(user), click),
    clickHome: async (user: string, click: ViewClick): Promise<void> => {
      const view = homeView(user);
      if (!view) throw new Error(`${user} has not opened the Home tab.`);
      await clickIn(user, view, click);
    },
    suggestions: async (user: string, actionId: string, typed: string): Promise<readonly Option[]> => {
      const view = topView(user);
      const found = elementsOf(view.blocks).find(({ element }) => element.action_id === actionId);
      if (found?.element.type !== "external_select")
        throw new Error(`The open modal has no search called ${actionId}.`);
      if (typed.length < (found.element.min_query_length ?? 3)) return []; // Slack does not ask
      const startedAt = Date.now();
      const asked = { action_id: actionId, block_id: found.block.block_id ?? "", value: typed };
      const { payload } = await interact(user, `the search for ${typed}`, {
        type: "block_suggestion",
        ...inView(view),
        ...asked,
      });
      if (Date.now() - startedAt > SUGGESTIONS_WITHIN_MS)
        throw new Error("The suggestions came later than Slack waits.");
      const { options = [] } = (payload ?? {}) as { options?: Option[] };
      const faults = faultsInOptions(options);
      if (faults.length > 0) throw new Error(`The bot offers what Slack refuses: ${faults.join("; ")}`);
      return options;
    },
    shortcut: async (user: string, callbackId: string): Promise<void> => {
      await interact(user, `the shortcut ${callbackId}`, {
        type: "shortcut",
        callback_id: callbackId,
        action_ts: `${Date.now() / 1_000}`,
      });
    },
    messageShortcut: async (
      user: string,
      callbackId: string,
      place: { channel: string; ts: string },
    ): Promise<void> => {
      const message = await messageOf(place);
      if (!message) throw new Error(`No message ${place.ts} in ${place.channel}.`);
      if (message.ephemeral_to) throw new Error("Slack offers no shortcuts on what one person alone sees.");
      await interact(
        user,
        `the message shortcut ${callbackId}`,
        {
          type: "message_action",
          ...{ callback_id: callbackId, action_ts: `${Date.now() / 1_000}`, message_ts: place.ts },
          ...{ channel: { id: place.channel, name: "a-channel" }, message },
        },
        place.channel,
      );
    },
  };
}
