import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { renderMessage, renderView } from "../../dev/slack/render-as-text.ts";
import type { Message } from "../../dev/slack/workspace-shapes.ts";
import { FIELDS } from "../../src/metadata/suggestion.ts";
import { createWave } from "../../src/migration/waves/create-wave.ts";
import { runWaves } from "../../src/migration/waves/run-waves.ts";
import { migrateStore } from "../../src/store/migrate.ts";
import { openStore, type Store } from "../../src/store/open-store.ts";
import { freshDatabase } from "../fresh-store.ts";
import { draftOf } from "../migration/waves/wave-world.ts";
import { SETTINGS } from "../slack/sample-states.ts";
import { type SlackWorld, startSlackWorld } from "./slack-world.ts";

let store: Store;
let drop: () => Promise<void>;
let world: SlackWorld;

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

const [engineer, approver, supporter] = ["U0ENGINEER", "U0APPROVER", "U0SUPPORTER"];
const RULE = { accountId: "111122223333", region: "eu-central-1", namePrefix: "bank/", kmsKeyIds: [] };
const has = (text: string) => (message: Message) => JSON.stringify(message.blocks ?? []).includes(text);
const cardOf = (text: string) => (message: Message) => has(text)(message) && message.thread_ts === undefined;

/** Looks until nothing changes any more, with the intake and Slack's deliveries in between. */
async function settle(): Promise<void> {
  for (let look = 0; look < 4; look += 1) {
    await runWaves(world.waveDeps, () => {});
    await world.settle();
  }
}

/** An operator makes a wave of fresh secrets. @returns Their paths. */
async function made(name: string, count: number, pilotSize: number): Promise<string[]> {
  const paths = Array.from({ length: count }, (_, index) => `${name}/service-${String(index).padStart(2, "0")}`);
  for (const path of paths) {
    const entryId = await world.addEntry(path);
    const values = FIELDS.map((field) => ({
      ...{ entryId, field, confirmedBy: engineer, confirmedAt: new Date() },
      value: { environment: "prod", classification: "confidential", rotation: "none" }[field as string] ?? "payments",
    }));
    await store.insertInto("metadataConfirmation").values(values).execute();
  }
  const tagOf = Object.fromEntries(
    SETTINGS.fields.map(({ field, tag, label, required }) => [field, { label, tag, required }]),
  );
  const draft = draftOf({
    ...{ name, pilotSize, batchSize: 500, selection: { kind: "filter", filter: { path: `${name}/*` } } },
    ...{ selectionText: `path=${name}/*`, fields: tagOf as never },
    plan: { allowedTargets: [RULE], limits: { namespace: "", prefixes: [] }, rule: RULE, tagByField: {} },
  });
  await createWave({ store, now: () => new Date(), newId: randomUUID, report: () => {} }, draft);
  await settle();
  return paths;
}

const direct = (text: string) => world.drive.waitForDirectMessage(engineer, has(text));
const click = (who: string, { channel, ts }: Message, actionId: string) =>
  world.drive.as(who).clickButton({ channel, ts, actionId } as { channel: string; ts: string; actionId: string });
const inChannel = (...texts: string[]) =>
  world.drive.waitForMessage(world.slack.channels.approvals, (message) => texts.every((text) => cardOf(text)(message)));
const refusal = async (who: string, act: () => Promise<unknown>): Promise<string> => {
  const before = new Set((await world.drive.ephemerals(who)).map(({ ts }) => ts));
  await act();
  return renderMessage(await world.drive.waitForEphemeral(who, ({ ts }) => !before.has(ts)));
};

/** The requester sends the draft. @returns The pilot's card. */
async function sent(name: string): Promise<Message> {
  await click(engineer, await direct(`wave.confirm`), "wave.confirm");
  await world.drive.waitForEphemeral(engineer, has("It is sent"));
  await settle();
  return inChannel(name, "wave.look");
}

