import { faultsInView } from "./block-kit-rules.ts";
import { type FieldValue, fillView } from "./fill-view.ts";
import { interactions, type ViewClick } from "./interact.ts";
import type { LocalSlack } from "./start-local-slack.ts";
import { inputBlockIds, mirrorWorkspace } from "./workspace-mirror.ts";
import {
  type Channel,
  elementsOf,
  type LogEntry,
  type Message,
  type Option,
  optionsOf,
  type View,
} from "./workspace-shapes.ts";

export interface ButtonPlace {
  channel: string;
  ts: string;
  actionId: string;
  blockId?: string;
  /** A button: sent instead of its own value (a forged click). A select or overflow: the option to choose. */
  value?: string;
}
export interface Submitted {
  /** Errors under fields, by block id: the bot's, or those of Slack's client, which then sends nothing. */
  errors?: Record<string, string>;
  /** The modal that is open afterwards; none when it closed. */
  view?: View;
}
export interface ActingPerson {
  /** `/secrets what secret/a`; without a slash in front, the words after `/secrets`. Returns after the bot's ack. */
  command(text: string, where: { channel: string }): Promise<void>;
  /** @returns The new message's ts. */
  message(text: string, where: { channel: string; threadTs?: string }): Promise<string>;
  clickButton(place: ButtonPlace): Promise<void>;
  /** Fields by block id; those left out keep what the modal was opened with. */
  submitView(values?: Record<string, FieldValue>): Promise<Submitted>;
  /** A button or a choice in the modal on top. */
  clickInView(click: ViewClick): Promise<void>;
  /** A button in the Home tab as it stands; of rows that share an id, the one with that value, or the first. */
  clickHome(click: ViewClick): Promise<void>;
  /** What the select of that id offers for what is typed into it, in the modal on top. */
  suggestions(actionId: string, typed: string): Promise<readonly Option[]>;
  /** A global shortcut, which knows no channel. */
  shortcut(callbackId: string): Promise<void>;
  /** A shortcut from the menu of a message. */
  messageShortcut(callbackId: string, message: { channel: string; ts: string }): Promise<void>;
  closeView(): Promise<void>;
  /** @returns The Home tab as it stands; it may still be published a moment later. */
  openHome(): Promise<View | undefined>;
}
export interface SlackDriver {
  as(userId: string): ActingPerson;
  /** What everybody in a channel (or both sides of a DM) sees, thread replies (`thread_ts`) among it, oldest first. */
  messages(channel: string): Promise<Message[]>;
  /** One thread: its root and its replies. */
  thread(channel: string, ts: string): Promise<Message[]>;
  /** What one person alone sees, over all channels, oldest first. */
  ephemerals(userId: string): Promise<Message[]>;
  /** The bot's direct messages with a person; empty before the first. */
  directMessages(userId: string): Promise<Message[]>;
  dmChannel(userId: string): Promise<string | undefined>;
  /** The person's open modals, the one on top last. */
  openViews(userId: string): View[];
  homeView(userId: string): View | undefined;
  /** @throws Error after `timeoutMs`, with the channel's messages. */
  waitForMessage(channel: string, predicate: (message: Message) => boolean, timeoutMs?: number): Promise<Message>;
  waitForEphemeral(userId: string, predicate: (message: Message) => boolean, timeoutMs?: number): Promise<Message>;
  waitForDirectMessage(userId: string, predicate: (message: Message) => boolean, timeoutMs?: number): Promise<Message>;
  /** The open modal of that person, once it fits. */
  waitForView(userId: string, predicate?: (view: View) => boolean, timeoutMs?: number): Promise<View>;
  /** The person's Home tab, once it fits. */
  waitForHome(userId: string, predicate?: (view: View) => boolean, timeoutMs?: number): Promise<View>;
  /** Everything that went to or from the bot, and every state of every message and view, for the canary. */
  log(): { traffic: LogEntry[]; shown: unknown[]; sent: string[] };
  close(): void;
}

const ACK_WITHIN_MS = 5_000; // local-slack waits that long; Slack gives up after 3 s
const WAIT_MS = 10_000;

