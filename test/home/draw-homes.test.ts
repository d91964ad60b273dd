import { sql } from "kysely";
import { describe, expect, it } from "vitest";
import { drawHomes, type Published } from "../../src/home/draw-homes.ts";
import { FIRST_PAGES } from "../../src/home/home-place.ts";
import { redrawHomesOf } from "../../src/home/homes-of-subject.ts";
import { askForHome, redrawAllHomes, redrawHomes } from "../../src/home/keep-homes.ts";
import type { HomeState } from "../../src/home/load-home.ts";
import { claimEntry } from "../../src/metadata/claim-entry.ts";
import { fakeMembership } from "../fakes/membership.ts";
import { SETTINGS } from "../slack/sample-states.ts";
import { AT, ELI, ERIN, homeWorld, PAYMENTS, person, team } from "./home-world.ts";

const TEAMS = [PAYMENTS, team("treasury")];

/** Slack's side as a list of what was published; `answers` come first, then everything is taken. */
async function world(...paths: string[]) {
  const base = await homeWorld(...paths);
  const published: { user: string; total: number; hash: string | null; page: number }[] = [];
  const answers: (Published | Error)[] = [];
  const during: (() => Promise<unknown>)[] = [];
  const warned: object[] = [];
  const publish = async ({ person: whose, secrets }: HomeState, hash: string | null): Promise<Published> => {
    await during.shift()?.();
    const answer = answers.shift() ?? { kind: "published", hash: `h${published.length + 1}` };
    if (answer instanceof Error) throw answer;
    published.push({ user: whose.userId, total: secrets.total, hash, page: secrets.page });
    return answer;
  };
  const resolvePerson = async (userId: string) =>
    person({ userId, teams: userId === ERIN ? [PAYMENTS] : [], isApprover: userId === "U0APPROVER" });
  const log = { warn: (fields: object) => void warned.push(fields) };
  const draw = () =>
    drawHomes({ store: base.store, now: () => AT, limits: SETTINGS.limits, resolvePerson, publish, log });
  const open = (userId: string, place = FIRST_PAGES) => askForHome(base.store, userId, place);
  /** As if so many seconds had passed. */
  /** In the database, which knows apart what was opened within a millisecond. */
  const pass = async (seconds: number) => {
    const by = sql`make_interval(secs => ${seconds})`;
    await sql`update home set opened_at = opened_at - ${by}, drawn_at = drawn_at - ${by}, due_at = due_at - ${by}`.execute(
      base.store,
    );
  };
  const users = () => published.map(({ user }) => user);
  return { ...base, published, answers, during, warned, draw, open, pass, users };
}

