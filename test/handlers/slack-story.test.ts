import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { renderMessage, renderView } from "../../dev/slack/render-as-text.ts";
import type { Message } from "../../dev/slack/workspace-shapes.ts";
import { describeEntry } from "../../src/catalog/describe-entry.ts";
import { SEES_ALL } from "../../src/catalog/visibility.ts";
import { watchDrift } from "../../src/migration/watch-drift.ts";
import { migrateStore } from "../../src/store/migrate.ts";
import { openStore, type Store } from "../../src/store/open-store.ts";
import { freshDatabase } from "../fresh-store.ts";
import { type SlackWorld, startSlackWorld } from "./slack-world.ts";

let store: Store;
let drop: () => Promise<void>;
let world: SlackWorld;
let count = 0;

beforeAll(async () => {
  const database = await freshDatabase();
  drop = database.drop;
  store = openStore(database.url, () => {});
  await migrateStore(store);
  world = await startSlackWorld(store);
});
afterAll(async () => {
  await world.stop();
  await store.destroy();
  await drop();
});
beforeEach(() => {
  Object.assign(world.knobs, {
    faults: [],
    vaultFailure: null,
    findFailure: null,
    relayed: [],
    opened: [],
    logged: [],
  });
});

const { engineer, approver } = { engineer: "U0ENGINEER", approver: "U0APPROVER" };
const isCard = (kind: string) => (message: Message) =>
  JSON.stringify(message.blocks ?? []).includes(kind) && message.thread_ts === undefined;
const freshPath = (): string => `payments/service-${++count}/prod`;
const where = () => ({ channel: world.slack.channels.general });

/** Asks by command and sends the form as it was suggested. @returns The approvers' card. */
async function askedFor(path: string, requester = engineer): Promise<Message> {
  await world.drive.as(requester).command(`migrate secret/${path}`, where());
  await world.drive.waitForView(requester, (view) => view.submit !== undefined);
  const { errors } = await world.drive.as(requester).submitView(FORM);
  expect(errors).toBeUndefined();
  await world.settle();
  return world.drive.waitForMessage(world.slack.channels.approvals, isCard(path));
}
const FORM = {
  "meta.field.purpose": "card gateway login",
  "meta.field.application": "card-gateway",
  "meta.field.classification": "restricted",
  "req.reason": "The gateway moves to AWS.",
};

describe("asking", () => {
  it("answers a bare /secrets with the menu, to the asker alone", async () => {
    await world.drive.as(engineer).command("/secrets", where());
    const menu = await world.drive.waitForEphemeral(engineer, isCard("menu.migrate"));
    expect(renderMessage(menu)).toContain("[Ask for a migration]");
  });

  it("says what a secret is, and shares it with the channel only when asked to", async () => {
    const path = freshPath();
    await world.addEntry(path, ["username", "password"]);
    await world.drive.as(engineer).command(`what secret/${path}`, where());
    const answer = await world.drive.waitForEphemeral(engineer, isCard(path));
    expect(renderMessage(answer)).toContain("`username`, `password`");
    await world.drive.as(engineer).clickButton({ channel: answer.channel, ts: answer.ts, actionId: "ask.share" });
    const shared = await world.drive.waitForMessage(world.slack.channels.general, isCard(path));
    expect(renderMessage(shared)).toContain("Shared by @U0ENGINEER");
  });

  it("offers the nearest names for a path that nobody knows, and tells alike names apart", async () => {
    await world.addEntry("cafe/caf\u00e9");
    await world.addEntry("cafe/cafe\u0301");
    await world.drive.as(engineer).command("what secret/cafe/cafe", where());
    const answer = await world.drive.waitForEphemeral(engineer, isCard("U+00E9"));
    expect(renderMessage(answer)).toContain("U+0065 U+0301");
    expect(JSON.stringify(answer.blocks)).toContain("ask.what");
  });

  it("takes Slack's escapes back, so that a name with an ampersand is found", async () => {
    await world.addEntry("risk&fraud/key<1>");
    await world.drive.as(engineer).command("what secret/risk&fraud/key<1>", where());
    const answer = await world.drive.waitForEphemeral(engineer, isCard("risk&amp;fraud/key&lt;1&gt;"));
    expect(renderMessage(answer)).toContain("`secret/risk&fraud/key<1>`");
  });

  it("answers a mistyped command with help and the command that was probably meant", async () => {
    await world.drive.as(engineer).command("migrat", where());
    const help = await world.drive.waitForEphemeral(engineer, isCard("Did you mean"));
    expect(renderMessage(help)).toContain("Did you mean `/secrets migrate`?");
  });

  it("gives a reference for what nobody foresaw, and says nothing of what it failed on", async () => {
    world.knobs.findFailure = new Error('cannot parse {"password":"hunter2"}');
    await world.drive.as(engineer).command("what secret/a", where());
    const answer = await world.drive.waitForEphemeral(engineer, isCard("Support has ref"));
    const reference = /Support has ref (\w{6})/.exec(answer.text)?.[1];
    expect(world.knobs.logged.join("\n")).toContain(reference);
    expect(`${JSON.stringify(answer)} ${world.knobs.logged.join("\n")}`).not.toContain("hunter2");
  });
});

