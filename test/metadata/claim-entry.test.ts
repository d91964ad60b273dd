import { describe, expect, it } from "vitest";
import { writeDetails, writeNames } from "../../src/catalog/entry-rows.ts";
import { claimEntry, disclaimEntry } from "../../src/metadata/claim-entry.ts";
import { confirmMetadata } from "../../src/metadata/confirm-metadata.ts";
import { ownerOf } from "../../src/metadata/owner-of.ts";
import type { Team } from "../../src/metadata/team.ts";
import { PAYMENTS_API, record, use } from "../catalog/usage/recorded-usage.ts";
import { kvMount } from "../fakes/catalog-source.ts";
import { fakeMembership } from "../fakes/membership.ts";
import { freshStore } from "../fresh-store.ts";

const AT = new Date("2026-06-01T09:00:00Z");
const WINDOW = ["2026-05-01T00:00:00Z", "2026-06-01T00:00:00Z"] as const;
const team = (name: string, group: string): Team => ({
  name,
  aliases: [`team-${name}`],
  members: { users: [], usergroups: [group] },
  vaultRoles: [`${name}-api`],
});
const TEAMS = [team("payments", "S0PAY"), team("treasury", "S0TRE")];

/** Erin is of payments, Eli of treasury, Bea of both. */
async function world(path = "team-payments/checkout/prod/stripe") {
  const { store } = await freshStore();
  await writeNames(store, kvMount("secret"), [path], AT);
  const { id: entryId } = await store.selectFrom("entry").select("id").executeTakeFirstOrThrow();
  const membership = fakeMembership({ S0PAY: ["U0ERIN", "U0BEA"], S0TRE: ["U0ELI", "U0BEA"] });
  let minute = 0;
  const now = () => new Date(AT.getTime() + minute++ * 60_000);
  const deps = { store, now, membership, teams: TEAMS };
  const events = async () =>
    (await store.selectFrom("auditEvent").select(["kind", "actor", "content"]).orderBy("seq").execute()).map(
      ({ kind, actor, content }) => `${kind} ${actor} ${content}`,
    );
  return {
    store,
    entryId,
    membership,
    events,
    claim: (userId: string, name: string) => claimEntry(deps, { entryId, userId, team: name }),
    disclaim: (userId: string, name: string) => disclaimEntry(deps, { entryId, userId, team: name }),
    owner: () => ownerOf(store, TEAMS, entryId),
    describeIt: (customMetadata: Record<string, string>) =>
      writeDetails(store, [
        { id: entryId, currentVersion: 1, versions: [], keyNames: [], customMetadata, createdAt: AT, updatedAt: AT },
      ]),
  };
}

describe("claimEntry", () => {
  it("makes the team the confirmed owner, with who said so, in the audit chain and on every copy", async () => {
    const { claim, owner, events, store, entryId } = await world();
    expect(await owner()).toMatchObject({
      team: "payments",
      isConfirmed: false,
      because: "`team-payments` in the path",
    });
    await claim("U0ERIN", "team-payments");
    expect(await owner()).toMatchObject({
      team: "payments",
      isConfirmed: true,
      confirmedBy: { by: "U0ERIN", at: AT },
      contradictedBy: [],
    });
    expect(await events()).toEqual(['owner.claimed U0ERIN {"team":"payments"}']);
    const redraws = await store.selectFrom("outbox").select(["kind", "subject"]).execute();
    expect(redraws).toEqual([{ kind: "redraw", subject: `entry:${entryId}` }]);
  });

  it("asks who is in the team at that moment, and records nothing for others", async () => {
    const { claim, membership, store, owner } = await world();
    await expect(claim("U0ELI", "payments")).rejects.toMatchObject({
      code: "NOT_IN_TEAM",
      userMessage: "You can't speak for payments: that needs somebody from <!subteam^S0PAY>. Nothing was recorded.",
    });
    membership.groups.S0PAY = [];
    await expect(claim("U0ERIN", "payments")).rejects.toMatchObject({ code: "NOT_IN_TEAM" });
    await expect(claim("U0ERIN", "no-such-team")).rejects.toMatchObject({ code: "TEAM_UNKNOWN" });
    expect((await owner()).isConfirmed).toBe(false);
    expect(await store.selectFrom("auditEvent").select("seq").execute()).toEqual([]);
  });

  it("refuses a secret that is gone, and one that the team has already", async () => {
    const { claim, store, events } = await world();
    await claim("U0ERIN", "payments");
    await expect(claim("U0BEA", "payments")).rejects.toMatchObject({
      code: "ALREADY_OWNED",
      userMessage: expect.stringContaining("<@U0ERIN> said so"),
    });
    await store.updateTable("entry").set({ goneAt: AT }).execute();
    await expect(claim("U0ELI", "treasury")).rejects.toMatchObject({ code: "ENTRY_UNKNOWN" });
    expect(await events()).toHaveLength(1);
  });

  it("records one claim of several that come at once", async () => {
    const { claim, events } = await world();
    const outcomes = await Promise.allSettled(
      ["U0ERIN", "U0BEA", "U0ERIN", "U0BEA"].map((by) => claim(by, "payments")),
    );
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    expect(await events()).toHaveLength(1);
  });

  it("keeps the team that had it until then beside the new owner, until one of them gives it up", async () => {
    const { claim, disclaim, owner } = await world();
    await claim("U0ERIN", "payments");
    await claim("U0ELI", "treasury");
    expect(await owner()).toMatchObject({
      team: "treasury",
      isConfirmed: true,
      contradictedBy: [{ team: "payments", kind: "ours-too", by: "U0ERIN" }],
    });
    await disclaim("U0BEA", "payments");
    expect(await owner()).toMatchObject({
      team: "treasury",
      contradictedBy: [{ team: "payments", kind: "not-ours", by: "U0BEA" }],
    });
  });

  it("counts the earlier word again when the later owner gives it up", async () => {
    const { claim, disclaim, owner } = await world();
    await claim("U0ERIN", "payments");
    await claim("U0ELI", "treasury");
    await disclaim("U0ELI", "treasury");
    expect(await owner()).toMatchObject({ team: "payments", isConfirmed: true, confirmedBy: { by: "U0ERIN", at: AT } });
  });
});

