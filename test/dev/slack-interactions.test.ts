import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App, LogLevel } from "@slack/bolt";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { driveSlack, type SlackDriver } from "../../dev/slack/drive.ts";
import { frameCutter, textFrame } from "../../dev/slack/socket-frames.ts";
import { type LocalSlack, startLocalSlack } from "../../dev/slack/start-local-slack.ts";

describe("frames of a socket", () => {
  it("are cut whole out of any pieces, and carry their text in both directions", () => {
    const texts = fc.array(fc.string({ unit: "grapheme", maxLength: 70_000 }), { maxLength: 5 });
    fc.assert(
      fc.property(texts, fc.boolean(), fc.integer({ min: 1, max: 9_000 }), (all, isMasked, size) => {
        const bytes = Buffer.concat(all.map((text) => textFrame(text, isMasked)));
        const cut = frameCutter();
        const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
          bytes.subarray(at * size, (at + 1) * size),
        );
        expect(pieces.flatMap((piece) => cut(piece)).map(({ text }) => text)).toEqual(all);
      }),
      { numRuns: 40 },
    );
  });

  it("are read through a mask, and told apart from pings and parts", () => {
    const mask = Buffer.from([7, 99, 200, 1]);
    const payload = Buffer.from("hello").map((byte, at) => byte ^ (mask[at % 4] ?? 0));
    const [frame] = frameCutter()(Buffer.concat([Buffer.from([0x81, 0x85]), mask, payload]));
    expect(frame?.text).toBe("hello");
    expect(frameCutter()(Buffer.from([0x89, 0x00])).map(({ text }) => text)).toEqual([null]);
    expect(frameCutter()(Buffer.from([0x01, 0x01, 0x61])).map(({ text }) => text)).toEqual([null]);
  });
});

describe("what local-slack can't do and Slack's client can", () => {
  let slack: LocalSlack;
  let drive: SlackDriver;
  let app: App;
  let runDir: string;
  const heard: Record<string, unknown>[] = [];
  const engineer = "U0ENGINEER";

  beforeAll(async () => {
    runDir = await mkdtemp(join(tmpdir(), "glovebox-interactions-"));
    slack = await startLocalSlack({ runDir, logTo: join(runDir, "slack.log") });
    app = new App({
      ...{ token: slack.botToken, appToken: slack.appToken, socketMode: true, logLevel: LogLevel.ERROR },
      clientOptions: { slackApiUrl: slack.apiUrl },
    });
    const view = {
      type: "modal" as const,
      callback_id: "search",
      title: { type: "plain_text" as const, text: "Search" },
      submit: { type: "plain_text" as const, text: "Show" },
      blocks: [
        {
          ...{ type: "input" as const, block_id: "find", dispatch_action: true },
          label: { type: "plain_text" as const, text: "Which?" },
          element: { type: "external_select" as const, action_id: "find", min_query_length: 2 },
        },
        {
          type: "actions" as const,
          elements: [
            {
              type: "button" as const,
              action_id: "press",
              value: "1:1",
              text: { type: "plain_text" as const, text: "Press" },
            },
          ],
        },
      ],
    };
    app.shortcut("open", async ({ ack, shortcut, client }) => {
      await ack();
      heard.push({ kind: "shortcut", user: shortcut.user.id, hasAddress: "response_url" in shortcut });
      await client.views.open({ trigger_id: shortcut.trigger_id, view });
    });
    app.shortcut({ callback_id: "look", type: "message_action" }, async ({ ack, shortcut, respond }) => {
      await ack();
      await respond({ text: `read: ${shortcut.message.text}`, response_type: "ephemeral" });
    });
    app.options("find", async ({ ack, payload }) => {
      const text = { type: "plain_text" as const, text: `You typed ${payload.value}` };
      await ack({ options: payload.value === "none" ? [] : [{ text, value: "7" }] });
    });
    app.action("find", async ({ ack, body }) => {
      await ack();
      heard.push({ kind: "chosen", actions: "actions" in body && body.actions });
    });
    app.action("press", async ({ ack, body, client }) => {
      await ack();
      heard.push({ kind: "pressed", hasAddress: "response_url" in body });
      if ("trigger_id" in body && body.trigger_id) {
        await client.views.push({ trigger_id: body.trigger_id, view: { ...view, callback_id: "on-top" } });
      }
    });
    app.event("app_mention", async ({ event }) => void heard.push({ kind: "mention", text: event.text }));
    await app.start();
    drive = await driveSlack(slack);
  });
  afterAll(async () => {
    drive.close();
    await app.stop();
    await slack.stop();
    await rm(runDir, { recursive: true, force: true });
  });

  it("a global shortcut opens a modal by its trigger, and has no channel to answer in", async () => {
    await drive.as(engineer).shortcut("open");
    await drive.waitForView(engineer, ({ callback_id: id }) => id === "search");
    expect(heard).toContainEqual({ kind: "shortcut", user: engineer, hasAddress: false });
  });

  it("a select that searches gets its options from the bot, once enough is typed", async () => {
    const person = drive.as(engineer);
    expect(await person.suggestions("find", "s")).toEqual([]);
    expect(await person.suggestions("find", "none")).toEqual([]);
    const [option] = await person.suggestions("find", "stripe & <co>");
    expect(option).toMatchObject({ text: { text: "You typed stripe & <co>" }, value: "7" });
    if (option) await person.clickInView({ actionId: "find", option });
    expect(heard).toContainEqual({
      kind: "chosen",
      actions: [expect.objectContaining({ selected_option: expect.objectContaining({ value: "7" }) })],
    });
  });

  it("a button in a modal has a trigger and no address, and can put a modal on top", async () => {
    await drive.as(engineer).clickInView({ actionId: "press" });
    await drive.waitForView(engineer, ({ callback_id: id }) => id === "on-top");
    expect(heard).toContainEqual({ kind: "pressed", hasAddress: false });
    expect(drive.openViews(engineer)).toHaveLength(2);
  });

  it("a message shortcut carries the message, and is answered in private", async () => {
    const channel = slack.channels.general;
    const ts = await drive.as("U0ENGINEER2").message("look at secret/a & b", { channel });
    await drive.as(engineer).messageShortcut("look", { channel, ts });
    const answer = await drive.waitForEphemeral(engineer, ({ text }) => text.startsWith("read:"));
    expect(answer.text).toBe("read: look at secret/a &amp; b");
    expect(JSON.stringify(await drive.messages(channel))).not.toContain("read:");
  });

  it("a mention arrives as an event", async () => {
    await drive.as(engineer).message(`<@${slack.botUserId}> what is x`, { channel: slack.channels.general });
    await expect.poll(() => heard).toContainEqual({ kind: "mention", text: `<@${slack.botUserId}> what is x` });
  });
});
