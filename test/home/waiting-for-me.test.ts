import { sql } from "kysely";
import { describe, expect, it } from "vitest";
import type { HomePerson } from "../../src/home/home-person.ts";
import { listWaitingForMe, subjectOf } from "../../src/home/waiting-for-me.ts";
import { claimEntry, disclaimEntry } from "../../src/metadata/claim-entry.ts";
import { openCase } from "../../src/support/open-case.ts";
import { fakeMembership } from "../fakes/membership.ts";
import { AT, ELI, ERIN, homeWorld, PAYMENTS, person, team } from "./home-world.ts";

const TREASURY = team("treasury");
const [ADA, SOL] = ["U0APPROVER", "U0SUPPORTER"];
const approver = person({ userId: ADA, teams: [], isApprover: true });
const supporter = person({ userId: SOL, teams: [], isStaff: true });
const later = (minutes: number) => new Date(AT.getTime() + minutes * 60_000);

async function world(...paths: string[]) {
  const base = await homeWorld(...paths);
  const membership = fakeMembership({ S0PAYMENTS: [ERIN], S0TREASURY: [ELI] });
  const deps = { store: base.store, now: () => AT, membership, teams: [PAYMENTS, TREASURY] };
  const speak = async (act: typeof claimEntry, userId: string, name: string, path: string) =>
    act(deps, { entryId: await base.idOf(path), userId, team: name });
  const waiting = async (who: HomePerson, slice = { limit: 10, offset: 0 }) => {
    const { rows, total } = await listWaitingForMe(base.store, who, slice);
    expect(rows.length).toBeLessThanOrEqual(total);
    return rows.map((item) => `${item.kind} ${subjectOf(item)}`);
  };
  return { ...base, speak, waiting };
}

describe("what waits for a person", () => {
  it("is, for an approver, other people's requests, the oldest first", async () => {
    const { ask, waiting } = await world("a", "b", "c", "d");
    const young = await ask("a", ERIN, "waiting", later(5));
    const old = await ask("b", ELI, "waiting", later(1));
    await ask("c", ADA, "waiting");
    await ask("d", ERIN, "approved");
    expect(await waiting(approver)).toEqual([`decision request:${old}`, `decision request:${young}`]);
    expect(await waiting(person())).toEqual([]);
  });

  it("is their own requests that failed", async () => {
    const { ask, waiting } = await world("a", "b");
    const failed = await ask("a", ERIN, "failed");
    await ask("b", ELI, "failed");
    expect(await waiting(person())).toEqual([`failure request:${failed}`]);
  });

  it("is, for staff, open cases of others and those that they claimed", async () => {
    const { store, waiting } = await world();
    const ask = async (openedBy: string, topic: string) =>
      (await openCase({ store, now: () => AT }, { topic, openedBy, requestId: null, entryId: null })).caseId;
    const open = await ask(ERIN, "A question about a secret");
    await ask(SOL, "A question of my own");
    const mine = await ask(ELI, "A question that Sol claimed");
    const others = await ask(ELI, "A question that somebody else claimed");
    const claim = (id: string, claimedBy: string) =>
      store.updateTable("supportCase").set({ status: "claimed", claimedBy }).where("id", "=", id).execute();
    await claim(mine, SOL);
    await claim(others, "U0SOMEBODY");
    expect(await waiting(supporter)).toEqual([`case case:${open}`, `case case:${mine}`]);
    expect(await waiting(person())).toEqual([]);
  });

  it("is a secret that two teams claim, for both teams and for staff, until one gives it up", async () => {
    const { idOf, speak, waiting } = await world("x");
    await speak(claimEntry, ERIN, "payments", "x");
    expect(await waiting(supporter)).toEqual([]);
    await speak(claimEntry, ELI, "treasury", "x");
    const item = `owner entry:${await idOf("x")}`;
    const [payments, treasury] = [person(), person({ userId: ELI, teams: [TREASURY] })];
    for (const who of [supporter, payments, treasury]) expect(await waiting(who)).toEqual([item]);
    for (const who of [person({ teams: [] }), person({ teams: [team("loans")] }), approver])
      expect(await waiting(who)).toEqual([]);
    expect(await waiting({ ...supporter, visible: sql<boolean>`false` })).toEqual([]);
    await speak(disclaimEntry, ERIN, "payments", "x");
    for (const who of [supporter, payments, treasury]) expect(await waiting(who)).toEqual([]);
  });

  it("is a secret whose recorded owner says that it is not theirs, but not one that was only guessed", async () => {
    const { idOf, own, guess, speak, waiting } = await world("x", "y");
    await own("x", "treasury");
    await guess("y", "treasury");
    await speak(disclaimEntry, ELI, "treasury", "x");
    await speak(disclaimEntry, ELI, "treasury", "y");
    expect(await waiting(supporter)).toEqual([`owner entry:${await idOf("x")}`]);
  });

  it("is counted whole and read in pages", async () => {
    const paths = Array.from({ length: 13 }, (_, n) => `p/${n}`);
    const { store, ask, waiting } = await world(...paths);
    for (const [n, path] of paths.entries()) await ask(path, ERIN, "waiting", later(n));
    expect(await waiting(approver, { limit: 10, offset: 10 })).toHaveLength(3);
    expect(await listWaitingForMe(store, approver, { limit: 10, offset: 20 })).toEqual({ rows: [], total: 13 });
  });
});
