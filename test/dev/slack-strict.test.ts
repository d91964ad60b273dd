import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { KnownBlock, View } from "@slack/web-api";
import { LogLevel, WebClient } from "@slack/web-api";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { faultsInBlocks, faultsInView } from "../../dev/slack/block-kit-rules.ts";
import { driveSlack } from "../../dev/slack/drive.ts";
import { type LocalSlack, startLocalSlack } from "../../dev/slack/start-local-slack.ts";

const plain = (text: string) => ({ type: "plain_text", text }) as const;
const mrkdwn = (text: string) => ({ type: "mrkdwn", text }) as const;
const section = (text: string): KnownBlock => ({ type: "section", text: mrkdwn(text) });
const button = (more: object) => ({ type: "button", text: plain("Go"), action_id: "go", ...more });
const actions = (...elements: object[]) => ({ type: "actions", elements });
const many = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, at) => make(at));
const select = (count: number, text = "x") => ({
  type: "static_select",
  action_id: "pick",
  options: many(count, (at) => ({ text: plain(text), value: `v${at}` })),
});
const input = (element: object) => ({ type: "input", block_id: "in", label: plain("Label"), element });
const textInput = (more: object) => ({ type: "plain_text_input", action_id: "a", ...more });
const modal = (more: object = {}) => ({ type: "modal", title: plain("Title"), blocks: [section("x")], ...more });