describe("drawing Home tabs", () => {
  it("draws whoever opened theirs, the last one first, and nobody else", async () => {
    const { draw, open, users } = await world();
    for (const user of ["U1", "U2", "U3"]) await open(user);
    await draw();
    await draw();
    expect(users()).toEqual(["U3", "U2", "U1"]);
  });

  it("draws again what shows a changed secret, at most once in the gap, however much changes", async () => {
    const { store, draw, open, own, idOf, pass, published, users } = await world("a", "b");
    await own("a", "payments");
    await open(ERIN);
    await open(ELI);
    await draw();
    await own("b", "payments");
    for (let n = 0; n < 5; n += 1) await redrawHomes(store, [`entry:${await idOf("a")}`]);
    await draw();
    expect(published).toHaveLength(2); // within the gap
    await pass(4);
    await draw();
    await draw();
    expect(users()).toEqual([ELI, ERIN, ERIN]);
    expect(published.at(-1)).toEqual({ user: ERIN, total: 2, hash: "h2", page: 1 });
  });

  it("does not lose a change that comes while it is drawn", async () => {
    const { store, during, draw, open, pass, published } = await world();
    await open(ERIN);
    during.push(() => redrawAllHomes(store));
    await draw();
    await pass(4);
    await draw();
    await pass(4);
    await draw();
    expect(published).toHaveLength(2);
  });

  it("forgets who opened theirs more than an hour ago, until they open it again", async () => {
    const { store, draw, open, pass, users } = await world();
    await open(ERIN);
    await draw();
    await pass(61 * 60);
    await redrawAllHomes(store);
    await draw();
    expect(users()).toHaveLength(1);
    await open(ERIN);
    await draw();
    expect(users()).toHaveLength(2);
  });

  it("reads everything again and publishes over it when somebody else published meanwhile", async () => {
    const { during, answers, draw, open, own, published } = await world("a");
    await open(ERIN);
    await draw();
    await open(ERIN);
    answers.push({ kind: "conflict" });
    during.push(() => own("a", "payments"));
    await draw();
    expect(published.slice(1)).toEqual([
      { user: ERIN, total: 0, hash: "h1", page: 1 },
      { user: ERIN, total: 1, hash: null, page: 1 },
    ]);
  });

  it("rests as long as Slack says, asks for nobody else meanwhile, and loses nobody", async () => {
    const { answers, draw, open, pass, users } = await world();
    for (const user of ["U1", "U2", "U3"]) await open(user);
    answers.push({ kind: "busy", retryAfterSeconds: 17 });
    expect(await draw()).toBe(17);
    expect(users()).toEqual(["U3"]);
    await pass(18);
    expect(await draw()).toBe(0);
    expect(users()).toEqual(["U3", "U3", "U2", "U1"]);
  });

  it("tries a failing one later and later, and gives up in the end without stopping the others", async () => {
    const { answers, draw, open, pass, users, warned } = await world();
    await open("U1");
    await open("U2");
    answers.push(new Error("refused"));
    await draw();
    expect(users()).toEqual(["U1"]);
    for (let n = 0; n < 6; n += 1) {
      answers.push(new Error("refused"));
      await pass(100);
      await draw();
    }
    expect(warned).toHaveLength(5);
    expect(warned.at(-1)).toEqual({ code: "Error", failures: 5 });
  });

  it("stays on its page while data changes, and falls back where that page is gone", async () => {
    const paths = Array.from({ length: 25 }, (_, n) => `p/${String(n).padStart(2, "0")}`);
    const { store, draw, open, own, pass, published } = await world(...paths);
    for (const path of paths) await own(path, "payments");
    await open(ERIN, { ...FIRST_PAGES, secrets: 3 });
    await draw();
    await store.updateTable("entry").set({ goneAt: AT }).where("path", ">=", "p/12").execute();
    await redrawAllHomes(store);
    await pass(4);
    await draw();
    await redrawAllHomes(store);
    await pass(4);
    await draw();
    expect(published.map(({ page, total }) => [page, total])).toEqual([
      [3, 25],
      [2, 12],
      [2, 12],
    ]);
  });

  it("reaches those to whom a change is new: requester, approvers, the team that gets a secret", async () => {
    const { store, draw, open, ask, idOf, pass, published } = await world("x");
    for (const user of [ERIN, ELI, "U0APPROVER"]) await open(user);
    await draw();
    published.length = 0;
    await redrawHomesOf(store, TEAMS, `request:${await ask("x", ELI)}`);
    await pass(4);
    await draw();
    expect(published.map(({ user }) => user).sort()).toEqual(["U0APPROVER", ELI].sort());
    published.length = 0;
    const entryId = await idOf("x");
    const deps = { store, now: () => AT, membership: fakeMembership({ S0PAYMENTS: [ERIN] }), teams: TEAMS };
    await claimEntry(deps, { entryId, userId: ERIN, team: "payments" });
    await redrawHomesOf(store, TEAMS, `entry:${entryId}`);
    await pass(4);
    await draw();
    expect(published.map(({ user, total }) => [user, total]).sort()).toEqual(
      [
        [ERIN, 1],
        [ELI, 1],
      ].sort(),
    );
  });
});