/** Acts as people in a practice workspace, and sees what they see. One driver at a time: see `openViews`. */
export async function driveSlack(slack: Pick<LocalSlack, "uiUrl" | "sent">): Promise<SlackDriver> {
  const mirror = await mirrorWorkspace(slack.uiUrl);

  const control = async <T>(path: string, body?: object): Promise<T> => {
    const request = body && {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    };
    const answer = await fetch(`${slack.uiUrl}_control/${path}`, request);
    if (!answer.ok) throw new Error(`local-slack refused ${path}: ${await answer.text()}`);
    return (await answer.json()) as T;
  };
  /** Does something that the bot has to acknowledge, and says so when it did not. */
  const acknowledged = async (what: string, act: () => Promise<unknown>): Promise<void> => {
    const [seen, startedAt] = [mirror.log.length, Date.now()];
    await act();
    while (mirror.log.length === seen) await mirror.changed(250); // the answer can overtake the log's line
    const isDropped = mirror.log.slice(seen).some(({ summary }) => summary.startsWith("no socket connection"));
    if (isDropped) throw new Error(`The bot is not connected, so ${what} reached nobody.`);
    if (Date.now() - startedAt >= ACK_WITHIN_MS) throw new Error(`The bot did not acknowledge ${what}.`);
  };
  const channels = async (): Promise<Channel[]> => (await control<{ channels: Channel[] }>("state")).channels;
  const allMessages = async (channel: string): Promise<Message[]> =>
    (await control<{ messages: Message[] }>(`messages/${encodeURIComponent(channel)}`)).messages;
  const messages = async (channel: string): Promise<Message[]> =>
    (await allMessages(channel)).filter(({ ephemeral_to: onlyTo }) => !onlyTo);
  const dmChannel = async (userId: string): Promise<string | undefined> =>
    (await channels()).find(({ is_im: isDm, members }) => isDm && members.includes(userId))?.id;
  const directMessages = async (userId: string): Promise<Message[]> => {
    const channel = await dmChannel(userId);
    return channel ? messages(channel) : [];
  };
  const ephemerals = async (userId: string): Promise<Message[]> => {
    const all = await Promise.all((await channels()).map(({ id }) => allMessages(id)));
    const own = all.flat().filter(({ ephemeral_to: onlyTo }) => onlyTo === userId);
    return own.sort((a, b) => a.ts.localeCompare(b.ts));
  };
  const openViews = (userId: string): View[] => (mirror.modalOwner === userId ? mirror.modalStack : []);

  const waitFor = async <T>(
    what: string,
    look: () => Promise<T[]> | T[],
    fits: (it: T) => boolean,
    timeoutMs = WAIT_MS,
  ) => {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const seen = await look();
      const found = seen.find(fits);
      if (found !== undefined) return found;
      const left = deadline - Date.now();
      if (left <= 0) throw new Error(`No fitting ${what} within ${timeoutMs} ms. Seen: ${JSON.stringify(seen)}`);
      await mirror.changed(Math.min(left, 250));
    }
  };

  const topView = (userId: string): View => {
    const view = openViews(userId).at(-1);
    if (!view)
      throw new Error(`${userId} has no open modal${mirror.modalStack.length > 0 ? "; somebody else has" : ""}.`);
    return view;
  };

  const submitView = async (userId: string, given: Record<string, FieldValue> = {}): Promise<Submitted> => {
    const view = topView(userId);
    if (!view.submit) throw new Error("The open modal has no submit button.");
    const { values, errors } = fillView(view, given);
    if (Object.keys(errors).length > 0) return { errors };
    const [seen, changes] = [mirror.log.length, mirror.viewChanges];
    await acknowledged("the submitted modal", async () => {
      mirror.send({ t: "view_submit", user: userId, values });
      const deadline = Date.now() + ACK_WITHIN_MS;
      const isAcked = () => mirror.log.slice(seen).some(({ kind }) => kind === "ack") && mirror.viewChanges > changes;
      while (!isAcked() && Date.now() < deadline) await mirror.changed(deadline - Date.now());
    });
    refuseWrongAnswer(view, mirror.log.slice(seen).find(({ kind }) => kind === "ack")?.detail);
    const top = openViews(userId).at(-1);
    return { ...(mirror.viewErrors ? { errors: mirror.viewErrors } : {}), ...(top ? { view: top } : {}) };
  };

  const clickButton = async (userId: string, { channel, ts, actionId, blockId, value }: ButtonPlace): Promise<void> => {
    const message = (await allMessages(channel)).find((it) => it.ts === ts);
    if (!message) throw new Error(`No message ${ts} in ${channel}.`);
    if (message.ephemeral_to && message.ephemeral_to !== userId) throw new Error(`${userId} cannot see message ${ts}.`);
    const found = elementsOf(message.blocks ?? []).find(
      ({ block, element }) => element.action_id === actionId && (!blockId || block.block_id === blockId),
    );
    if (!found) throw new Error(`Message ${ts} has no ${actionId}: ${JSON.stringify(message.blocks)}`);
    const { block, element } = found;
    const option = optionsOf(element).find((it) => it.value === value);
    if (element.type !== "button" && !option) throw new Error(`${actionId} offers no "${value}".`);
    const action = {
      type: element.type,
      action_id: actionId,
      block_id: block.block_id ?? `b${(message.blocks ?? []).indexOf(block)}`, // Slack makes one up, too
      ...(option ? { selected_option: option } : { value: value ?? element.value, text: element.text }),
    };
    await acknowledged(`the click on ${actionId}`, () =>
      control("interact", { channel, messageTs: ts, user: userId, action }),
    );
  };

  const { clickInView, clickHome, suggestions, shortcut, messageShortcut } = interactions({
    uiUrl: slack.uiUrl,
    topView,
    homeView: (userId) => mirror.homeViews.get(userId),
    messageOf: async ({ channel, ts }) => (await allMessages(channel)).find((it) => it.ts === ts),
    send: (what, body) => acknowledged(what, () => control("command", body)),
  });

  const as = (user: string): ActingPerson => ({
    clickInView: (click) => clickInView(user, click),
    clickHome: (click) => clickHome(user, click),
    suggestions: (actionId, typed) => suggestions(user, actionId, typed),
    shortcut: (callbackId) => shortcut(user, callbackId),
    messageShortcut: (callbackId, message) => messageShortcut(user, callbackId, message),
    command: (text, { channel }) => {
      const [, command = "/secrets", rest = ""] = /^(\/\S+)?\s*(.*)$/s.exec(text) ?? [];
      const body = { channel, user, command, text: asSlackSends(rest) };
      return acknowledged(`${command} ${rest}`, () => control("command", body));
    },
    message: async (text, { channel, threadTs }) => {
      const body = { channel, user, text: asSlackSends(text), ...(threadTs ? { thread_ts: threadTs } : {}) };
      return (await control<{ message: Message }>("message", body)).message.ts;
    },
    clickButton: (place) => clickButton(user, place),
    submitView: (values) => submitView(user, values),
    closeView: async () => {
      topView(user);
      const changes = mirror.viewChanges;
      mirror.send({ t: "view_close", user });
      while (mirror.viewChanges === changes) await mirror.changed(ACK_WITHIN_MS);
    },
    openHome: async () => {
      await acknowledged("the opened Home tab", () => control("open-home", { user }));
      return mirror.homeViews.get(user);
    },
  });

  return {
    as,
    messages,
    thread: async (channel, ts) => (await messages(channel)).filter((it) => it.ts === ts || it.thread_ts === ts),
    ephemerals,
    directMessages,
    dmChannel,
    openViews,
    homeView: (userId) => mirror.homeViews.get(userId),
    waitForMessage: (channel, fits, ms) => waitFor(`message in ${channel}`, () => messages(channel), fits, ms),
    waitForEphemeral: (userId, fits, ms) => waitFor(`answer to ${userId}`, () => ephemerals(userId), fits, ms),
    waitForDirectMessage: (userId, fits, ms) => waitFor(`DM to ${userId}`, () => directMessages(userId), fits, ms),
    waitForView: (userId, fits = () => true, ms) =>
      waitFor(`modal of ${userId}`, () => openViews(userId).slice(-1), fits, ms),
    waitForHome: (userId, fits = () => true, ms) =>
      waitFor(`Home tab of ${userId}`, () => [mirror.homeViews.get(userId)].flatMap((view) => view ?? []), fits, ms),
    log: () => ({ traffic: mirror.log, shown: mirror.everShown, sent: slack.sent() }),
    close: mirror.close,
  };
}

/** Slack escapes three characters in what people type; local-slack does not. Mentions stay as they are. */
function asSlackSends(text: string): string {
  return text
    .replace(/&/g, "&amp;")
    .replace(/</g, "&lt;")
    .replace(/>/g, "&gt;")
    .replace(/&lt;([@#][A-Z0-9]+)&gt;/g, "<$1>");
}

/** local-slack takes any answer to a submitted modal; Slack shows the person a failure instead. */
function refuseWrongAnswer(view: View, answer: unknown): void {
  const {
    response_action: action,
    errors,
    view: next,
  } = (answer ?? {}) as {
    response_action?: string;
    errors?: Record<string, string>;
    view?: unknown;
  };
  if (action === "errors") {
    const strangers = Object.keys(errors ?? {}).filter((blockId) => !inputBlockIds(view).includes(blockId));
    if (strangers.length > 0)
      throw new Error(`Errors for fields that the modal does not have: ${strangers.join(", ")}.`);
  }
  if (action === "update" || action === "push") {
    const faults = faultsInView(next);
    if (faults.length > 0) throw new Error(`The bot answered with a modal that Slack refuses: ${faults.join("; ")}`);
  }
}
