import { describe, expect, it } from "vitest";
import { canonicalTeam, type Team, teamNamed, teamOfReader, teamsOf } from "../../src/metadata/team.ts";
import { fakeMembership } from "../fakes/membership.ts";

const team = (
  name: string,
  { aliases = [], vaultRoles = [] }: { aliases?: string[]; vaultRoles?: string[] } = {},
): Team => ({
  ...{ name, aliases, vaultRoles },
  members: { users: [], usergroups: [`S0${name.toUpperCase()}`] },
});

describe("a team's name", () => {
  const teams = [team("payments", { aliases: ["team-payments", "PAY"] }), team("treasury")];

  it.each([
    ["payments", "payments"],
    [" Team-Payments ", "payments"],
    ["pay", "payments"],
    ["TREASURY", "treasury"],
  ])("%j means %s", (written, name) => {
    expect(teamNamed(teams, written)?.name).toBe(name);
    expect(canonicalTeam(teams, written)).toBe(name);
  });

  it("stays as it is where no team is meant", () => {
    expect(teamNamed(teams, "pays")).toBeNull();
    expect(canonicalTeam(teams, " loans ")).toBe("loans");
  });
});

describe("whose reads they are", () => {
  const teams = [
    team("payments", { vaultRoles: ["payments-*", "token-erin"] }),
    team("ledger", { vaultRoles: ["payments-ledger"] }),
  ];
  const reader = (role: string | null, displayName: string | null = null) =>
    teamOfReader(teams, { role, displayName })?.name;

  it("is told by role or display name, and the longest pattern wins", () => {
    expect([reader("payments-api"), reader("payments-ledger"), reader(null, "token-erin")]).toEqual([
      "payments",
      "ledger",
      "payments",
    ]);
    expect([reader("payment"), reader("xpayments-api"), reader(null)]).toEqual([undefined, undefined, undefined]);
  });
});

describe("teamsOf", () => {
  it("asks anew each time, and a person may be in several", async () => {
    const membership = fakeMembership({ S0A: ["U1"], S0B: ["U1"] });
    const deps = { teams: [team("a"), team("b"), team("c")], membership };
    expect((await teamsOf(deps, "U1")).map(({ name }) => name)).toEqual(["a", "b"]);
    membership.groups.S0A = [];
    expect((await teamsOf(deps, "U1")).map(({ name }) => name)).toEqual(["b"]);
    expect(await teamsOf(deps, "U2")).toEqual([]);
  });
});
