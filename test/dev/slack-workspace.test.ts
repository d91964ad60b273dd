import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App, LogLevel } from "@slack/bolt";
import { WebClient } from "@slack/web-api";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { driveSlack, type SlackDriver } from "../../dev/slack/drive.ts";
import { type LocalSlack, startLocalSlack } from "../../dev/slack/start-local-slack.ts";

const button = (actionId: string, value: string) =>
  ({ type: "button", text: { type: "plain_text", text: "Approve" }, action_id: actionId, value }) as const;
const modal = (title: string) => ({
  type: "modal" as const,
  callback_id: "req.new",
  title: { type: "plain_text" as const, text: title },
  submit: { type: "plain_text" as const, text: "Ask" },
  close: { type: "plain_text" as const, text: "Cancel" },
  notify_on_close: true,
  blocks: [
    {
      type: "input" as const,
      block_id: "reason",
      label: { type: "plain_text" as const, text: "Reason" },
      element: { type: "plain_text_input" as const, action_id: "reason", initial_value: "move it", max_length: 20 },
    },
    {
      type: "input" as const,
      block_id: "env",
      label: { type: "plain_text" as const, text: "Environment" },
      element: {
        type: "static_select" as const,
        action_id: "env",
        initial_option: option("prod"),
        options: [option("prod"), option("test")],
      },
    },
  ],
});
function option(value: string) {
  return { text: { type: "plain_text" as const, text: value.toUpperCase() }, value };
}

let runDir: string;
let slack: LocalSlack;
let bolt: App;
let drive: SlackDriver;
let web: WebClient;
const heard: string[] = [];

beforeAll(async () => {
  runDir = await mkdtemp(join(tmpdir(), "glovebox-slack-"));
  slack = await startLocalSlack({ runDir, logTo: join(runDir, "slack.log") });
  const clientOptions = { slackApiUrl: slack.apiUrl, retryConfig: { retries: 0 }, rejectRateLimitedCalls: true };
  web = new WebClient(slack.botToken, { ...clientOptions, logLevel: LogLevel.ERROR });
  bolt = new App({
    token: slack.botToken,
    appToken: slack.appToken,
    socketMode: true,
    logLevel: LogLevel.ERROR,
    clientOptions,
  });
  bolt.command("/secrets", async ({ ack, command, respond, client }) => {
    await ack();
    heard.push(command.text);
    if (command.text === "modal") await client.views.open({ trigger_id: command.trigger_id, view: modal("Ask") });
    else await respond({ text: `You said ${command.text}` });
  });
  bolt.action("appr.approve", async ({ ack, action, body, client }) => {
    await ack();
    const place = body as unknown as { channel: { id: string }; message: { ts: string } };
    await client.chat.update({ channel: place.channel.id, ts: place.message.ts, text: "Approved", blocks: [] });
    heard.push(`approve ${"value" in action ? action.value : ""}`);
  });
  bolt.view("req.new", async ({ ack, view, body, client }) => {
    const { reason, env } = view.state.values;
    const words = `${reason?.reason?.value} to ${env?.env?.selected_option?.value}`;
    if (words.startsWith("bad")) {
      await ack({ response_action: "errors", errors: { reason: "Say more." } });
      return;
    }
    await ack();
    heard.push(words);
    await client.chat.postMessage({ channel: body.user.id, text: `Saved: ${words}` });
  });
  bolt.view({ callback_id: "req.new", type: "view_closed" }, async ({ ack }) => {
    await ack();
    heard.push("closed");
  });
  bolt.event("app_home_opened", async ({ event, client }) => {
    const blocks = [{ type: "header" as const, text: { type: "plain_text" as const, text: "Home" } }];
    await client.views.publish({ user_id: event.user, view: { type: "home", blocks } });
  });
  bolt.message(async ({ message, client }) => {
    const { thread_ts: thread, text = "" } = message as { thread_ts?: string; text?: string };
    if (thread) await client.chat.postMessage({ channel: message.channel, thread_ts: thread, text: `heard ${text}` });
  });
  await bolt.start();
  drive = await driveSlack(slack);
});

afterAll(async () => {
  drive?.close();
  await bolt?.stop();
  await slack?.stop();
  await rm(runDir, { recursive: true, force: true });
});