describe("asking for a migration", () => {
  it("opens the form with suggestions and where each comes from", async () => {
    const path = freshPath();
    await world.addEntry(path);
    await world.drive.as(engineer).command(`migrate secret/${path}`, where());
    const view = await world.drive.waitForView(engineer, ({ submit }) => submit !== undefined);
    const form = renderView(view);
    expect(form).toContain(`\`secret/${path}\`, version 7`);
    expect(form).toContain('Suggested "prod" by the naming rules: "prod" in the path');
    expect(form).toContain("No language model is configured");
    expect(form).toContain(`bank/secret/${path}`);
    await world.drive.as(engineer).closeView();
  });

  it("shows what stands in the way before submit, and refuses the form under the field", async () => {
    const path = freshPath();
    await world.addEntry(path);
    world.knobs.faults = [{ field: "target", text: "That name is taken by somebody else.", blocks: true }];
    await world.drive.as(engineer).command(`migrate secret/${path}`, where());
    const view = await world.drive.waitForView(engineer, ({ submit }) => submit !== undefined);
    expect(renderView(view)).toContain("That name is taken by somebody else.");
    const { errors } = await world.drive.as(engineer).submitView(FORM);
    expect(errors).toEqual({ "req.name": "That name is taken by somebody else." });
    world.knobs.faults = [];
    const again = await world.drive.as(engineer).submitView(FORM);
    expect(again).toEqual({});
  });

  it("refuses a credential in the reason under that field, and takes the form once it is out", async () => {
    const path = freshPath();
    await world.addEntry(path);
    await world.drive.as(engineer).command(`migrate secret/${path}`, where());
    await world.drive.waitForView(engineer, ({ submit }) => submit !== undefined);
    const { errors } = await world.drive
      .as(engineer)
      .submitView({ ...FORM, "req.reason": "login with password=Tr0ub4dor&3x" });
    expect(errors?.["req.reason"]).toContain("looks like a credential");
    expect(await world.drive.as(engineer).submitView(FORM)).toEqual({});
  });

  it("asks which secret when the command names none, and goes on in the same modal", async () => {
    const path = freshPath();
    await world.addEntry(path);
    await world.drive.as(engineer).command("migrate", where());
    await world.drive.waitForView(engineer, ({ callback_id: id }) => id === "req.secret.pick");
    await world.drive.as(engineer).submitView({ "req.secret": `secret/${path}` });
    const view = await world.drive.waitForView(engineer, ({ callback_id: id, submit }) => id === "req.new" && !!submit);
    expect(renderView(view)).toContain(`secret/${path}`);
    await world.drive.as(engineer).closeView();
  });

  it("opens the form from the catalogue where Vault does not answer, and says so", async () => {
    const path = freshPath();
    await world.addEntry(path);
    world.knobs.vaultFailure = new Error("connect ECONNREFUSED");
    await world.drive.as(engineer).command(`migrate secret/${path}`, where());
    const view = await world.drive.waitForView(engineer, ({ submit }) => submit !== undefined);
    expect(renderView(view)).toContain("Vault did not answer just now");
    await world.drive.as(engineer).closeView();
  });
});