describe("Slack's limits on blocks", () => {
  it.each<[string, unknown[], unknown[]]>([
    ["50 blocks a message", many(50, () => section("x")), many(51, () => section("x"))],
    ["3,000 characters a section", [section("x".repeat(3000))], [section("x".repeat(3001))]],
    ["some text in a section", [section("x")], [section("")]],
    [
      "10 fields",
      [{ type: "section", fields: many(10, () => mrkdwn("x")) }],
      [{ type: "section", fields: many(11, () => mrkdwn("x")) }],
    ],
    [
      "2,000 characters a field",
      [{ type: "section", fields: [mrkdwn("x".repeat(2000))] }],
      [{ type: "section", fields: [mrkdwn("x".repeat(2001))] }],
    ],
    [
      "150 characters a header",
      [{ type: "header", text: plain("x".repeat(150)) }],
      [{ type: "header", text: plain("x".repeat(151)) }],
    ],
    ["plain text in a header", [{ type: "header", text: plain("x") }], [{ type: "header", text: mrkdwn("x") }]],
    [
      "10 elements in a context",
      [{ type: "context", elements: many(10, () => mrkdwn("x")) }],
      [{ type: "context", elements: many(11, () => mrkdwn("x")) }],
    ],
    [
      "25 elements in actions",
      [actions(...many(25, (at) => button({ action_id: `go${at}` })))],
      [actions(...many(26, (at) => button({ action_id: `go${at}` })))],
    ],
    [
      "75 characters on a button",
      [actions(button({ text: plain("x".repeat(75)) }))],
      [actions(button({ text: plain("x".repeat(76)) }))],
    ],
    [
      "2,000 characters in a button's value",
      [actions(button({ value: "x".repeat(2000) }))],
      [actions(button({ value: "x".repeat(2001) }))],
    ],
    ["100 options", [actions(select(100))], [actions(select(101))]],
    ["75 characters an option", [actions(select(1, "x".repeat(75)))], [actions(select(1, "x".repeat(76)))]],
    [
      "one action id once in a block",
      [actions(button({}), button({ action_id: "stop" }))],
      [actions(button({}), button({}))],
    ],
    [
      "one block id once",
      [
        { ...section("x"), block_id: "a" },
        { ...section("x"), block_id: "b" },
      ],
      [
        { ...section("x"), block_id: "a" },
        { ...section("x"), block_id: "a" },
      ],
    ],
    [
      "255 characters in a block id",
      [{ ...section("x"), block_id: "x".repeat(255) }],
      [{ ...section("x"), block_id: "x".repeat(256) }],
    ],
    ["known types", [{ type: "divider" }], [{ type: "secton" }]],
    ["known fields", [{ type: "divider" }], [{ type: "divider", colour: "red" }]],
    [
      "3,000 characters in a text input",
      [input(textInput({ max_length: 3000 }))],
      [input(textInput({ max_length: 3001 }))],
    ],
  ])("allow %s and no more", (_limit, allowed, refused) => {
    expect(faultsInBlocks(allowed)).toEqual([]);
    expect(faultsInBlocks(refused)).toContainEqual(expect.stringMatching(/^\[ERROR\] .* \[json-pointer:\/blocks/));
  });

  it.each<[string, object, object]>([
    ["24 characters in a title", modal({ title: plain("x".repeat(24)) }), modal({ title: plain("x".repeat(25)) })],
    ["100 blocks", modal({ blocks: many(100, () => section("x")) }), modal({ blocks: many(101, () => section("x")) })],
    [
      "3,000 characters of private metadata",
      modal({ private_metadata: "x".repeat(3000) }),
      modal({ private_metadata: "x".repeat(3001) }),
    ],
    [
      "inputs only with a submit",
      modal({ blocks: [input(textInput({}))], submit: plain("Go") }),
      modal({ blocks: [input(textInput({}))] }),
    ],
  ])("allow a modal %s and no more", (_limit, allowed, refused) => {
    expect(faultsInView(allowed)).toEqual([]);
    expect(faultsInView(refused)).not.toEqual([]);
  });
});

describe("the practice workspace's Web API", () => {
  let runDir: string;
  let slack: LocalSlack;
  let web: WebClient;
  const client = (token: string) =>
    new WebClient(token, { slackApiUrl: slack.apiUrl, retryConfig: { retries: 0 }, logLevel: LogLevel.ERROR });

  beforeAll(async () => {
    runDir = await mkdtemp(join(tmpdir(), "glovebox-slack-"));
    slack = await startLocalSlack({ runDir, logTo: join(runDir, "slack.log"), triggerLifeMs: 1_000 });
    web = client(slack.botToken);
  });
  afterAll(async () => {
    await slack?.stop();
    await rm(runDir, { recursive: true, force: true });
  });
  const post = (more: { text?: string; blocks?: KnownBlock[] }) =>
    web.chat.postMessage({ channel: slack.channels.general, text: "", ...more });

  it.each([
    ["invalid_blocks", { text: "x", blocks: [section("x".repeat(3001))] }],
    ["msg_blocks_too_long", { text: "x", blocks: many(5, () => section("x".repeat(2700))) }],
    ["no_text", {}],
    ["msg_too_long", { text: "x".repeat(40_001) }],
  ])("refuses a message with %s and records it", async (error, message) => {
    await expect(post(message)).rejects.toThrow(error);
    expect(slack.violations().at(-1)).toMatchObject({ method: "chat.postMessage", error });
  });

  it("takes blocks without a fallback text, as Slack does, and records it", async () => {
    expect((await post({ blocks: [section("x")] })).ok).toBe(true);
    expect(slack.violations().at(-1)).toMatchObject({ error: "missing_fallback_text" });
  });

  it("refuses a wrong token, and the bot's token where the app's is needed", async () => {
    await expect(client("xoxb-somebody").auth.test()).rejects.toThrow("invalid_auth");
    await expect(web.apps.connections.open({})).rejects.toThrow("not_allowed_token_type");
    expect((await client(slack.appToken).apps.connections.open({})).url).toMatch(/^ws:/);
  });

  it("refuses an update of a direct message by its user's id, and an ephemeral to a stranger", async () => {
    const { channel = "", ts = "" } = await web.chat.postMessage({ channel: slack.people.engineer.id, text: "hi" });
    const byUser = { channel: slack.people.engineer.id, ts, text: "ho" };
    await expect(web.chat.update(byUser)).rejects.toThrow("channel_not_found");
    expect((await web.chat.update({ ...byUser, channel })).ok).toBe(true);
    const hint = { channel: slack.channels.general, user: "U0STRANGER", text: "psst" };
    await expect(web.chat.postEphemeral(hint)).rejects.toThrow("user_not_in_channel");
  });

  /** Nobody answers commands here, so the trigger is taken from what the workspace would have sent. */
  const trigger = async (): Promise<string> => {
    const drive = await driveSlack(slack);
    const { url = "" } = await client(slack.appToken).apps.connections.open({});
    const socket = new WebSocket(url);
    const command = new Promise<string>((heard) => {
      socket.addEventListener("message", ({ data }) => {
        const envelope = JSON.parse(String(data)) as { envelope_id?: string; payload?: { trigger_id: string } };
        if (!envelope.payload) return;
        socket.send(JSON.stringify({ envelope_id: envelope.envelope_id }));
        heard(envelope.payload.trigger_id);
      });
    });
    await new Promise((opened) => socket.addEventListener("open", opened));
    await drive.as(slack.people.engineer.id).command("/secrets", { channel: slack.channels.general });
    const id = await command;
    socket.close();
    drive.close();
    return id;
  };

  it("takes a trigger_id once, and not after its time", async () => {
    const view = modal() as View;
    const fresh = await trigger();
    expect((await web.views.open({ trigger_id: fresh, view })).ok).toBe(true);
    await expect(web.views.open({ trigger_id: fresh, view })).rejects.toThrow("exchanged_trigger_id");
    const stale = await trigger();
    await delay(1_050);
    await expect(web.views.open({ trigger_id: stale, view })).rejects.toThrow("expired_trigger_id");
    await expect(
      web.views.open({ trigger_id: await trigger(), view: modal({ title: plain("x".repeat(25)) }) as View }),
    ).rejects.toThrow("invalid_arguments");
  });

  it("refuses an update of a view that has changed since", async () => {
    const view = modal() as View;
    const { view: opened } = await web.views.open({ trigger_id: await trigger(), view });
    const update = { view_id: opened?.id ?? "", hash: opened?.hash ?? "", view };
    expect((await web.views.update(update)).ok).toBe(true);
    await expect(web.views.update(update)).rejects.toThrow("hash_conflict");
  });

  it("names the next step where no workspace can be had", async () => {
    const { platform } = process;
    Object.defineProperty(process, "platform", { value: "sunos" });
    const started = startLocalSlack({ runDir, logTo: join(runDir, "other.log") });
    Object.defineProperty(process, "platform", { value: platform });
    await expect(started).rejects.toThrow(/Nothing was started\. Next step:/);
  });
});