describe("the practice Slack workspace", () => {
  it("answers a slash command to the asker alone, even when the bot does not say so, as Slack does", async () => {
    const { engineer } = slack.people;
    await drive.as(engineer.id).command("/secrets what a & b", { channel: slack.channels.general });
    const answer = await drive.waitForEphemeral(engineer.id, ({ text }) => text.includes("what a"));
    expect(answer.text).toBe("You said what a &amp; b");
    expect(await drive.messages(slack.channels.general)).toEqual([]);
    expect(await drive.ephemerals(slack.people.supporter.id)).toEqual([]);
  });

  it("lets a person click a button, and shows the message as the bot then changed it", async () => {
    const channel = slack.channels.approvals;
    const blocks = [{ type: "actions" as const, elements: [button("appr.approve", "7:1")] }];
    const { ts } = await web.chat.postMessage({ channel, text: "Approve?", blocks });
    const place = { channel, ts: String(ts), actionId: "appr.approve" };
    await expect(drive.as("U0APPROVER").clickButton({ ...place, actionId: "appr.nope" })).rejects.toThrow("appr.nope");
    await drive.as(slack.people.approver.id).clickButton(place);
    const changed = await drive.waitForMessage(channel, (it) => it.ts === ts && it.text === "Approved");
    expect(changed.blocks).toEqual([]);
    expect(heard).toContain("approve 7:1");
  });

  it("submits a modal with what it was opened with, and brings the bot's answer by DM", async () => {
    const { engineer, supporter } = slack.people;
    const person = drive.as(engineer.id);
    await person.command("modal", { channel: slack.channels.general });
    const view = await drive.waitForView(engineer.id, ({ callback_id: id }) => id === "req.new");
    expect(view.title?.text).toBe("Ask");
    expect(drive.openViews(supporter.id)).toEqual([]);
    await expect(drive.as(supporter.id).submitView()).rejects.toThrow("somebody else");
    expect(await person.submitView({ reason: "" })).toEqual({
      errors: { reason: expect.stringContaining("required") },
    });
    expect(await person.submitView({ reason: "x".repeat(21) })).toEqual({ errors: { reason: expect.any(String) } });
    expect((await person.submitView({ reason: "bad" })).errors).toEqual({ reason: "Say more." });
    expect(await person.submitView({ env: "test" })).toEqual({});
    const told = await drive.waitForDirectMessage(engineer.id, ({ text }) => text.startsWith("Saved"));
    expect(told.text).toBe("Saved: move it to test");
    expect(drive.openViews(engineer.id)).toEqual([]);
  });

  it("tells the bot that a modal was closed", async () => {
    const person = drive.as(slack.people.engineer2.id);
    await person.command("/secrets modal", { channel: slack.channels.general });
    await drive.waitForView(slack.people.engineer2.id);
    await person.closeView();
    expect(drive.openViews(slack.people.engineer2.id)).toEqual([]);
    await expect.poll(() => heard).toContain("closed");
  });

  it("keeps a thread's replies together, and shows a Home tab", async () => {
    const channel = slack.channels.support;
    const person = drive.as(slack.people.supporter.id);
    const root = await person.message("hello", { channel });
    await person.message("is <@U0GLOVEBOX> there & well?", { channel, threadTs: root });
    await drive.waitForMessage(channel, ({ text }) => text === "heard is <@U0GLOVEBOX> there &amp; well?");
    expect((await drive.thread(channel, root)).map(({ text }) => text)).toHaveLength(3);
    await person.openHome();
    await expect.poll(() => drive.homeView(slack.people.supporter.id)?.blocks[0]?.type).toBe("header");
  });

  it("answers who is in a user group, as it stands now", async () => {
    const { id } = slack.usergroups.approvers;
    const members = async () => (await web.usergroups.users.list({ usergroup: id })).users;
    expect(await members()).toEqual([slack.people.approver.id, slack.people.approver2.id]);
    slack.setUsergroupMembers(id, [slack.people.approver2.id]);
    expect(await members()).toEqual([slack.people.approver2.id]);
    expect((await web.usergroups.list()).usergroups?.map(({ handle }) => handle)).toContain("secrets-approvers");
    await expect(web.usergroups.users.list({ usergroup: "S0NOBODY" })).rejects.toThrow("no_such_subteam");
  });

  it.each([
    [{ status: 429, retryAfter: 7 }, /rate.?limit/i],
    [{ status: 500 }, /500/],
    [{ error: "channel_is_archived" }, /channel_is_archived/],
    [{ cut: true } as const, /./],
  ])("fails one call on demand with %j, and no more", async (fault, expected) => {
    const message = { channel: slack.channels.general, text: `after ${JSON.stringify(fault)}` };
    slack.failNext("chat.postMessage", fault);
    await expect(web.chat.postMessage(message)).rejects.toThrow(expected);
    expect((await web.chat.postMessage(message)).ok).toBe(true);
    const posted = await drive.messages(message.channel);
    expect(posted.filter(({ text }) => text === message.text)).toHaveLength(1);
  });

  it("carries out a call whose answer is then lost", async () => {
    const message = { channel: slack.channels.general, text: "posted, but who knows" };
    slack.failNext("chat.postMessage", { lostAnswer: true });
    await expect(web.chat.postMessage(message)).rejects.toThrow();
    const posted = await drive.messages(message.channel);
    expect(posted.filter(({ text }) => text === message.text)).toHaveLength(1);
  });

  it("records everything that the bot was sent and sent itself, so that a planted value would be found", async () => {
    const planted = "planted-7c1e/+&=";
    await web.chat.postMessage({ channel: slack.channels.general, text: planted });
    await drive.waitForMessage(slack.channels.general, ({ text }) => text === planted);
    const { traffic, shown, sent } = drive.log();
    expect(sent.some((body) => body.includes(planted))).toBe(true);
    await expect.poll(() => JSON.stringify(traffic)).toContain(planted);
    expect(JSON.stringify(shown)).toContain(planted);
  });

  it("was sent nothing so far that Slack would have refused", () => {
    expect(slack.violations()).toEqual([]);
  });
});
