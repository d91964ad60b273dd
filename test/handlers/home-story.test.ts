import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { renderView } from "../../dev/slack/render-as-text.ts";
import type { View } from "../../dev/slack/workspace-shapes.ts";
import { FIRST_PAGES } from "../../src/home/home-place.ts";
import { claimEntry } from "../../src/metadata/claim-entry.ts";
import { migrateStore } from "../../src/store/migrate.ts";
import { openStore, type Store } from "../../src/store/open-store.ts";
import { openCase } from "../../src/support/open-case.ts";
import { fakeMembership } from "../fakes/membership.ts";
import { freshDatabase } from "../fresh-store.ts";
import { type SlackWorld, startSlackWorld, TEAMS } from "./slack-world.ts";

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

const [ERIN, ELI, SOL] = ["U0ENGINEER", "U0ENGINEER2", "U0SUPPORTER"];
const WITHIN = { timeout: 15_000 };
let folder = "";
let tests = 0;
beforeEach(async () => {
  tests += 1;
  folder = `home-${tests}`;
  await store.updateTable("entry").set({ goneAt: new Date() }).execute();
});

/** Secrets that a person recorded as a team's. @returns Their entry ids. */
async function owned(team: string, ...names: string[]): Promise<number[]> {
  const ids = await Promise.all(names.map((name) => world.addEntry(name)));
  const said = { field: "ownerTeam", value: team, confirmedBy: ERIN, confirmedAt: new Date() };
  await store
    .insertInto("metadataConfirmation")
    .values(ids.map((entryId) => ({ entryId, ...said })))
    .execute();
  return ids;
}
const many = (count: number): string[] =>
  Array.from({ length: count }, (_, n) => `${folder}/${String(n).padStart(2, "0")}`);

const shows = (text: string) => (view: View) => renderView(view).includes(text);
const homeOf = async (who: string, text: string): Promise<string> =>
  renderView(await world.drive.waitForHome(who, shows(text)));
/** Draws what is due until the tab shows it: a change draws it seconds later. */
const redrawnWith = (who: string, text: string): Promise<unknown> =>
  expect
    .poll(async () => {
      await world.settle();
      await world.drawHomes();
      return renderView(world.drive.homeView(who) ?? { type: "home", blocks: [] });
    }, WITHIN)
    .toContain(text);