describe("whose an entry is", () => {
  const reads = (count: number, role: string) =>
    Array.from({ length: count }, (_, n) =>
      use("x/y", `2026-05-${10 + n}T09:00:00Z`, { client: { ...PAYMENTS_API, role } }),
    );

  it("is guessed from who reads it most, after what custom metadata says and before the names", async () => {
    const { store, owner, describeIt, disclaim } = await world("x/y");
    await record(store, [...reads(2, "payments-api"), ...reads(3, "treasury-api"), ...reads(4, "backup")], WINDOW);
    expect(await owner()).toMatchObject({
      team: "treasury",
      isConfirmed: false,
      because: "role `treasury-api` reads it",
      confirmedBy: null,
    });
    await disclaim("U0ELI", "treasury");
    expect(await owner()).toMatchObject({ team: "payments", because: "role `payments-api` reads it" });
    await describeIt({ owner: "team-loans" });
    expect(await owner()).toMatchObject({ team: "team-loans", because: "custom metadata `owner` in Vault" });
  });
});

describe("disclaimEntry", () => {
  it("speaks against a guess, so that the next best stands", async () => {
    const { disclaim, owner, describeIt, events } = await world();
    await describeIt({ team: "Treasury" });
    expect(await owner()).toMatchObject({ team: "treasury", because: "custom metadata `team` in Vault" });
    await disclaim("U0ELI", "treasury");
    expect(await owner()).toMatchObject({
      team: "payments",
      isConfirmed: false,
      contradictedBy: [{ team: "treasury", kind: "not-ours", by: "U0ELI", at: AT }],
    });
    expect(await events()).toEqual(['owner.disclaimed U0ELI {"team":"treasury"}']);
    await expect(disclaim("U0BEA", "treasury")).rejects.toMatchObject({ code: "ALREADY_DISCLAIMED" });
  });

  it("speaks against what somebody of another team wrote into a form", async () => {
    const { store, entryId, disclaim, owner, claim } = await world("x/y");
    await confirmMetadata(store, { entryId, values: { ownerTeam: "treasury" }, by: "U0ERIN", now: AT });
    expect(await owner()).toMatchObject({ team: "treasury", isConfirmed: true });
    await disclaim("U0ELI", "treasury");
    expect(await owner()).toMatchObject({ team: null, isConfirmed: false });
    await claim("U0ERIN", "payments");
    expect(await owner()).toMatchObject({ team: "payments", isConfirmed: true, contradictedBy: [] });
  });

  it("is taken back by a later claim of the same team, and both stay readable", async () => {
    const { store, disclaim, claim, owner } = await world();
    await claim("U0ERIN", "payments");
    await disclaim("U0BEA", "payments");
    expect((await owner()).isConfirmed).toBe(false);
    await claim("U0ERIN", "payments");
    expect(await owner()).toMatchObject({ team: "payments", isConfirmed: true, contradictedBy: [] });
    const kept = await store.selectFrom("ownerContradiction").selectAll().execute();
    expect(kept).toMatchObject([{ team: "payments", kind: "not-ours", saidBy: "U0BEA", settledBy: "U0ERIN" }]);
  });

  it("is for members alone", async () => {
    const { disclaim, store } = await world();
    await expect(disclaim("U0ELI", "payments")).rejects.toMatchObject({ code: "NOT_IN_TEAM" });
    expect(await store.selectFrom("ownerContradiction").selectAll().execute()).toEqual([]);
  });
});