describe("deciding", () => {
  it("draws the card for approvers and for the requester, and both again after a yes", async () => {
    const path = freshPath();
    await world.addEntry(path);
    const card = await askedFor(path);
    expect(renderMessage(card)).toContain("High: prod, restricted");
    const mine = await world.drive.waitForDirectMessage(engineer, isCard(path));
    expect(renderMessage(mine)).toContain("[Withdraw]");
    expect(renderMessage(mine)).not.toContain("[Approve]");

    await world.drive.as(approver).clickButton({ channel: card.channel, ts: card.ts, actionId: "appr.approve" });
    await expect.poll(() => waitingIn(path)).toBe(0);
    await world.settle();
    const redrawn = await world.drive.waitForMessage(
      card.channel,
      ({ ts, text }) => ts === card.ts && text.startsWith("Approved"),
    );
    expect(renderMessage(redrawn)).not.toContain("[Approve]");
    await world.drive.waitForDirectMessage(engineer, ({ text }) => text.includes("was approved by"));
  });

  it("refuses the yes of anybody who is not an approver, in private, with a why", async () => {
    const path = freshPath();
    await world.addEntry(path);
    const card = await askedFor(path);
    for (const person of [engineer, "U0SUPPORTER"]) {
      await world.drive.as(person).clickButton({ channel: card.channel, ts: card.ts, actionId: "appr.approve" });
      const refusal = await world.drive.waitForEphemeral(person, ({ text }) => text.includes("it needs someone from"));
      expect(renderMessage(refusal)).toContain("[Why?]");
    }
    expect(await waitingIn(path)).toBe(1);
  });

  it("refuses an approver's yes to a request of their own", async () => {
    const path = freshPath();
    await world.addEntry(path);
    const card = await askedFor(path, approver);
    await world.drive.as(approver).clickButton({ channel: card.channel, ts: card.ts, actionId: "appr.approve" });
    await world.drive.waitForEphemeral(approver, ({ text }) => text.includes("You asked for this one"));
    expect(await waitingIn(path)).toBe(1);
  });

  it("tells a second approver quietly that it is decided", async () => {
    const path = freshPath();
    await world.addEntry(path);
    const card = await askedFor(path);
    const place = { channel: card.channel, ts: card.ts, actionId: "appr.approve" };
    await world.drive.as(approver).clickButton(place);
    await expect.poll(() => waitingIn(path)).toBe(0);
    await world.drive.as("U0APPROVER2").clickButton(place);
    const answer = await world.drive.waitForEphemeral("U0APPROVER2", ({ text }) => text.includes("approved this at"));
    expect(answer.text).toContain("Your click changed nothing.");
    await world.settle();
  });

  it("lets nobody through when Slack does not say who is in the group", async () => {
    const path = freshPath();
    await world.addEntry(path);
    const card = await askedFor(path);
    for (const _ of [1, 2]) world.slack.failNext("usergroups.users.list", { status: 500 });
    await world.drive.as(approver).clickButton({ channel: card.channel, ts: card.ts, actionId: "appr.approve" });
    await world.drive.waitForEphemeral(approver, ({ text }) => text.includes("I let nobody through"));
    expect(await waitingIn(path)).toBe(1);
  });

  it("rejects with a reason that the requester reads word for word", async () => {
    const path = freshPath();
    await world.addEntry(path);
    const card = await askedFor(path);
    await world.drive.as(approver).clickButton({ channel: card.channel, ts: card.ts, actionId: "appr.reject" });
    await world.drive.waitForView(approver);
    const answer = { "appr.reject.code": "wrong-target", "appr.reject.reason": "Use the *staging* account" };
    expect(await world.drive.as(approver).submitView(answer)).toEqual({});
    await world.settle();
    const notice = await world.drive.waitForDirectMessage(engineer, ({ text }) => text.includes("was rejected"));
    expect(renderMessage(notice)).toContain("Use the *staging* account");
  });

  it("marks what an edit changed, and refuses the yes that was meant for the version before", async () => {
    const path = freshPath();
    await world.addEntry(path);
    const card = await askedFor(path);
    const staleValue = /"value":"(RQ-\d+:1)"/.exec(JSON.stringify(card.blocks))?.[1] ?? "";
    const mine = await world.drive.waitForDirectMessage(engineer, isCard(path));
    await world.drive.as(engineer).clickButton({ channel: mine.channel, ts: mine.ts, actionId: "req.edit" });
    const view = await world.drive.waitForView(engineer, ({ submit }) => submit !== undefined);
    expect(renderView(view)).toContain("The gateway moves to AWS.");
    expect(await world.drive.as(engineer).submitView({ "req.name": `bank/other/${path}` })).toEqual({});
    await world.settle();
    const redrawn = await world.drive.waitForMessage(
      card.channel,
      ({ ts, text }) => ts === card.ts && text.includes("bank/other"),
    );
    expect(renderMessage(redrawn)).toMatch(/Changed since version 1.*\n.*→ `bank\/other/);
    const stale = { channel: card.channel, ts: card.ts, actionId: "appr.approve", value: staleValue };
    await world.drive.as(approver).clickButton(stale);
    await world.drive.waitForEphemeral(approver, ({ text }) => text.includes("changed after this card was drawn"));
    expect(await waitingIn(path)).toBe(1);
  });

  it("withdraws by the requester's button", async () => {
    const path = freshPath();
    await world.addEntry(path);
    const card = await askedFor(path);
    const mine = await world.drive.waitForDirectMessage(engineer, isCard(path));
    await world.drive.as(engineer).clickButton({ channel: mine.channel, ts: mine.ts, actionId: "req.withdraw" });
    await expect.poll(() => waitingIn(path)).toBe(0);
    await world.settle();
    const redrawn = await world.drive.waitForMessage(
      card.channel,
      ({ ts, text }) => ts === card.ts && text.startsWith("Withdrawn"),
    );
    expect(renderMessage(redrawn)).not.toContain("[Approve]");
  });

  it("posts a card anew when somebody deleted it", async () => {
    const path = freshPath();
    await world.addEntry(path);
    const card = await askedFor(path);
    world.slack.failNext("chat.update", { error: "message_not_found" });
    const mine = await world.drive.waitForDirectMessage(engineer, isCard(path));
    await world.drive.as(engineer).clickButton({ channel: mine.channel, ts: mine.ts, actionId: "req.withdraw" });
    await expect.poll(() => waitingIn(path)).toBe(0);
    await world.settle();
    await world.drive.waitForMessage(
      card.channel,
      ({ ts, text }) => ts !== card.ts && text.startsWith("Withdrawn") && text.includes(path),
    );
  });
});

describe("a secret that changed in Vault after its move", () => {
  it("is offered to its requester with both versions, and moves again by a new request and a new approval", async () => {
    const path = freshPath();
    const entryId = await world.addEntry(path);
    const card = await askedFor(path);
    await world.drive.as(approver).clickButton({ channel: card.channel, ts: card.ts, actionId: "appr.approve" });
    await expect.poll(() => waitingIn(path)).toBe(0);
    const requestId = /RQ-\d+/.exec(card.text)?.[0] ?? "";
    await world.finish(requestId);
    await store.updateTable("migration").set({ vaultVersion: 7 }).where("requestId", "=", requestId).execute();
    await store.updateTable("entry").set({ currentVersion: 8 }).where("id", "=", entryId).execute();
    const log = { info: () => {}, warn: () => {} };
    const refresh = (id: number) => describeEntry(store, id, SEES_ALL);
    await watchDrift({ store, refreshEntry: refresh, perLook: 1_000, now: () => new Date(), log });
    await world.settle();
    const offer = await world.drive.waitForDirectMessage(engineer, ({ text }) =>
      text.startsWith(`The secret of ${requestId} changed in Vault: version 7 was moved, version 8 is there now.`),
    );
    expect(renderMessage(offer)).toContain("[Move again]");
    await world.drive.as(engineer).clickButton({ channel: offer.channel, ts: offer.ts, actionId: "req.again" });
    await world.drive.waitForView(engineer, ({ submit }) => submit !== undefined);
    expect(await world.drive.as(engineer).submitView({ "req.reason": "It changed in Vault." })).toEqual({});
    await world.settle();
    const requests = await store
      .selectFrom("request")
      .select(["id", "status", "vaultVersion"])
      .where("entryId", "=", entryId)
      .orderBy("createdAt")
      .execute();
    expect(requests).toEqual([
      { id: requestId, status: "migrated", vaultVersion: 7 },
      { id: expect.not.stringMatching(requestId), status: "waiting", vaultVersion: 8 },
    ]);
  });
});

describe("the receipt", () => {
  it("is a reply under the card and a DM, once however often it is delivered, and says when it was undone", async () => {
    const path = freshPath();
    await world.addEntry(path);
    const card = await askedFor(path);
    await world.drive.as(approver).clickButton({ channel: card.channel, ts: card.ts, actionId: "appr.approve" });
    await expect.poll(() => waitingIn(path)).toBe(0);
    const requestId = /RQ-\d+/.exec(card.text)?.[0] ?? "";
    await world.finish(requestId);
    await world.settle();
    await world.store.updateTable("outbox").set({ deliveredAt: null }).where("kind", "=", "receipt").execute();
    await world.settle();

    const [, receipt, ...more] = await world.drive.thread(card.channel, card.ts);
    expect(more).toEqual([]);
    const inThread = renderMessage(receipt ?? card);
    expect(inThread).toContain("found equal by keyed digest");
    expect(inThread).toContain("[Undo]");
    const direct = await world.drive.waitForDirectMessage(engineer, ({ text }) =>
      text.startsWith(`Receipt of ${requestId}`),
    );
    expect(renderMessage(direct)).not.toContain("[Undo]");

    await world.drive.as(approver).clickButton({ channel: card.channel, ts: receipt?.ts ?? "", actionId: "job.undo" });
    await world.drive.waitForEphemeral(approver, ({ text }) => text.includes(`The undo of ${requestId} is ordered`));
    await world.store.updateTable("migration").set({ state: "undone" }).where("requestId", "=", requestId).execute();
    await world.settle();
    const [, redrawn] = await world.drive.thread(card.channel, card.ts);
    expect(renderMessage(redrawn ?? card)).toContain("Migrated, and undone since");
  });
});

describe("support", () => {
  const supporter = "U0SUPPORTER";

  it("opens a case from a card, is claimed, carries words both ways, and is resolved", async () => {
    const path = freshPath();
    await world.addEntry(path);
    const card = await askedFor(path);
    await world.drive.as(engineer).clickButton({ channel: card.channel, ts: card.ts, actionId: "tri.ask" });
    await world.drive.waitForEphemeral(engineer, ({ text }) => text.includes("Support has your question"));
    await world.settle();
    const channel = world.slack.channels.support;
    const opened = await world.drive.waitForMessage(channel, isCard(path));
    expect(renderMessage(opened)).toContain("*The secret now*  Waiting for approval");

    await world.drive.as(supporter).clickButton({ channel, ts: opened.ts, actionId: "tri.claim" });
    await settledUntil(async () => (await caseCardNow(opened)).includes("claimed by @U0SUPPORTER"));
    await world.drive.as(supporter).message("Which team owns it?", { channel, threadTs: opened.ts });
    const asked = () => world.drive.directMessages(engineer);
    await settledUntil(async () => JSON.stringify(await asked()).includes("Which team owns it?"));
    const question = (await asked()).find(({ blocks }) => JSON.stringify(blocks).includes("Which team owns it?"));
    const answerTo = { channel: question?.channel ?? "", threadTs: question?.ts ?? "" };
    await world.drive.as(engineer).message("Payments does.", answerTo);
    const thread = () => world.drive.thread(channel, opened.ts);
    await settledUntil(async () => JSON.stringify(await thread()).includes("Payments does."));

    await world.drive.as(supporter).clickButton({ channel, ts: opened.ts, actionId: "tri.resolve" });
    await settledUntil(async () => (await caseCardNow(opened)).includes("Resolved"));
    expect(await caseCardNow(opened)).not.toContain("[Resolve]");
  });

  it("refuses a claim of somebody who is not staff", async () => {
    await world.drive.as(engineer).command("what secret/never/heard/of", where());
    const none = await world.drive.waitForEphemeral(engineer, ({ text }) => text.includes("never/heard/of"));
    await world.drive.as(engineer).clickButton({ channel: none.channel, ts: none.ts, actionId: "tri.ask" });
    const channel = world.slack.channels.support;
    const isAbout = (message: Message) => JSON.stringify(message.blocks ?? []).includes("A refusal: UNKNOWN_PATH");
    await settledUntil(async () => (await world.drive.messages(channel)).some(isAbout));
    const opened = await world.drive.waitForMessage(channel, isAbout);
    await world.drive.as(engineer).clickButton({ channel, ts: opened.ts, actionId: "tri.claim" });
    await world.drive.waitForEphemeral(engineer, ({ text }) => text.startsWith("You can't claim CS-"));
  });

  it("carries nothing that is no reply in a thread of a case", async () => {
    const channel = world.slack.channels.support;
    const root = await world.drive.as(supporter).message("a word among ourselves", { channel });
    await world.drive.as(supporter).message("another", { channel, threadTs: root });
    await world.drive.as(supporter).message("the last word of this test", { channel, threadTs: root });
    await expect.poll(() => inboxSize()).toBeGreaterThan(0);
    await world.settle();
    expect(JSON.stringify(await world.drive.directMessages(engineer))).not.toContain("another");
  });
});

describe("the Home tab", () => {
  it("shows an approver what waits, and the requester's own without a yes", async () => {
    const path = freshPath();
    await world.addEntry(path);
    await askedFor(path);
    await world.drive.as(approver).openHome();
    await expect.poll(() => renderView(world.drive.homeView(approver) ?? { type: "home", blocks: [] })).toContain(path);
    await world.drive.as(engineer).openHome();
    const own = () => renderView(world.drive.homeView(engineer) ?? { type: "home", blocks: [] });
    await expect.poll(own).toContain(path);
    expect(own()).toContain("Nothing waits for you.");
  });
});

describe("everything that was sent", () => {
  it("is what Slack would have taken", () => {
    expect(world.slack.violations()).toEqual([]);
  });
});

async function waitingIn(path: string): Promise<number> {
  const rows = await store
    .selectFrom("request")
    .innerJoin("entry", "entry.id", "request.entryId")
    .select("request.id")
    .where("entry.path", "=", path)
    .where("request.status", "=", "waiting")
    .execute();
  return rows.length;
}

/** Delivers until it is so: clicks are acknowledged before they are carried out. */
async function settledUntil(isSo: () => Promise<boolean>): Promise<void> {
  await expect
    .poll(async () => {
      await world.settle();
      return isSo();
    })
    .toBe(true);
}

async function caseCardNow({ channel, ts }: Message): Promise<string> {
  const messages = await world.drive.messages(channel);
  return messages
    .filter((message) => message.ts === ts)
    .map((message) => renderMessage(message))
    .join("");
}

async function inboxSize(): Promise<number> {
  const rows = await store.selectFrom("inbox").select("id").where("kind", "=", "event message").execute();
  return rows.length;
}
