import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { renderMessage } from "../../dev/slack/render-as-text.ts";
import type { Message } from "../../dev/slack/workspace-shapes.ts";
import { judgeLanes } from "../../src/migration/lanes/judge-lanes.ts";
import { migrateStore } from "../../src/store/migrate.ts";
import { openStore, type Store } from "../../src/store/open-store.ts";
import { freshDatabase } from "../fresh-store.ts";
import { addSecrets, planMount } from "../migration/plan-world.ts";
import { type SlackWorld, startSlackWorld } from "./slack-world.ts";

const ENGINEER = "U0ENGINEER";
const NOW = new Date("2026-06-01T00:00:00Z");

let store: Store;
let drop: () => Promise<void>;
let world: SlackWorld;

beforeAll(async () => {
  const database = await freshDatabase();
  drop = database.drop;
  store = openStore(database.url, () => {});
  await migrateStore(store);
  // Twelve teams, one secret each, by the one folder that says so.
  const names = Array.from({ length: 12 }, (_, at) => `team-${String(at + 1).padStart(2, "0")}/app/prod`);
  await addSecrets(store, planMount("secret"), Object.fromEntries(names.map((name) => [name, {}])));
  await judgeLanes({ store, limits: { namespace: "", prefixes: [] }, now: () => NOW });
  world = await startSlackWorld(store);
});
afterAll(async () => {
  await world.stop();
  await store.destroy();
  await drop();
});

const says =
  (words: string) =>
  (message: Message): boolean =>
    JSON.stringify(message.blocks ?? []).includes(words);

describe("/secrets progress", () => {
  it("answers the asker alone with counts and no path, and shows the further teams when asked to", async () => {
    const channel = world.slack.channels.general;
    await world.drive.as(ENGINEER).command("/secrets progress", { channel });
    const first = await world.drive.waitForEphemeral(ENGINEER, says("progress.more"));
    expect(renderMessage(first)).toContain("Progress: 0 of 12 secrets moved (0 %)");
    expect(renderMessage(first)).toContain("*team-01*: 0 of 1 moved (0 %)");
    expect(renderMessage(first)).not.toMatch(/team-11|app\/prod/);
    expect((await world.drive.messages(channel)).filter(says("Progress:"))).toEqual([]);
    await world.drive.as(ENGINEER).clickButton({ channel, ts: first.ts, actionId: "progress.more" });
    const second = await world.drive.waitForEphemeral(ENGINEER, says("progress.previous"));
    expect(renderMessage(second)).toContain("11 to 12 of 12");
    expect(renderMessage(second)).toContain("*team-12*");
  });
});