const renderHome = (who: string): string => {
  const home = world.drive.homeView(who);
  return home ? renderView(home) : "";
};

/** Goes through the sample's pages. @returns What was on them. */
async function lookThrough(who: string, card: Message): Promise<string[]> {
  await click(who, card, "wave.look");
  const pages: string[] = [];
  let view = await world.drive.waitForView(who, ({ callback_id }) => callback_id === "wave.sample");
  for (;;) {
    pages.push(renderView(view));
    const next = (await world.drive.as(who).submitView()).view;
    if (next === undefined) return pages;
    view = next;
  }
}

describe("a wave in Slack", () => {
  it("goes from a draft, by a look at the sample, to one yes for all, without a card for each", async () => {
    const paths = await made("story", 12, 12);
    const draft = renderMessage(await direct("wave.confirm"));
    expect(draft).toContain("`story`, 12 secrets");
    expect(draft).toContain("a pilot of 12");
    expect(draft.match(/`secret\/story\/service-\d\d` to `bank\//g)).toHaveLength(5);
    const card = await sent("story");
    const text = renderMessage(card);
    for (const expected of [
      "the pilot, 12 secrets",
      "`secret` 12",
      "`payments` 12",
      "`prod` 12",
      "High 12",
      "Sample",
    ]) {
      expect(text).toContain(expected);
    }
    await world.drive.as(approver).openHome();
    await expect.poll(() => renderHome(approver)).toContain("12 secrets, asked for by");
    expect(renderHome(approver)).not.toContain("service-00");
    await world.drive.as(engineer).command("status", { channel: world.slack.channels.general });
    const own = await world.drive.waitForEphemeral(engineer, ({ text }) => text.startsWith("You have"));
    expect(renderMessage(own)).not.toContain("service-00");
    expect(await refusal(approver, () => click(approver, card, "wave.approve"))).toContain("Look at the sample first");
    const pages = await lookThrough(approver, card);
    expect(pages).toHaveLength(2);
    expect(pages.join("\n").match(/RQ-\d+/g)).toHaveLength(10);
    expect(pages[0]).toContain("bank/secret/story/service-");
    await click(approver, card, "wave.approve");
    await expect
      .poll(async () => (await store.selectFrom("waveBatch").select("state").execute())[0]?.state)
      .toBe("approving");
    await settle();
    const after = await inChannel("story", "Approved");
    expect(renderMessage(after)).toContain("12 approved, not their turn yet");
    const all = await world.drive.messages(world.slack.channels.approvals);
    for (const path of paths) expect(all.filter(has(path))).toEqual([]);
    const told = (await world.drive.directMessages(engineer)).filter(has("story"));
    expect(
      told.map((message) => renderMessage(message)).filter((words) => words.includes("was approved by")),
    ).toHaveLength(1);
    expect(told.length).toBeLessThan(4);
  });

  it("is started and held by operators alone", async () => {
    const card = await inChannel("story", "wave.start");
    expect(await refusal(supporter, () => click(supporter, card, "wave.start"))).toContain("can't start story");
    expect(await refusal(supporter, () => click(supporter, card, "wave.end"))).toContain("can't end story");
    await click("U0OPERATOR", card, "wave.start");
    await expect
      .poll(
        async () =>
          (await store.selectFrom("wave").select("state").where("name", "=", "story").executeTakeFirst())?.state,
      )
      .toBe("running");
    await settle();
    expect(renderMessage(await inChannel("story", "wave.pause"))).toContain("with the worker");
  });

  it("shows a failure in the batch's thread, and what left the batch as a card of its own", async () => {
    const [first, second] = await store
      .selectFrom("migration")
      .selectAll()
      .where("isHeld", "=", false)
      .orderBy("createdAt")
      .limit(2)
      .execute();
    const failed = {
      state: "failed",
      causeCode: "TARGET_TAKEN",
      causeText: "Somebody else has the name.",
      finishedAt: new Date(),
    } as const;
    await store
      .updateTable("migration")
      .set(failed)
      .where("id", "=", first?.id ?? "")
      .execute();
    await store
      .updateTable("request")
      .set({ status: "failed" })
      .where("id", "=", first?.requestId ?? "")
      .execute();
    await store
      .updateTable("request")
      .set({ status: "waiting", version: 2 })
      .where("id", "=", second?.requestId ?? "")
      .execute();
    const redraws = [first, second].map((row) => ({
      kind: "redraw",
      subject: `request:${row?.requestId}`,
      detail: "{}",
    }));
    await store.insertInto("outbox").values(redraws).execute();
    await settle();
    const messages = await world.drive.messages(world.slack.channels.approvals);
    const card = messages.find((message) => cardOf("story")(message) && !has("wave.pause")(message));
    const ofFailed = messages.filter(has(`${first?.requestId}:1`));
    expect(ofFailed.map(({ thread_ts }) => thread_ts)).toEqual([card?.ts]);
    expect(messages.filter(has(`${second?.requestId}:2`)).map(({ thread_ts }) => thread_ts)).toEqual([undefined]);
  });

  it("is rejected as a whole with a reason that the requester reads once", async () => {
    await made("refused", 3, 3);
    const card = await sent("refused");
    expect(await refusal(supporter, () => click(supporter, card, "wave.approve"))).toContain("can't approve");
    await click(approver, card, "wave.reject");
    await world.drive.waitForView(approver, ({ callback_id }) => callback_id === "wave.reject.submit");
    const answer = { "appr.reject.code": "wrong-time", "appr.reject.reason": "After the freeze." };
    expect((await world.drive.as(approver).submitView(answer)).errors).toBeUndefined();
    await settle();
    expect(renderMessage(await inChannel("refused", "Rejected"))).toContain("After the freeze.");
    const told = (await world.drive.directMessages(engineer)).filter(has("After the freeze."));
    expect(told).toHaveLength(1);
  });

  it("can be dropped by its requester, and nothing is asked for", async () => {
    await made("unwanted", 2, 2);
    const card = await world.drive.waitForDirectMessage(
      engineer,
      (message) => has("unwanted")(message) && has("wave.drop")(message),
    );
    await click(engineer, card, "wave.drop");
    await expect
      .poll(
        async () =>
          (await store.selectFrom("wave").select("state").where("name", "=", "unwanted").executeTakeFirst())?.state,
      )
      .toBe("dropped");
    await settle();
    expect(
      await store
        .selectFrom("waveItem")
        .select("requestId")
        .where("wave", "=", "unwanted")
        .where("requestId", "is not", null)
        .execute(),
    ).toEqual([]);
  });

  it("lists its exceptions page by page", async () => {
    await made("partly", 1, 1);
    const odd = Array.from({ length: 20 }, (_, index) => ({
      ...{ wave: "partly", place: `line ${index + 1}`, name: `secret/nobody-${index}`, code: "UNKNOWN_NAME" },
      ...{ reason: "Nobody knows <it>.", nextStep: "Look at its spelling." },
    }));
    await store.insertInto("waveException").values(odd).execute();
    await store.insertInto("outbox").values({ kind: "redraw", subject: "wave:partly", detail: "{}" }).execute();
    await settle();
    const card = await world.drive.waitForDirectMessage(
      engineer,
      (message) => has("partly")(message) && has("wave.exceptions")(message),
    );
    await click(engineer, card, "wave.exceptions");
    const first = await world.drive.waitForView(engineer, ({ callback_id }) => callback_id === "wave.exceptions.page");
    expect(renderView(first)).toContain("1 to 15 of 20");
    const second = (await world.drive.as(engineer).submitView()).view;
    expect(second && renderView(second)).toContain("secret/nobody-19");
    expect(second?.submit).toBeUndefined();
  });

  it("keeps Slack's rules", () => {
    expect(world.slack.violations()).toEqual([]);
  });
});