describe("the Home tab in Slack", () => {
  it("shows each of two people their own teams' secrets, and no name that a rule keeps from them", async () => {
    await owned("payments", `${folder}/stripe`);
    await owned("treasury", `${folder}/swift`, "vaulted/reserve");
    const [reserve] = await owned("payments", "vaulted/shared");
    await world.drive.as(ERIN).openHome();
    const erins = await homeOf(ERIN, `${folder}/stripe`);
    expect(erins).toContain("1 secret is yours");
    expect(erins).toContain("owned by `payments`, confirmed");
    expect(erins).not.toMatch(/swift|vaulted/);
    await store
      .updateTable("metadataConfirmation")
      .set({ value: "treasury" })
      .where("entryId", "=", reserve ?? 0)
      .execute();
    await world.drive.as(ELI).openHome();
    const elis = await homeOf(ELI, `${folder}/swift`);
    expect(elis).toContain("3 secrets are yours");
    for (const name of ["vaulted/reserve", "vaulted/shared"]) expect(elis).toContain(name);
  });

  it("is leafed through, back and forth, and by reason, from where that person stands", async () => {
    await owned("payments", ...many(23));
    await world.drive.as(ERIN).openHome();
    expect(await homeOf(ERIN, "1 to 10 of 23")).not.toContain("Previous");
    await world.drive.as(ERIN).clickHome({ actionId: "home.next" });
    const second = await homeOf(ERIN, "11 to 20 of 23");
    expect(second).toContain(`${folder}/10`);
    expect(second).not.toContain(`${folder}/09`);
    await world.drive.as(ERIN).clickHome({ actionId: "home.next" });
    expect(await homeOf(ERIN, "21 to 23 of 23")).not.toContain("Show more");
    await world.drive.as(ERIN).clickHome({ actionId: "home.previous" });
    await homeOf(ERIN, "11 to 20 of 23");
    await world.drive.as(ERIN).clickHome({ actionId: "home.by.use" });
    expect(await homeOf(ERIN, "None of yours by this reason.")).toContain("By owner team: 23");
    await world.drive.as(ERIN).clickHome({ actionId: "home.by.owner" });
    await homeOf(ERIN, "1 to 10 of 23");
  });

  it("follows what changes while it is open, and falls back from a page that is gone", async () => {
    const ids = await owned("payments", ...many(12));
    await world.drive.as(ERIN).openHome();
    await homeOf(ERIN, "1 to 10 of 12");
    await world.drive.as(ERIN).clickHome({ actionId: "home.next" });
    await homeOf(ERIN, "11 to 12 of 12");
    const deps = { store, now: () => new Date(), teams: TEAMS, membership: fakeMembership({ S0TREASURY: [ELI] }) };
    for (const entryId of ids.slice(10)) await claimEntry(deps, { entryId, userId: ELI, team: "treasury" });
    await redrawnWith(ERIN, "10 secrets are yours");
    const now = renderView(world.drive.homeView(ERIN) ?? { type: "home", blocks: [] });
    expect(now).toContain("2 things wait for you");
    expect(now).toContain("It is recorded as `treasury`'s. Before that it was `payments`'s.");
    expect(now).toContain(`${folder}/00`);
  });

  it("answers a click on a stale row with what is so now", async () => {
    const [entryId = 0] = await owned("payments", `${folder}/stale`);
    await world.drive.as(ERIN).openHome();
    await homeOf(ERIN, `${folder}/stale`);
    await store.updateTable("entry").set({ goneAt: new Date() }).where("id", "=", entryId).execute();
    await world.drive.as(ERIN).clickHome({ actionId: "home.secret" });
    const card = await world.drive.waitForView(ERIN);
    expect(renderView(card)).toContain("Gone from Vault");
    await world.drive.as(ERIN).closeView();
  });

  it("is drawn over a view that another process published meanwhile, and after Slack's limit", async () => {
    await owned("payments", `${folder}/a`);
    await world.drive.as(ERIN).openHome();
    await homeOf(ERIN, `${folder}/a`);
    const isDue = () => store.selectFrom("home").select("userId").where("dueAt", "is not", null).execute();
    await expect.poll(isDue, WITHIN).toEqual([]); // it has noted its own hash
    await store.updateTable("home").set({ hash: "of-another-view" }).where("userId", "=", ERIN).execute();
    await owned("payments", `${folder}/b`);
    await world.drive.as(ERIN).openHome();
    await homeOf(ERIN, `${folder}/b`);
    await owned("payments", `${folder}/c`);
    world.slack.failNext("views.publish", { status: 429, retryAfter: 1 });
    await world.drive.as(ERIN).openHome();
    await redrawnWith(ERIN, `${folder}/c`);
  });

  it("lets names be names, however hostile they are", async () => {
    await owned("payments", `${folder}/\`*<!channel> <@U0EVIL>\`\n&${"x".repeat(600)}`);
    await world.drive.as(ERIN).openHome();
    await homeOf(ERIN, "x".repeat(100));
    const sent = JSON.stringify(world.drive.homeView(ERIN));
    for (const mention of ["<!channel>", "<@U0EVIL>"]) expect(sent).not.toContain(mention);
  });

  it("gives support the cases and the disputes, which their word settles", async () => {
    const [entryId = 0] = await owned("payments", `${folder}/both`);
    const deps = { store, now: () => new Date(), teams: TEAMS, membership: fakeMembership({ S0TREASURY: [ELI] }) };
    await claimEntry(deps, { entryId, userId: ELI, team: "treasury" });
    await openCase(deps, { topic: "A question about a secret", openedBy: ERIN, requestId: null, entryId });
    await world.drive.as(SOL).openHome();
    const home = await homeOf(SOL, "Whose is it?");
    expect(home).toContain("A case needs support");
    await world.drive.as(SOL).clickHome({ actionId: "own.settle" });
    const modal = await world.drive.waitForView(SOL);
    expect(renderView(modal)).toContain("before, it belonged to `payments`");
    await world.drive.as(SOL).submitView({ "own.team": "payments" });
    await redrawnWith(SOL, "1 thing waits for you");
    const owner = await store
      .selectFrom("metadataConfirmation")
      .select(["value", "confirmedBy"])
      .where("entryId", "=", entryId)
      .executeTakeFirst();
    expect(owner).toEqual({ value: "payments", confirmedBy: SOL });
    await world.drive.as(SOL).clickHome({ actionId: "home.case" });
    expect(renderView(await world.drive.waitForView(SOL))).toContain("Needs support");
    await world.drive.as(SOL).closeView();
  });

  it("remembers no more than pages, and takes no page from a view that is not ours", async () => {
    await world.drive.as(ERIN).openHome();
    const view = await world.drive.waitForHome(ERIN);
    expect(JSON.parse(view.private_metadata ?? "")).toEqual(FIRST_PAGES);
  });

  it("says so when Slack does not tell the groups, and shows what does not need them", async () => {
    await owned("payments", `${folder}/a`);
    // More than it asks for: nobody after this test needs the groups.
    for (let n = 0; n < 40; n += 1) world.slack.failNext("usergroups.users.list", { status: 500 });
    await world.drive.as(ERIN).openHome();
    const home = await homeOf(ERIN, "Slack did not tell me which groups you are in");
    expect(home).not.toContain(`${folder}/a`);
  });
});

describe("everything that was sent", () => {
  it("is what Slack would have taken, but for old hashes: the one that a test sent, and a click beside a redraw", () => {
    const faults = new Set(world.slack.violations().map(({ method, error }) => `${method} ${error}`));
    expect(faults).toEqual(new Set(["views.publish hash_conflict"]));
  });
});
