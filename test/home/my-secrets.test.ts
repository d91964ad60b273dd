import { sql } from "kysely";
import { describe, expect, it } from "vitest";
import { listMySecrets, type MySecret } from "../../src/home/my-secrets.ts";
import { claimEntry, disclaimEntry } from "../../src/metadata/claim-entry.ts";
import { PAYMENTS_API, record, use } from "../catalog/usage/recorded-usage.ts";
import { fakeMembership } from "../fakes/membership.ts";
import { AT, ELI, ERIN, homeWorld, PAYMENTS, person, team } from "./home-world.ts";

const ALL = { limit: 10, offset: 0 };
const pathsOf = (rows: readonly MySecret[]): string[] => rows.map(({ source }) => source.path);
const read = (path: string, day: string, role = "payments-api") =>
  use(path, `2026-05-${day}T09:00:00Z`, { client: { ...PAYMENTS_API, role } });

describe("listMySecrets", () => {
  it("finds what a person's teams own, read, and what they asked for, each once and with all its reasons", async () => {
    const { store, own, guess, ask } = await homeWorld("a/owned", "b/guessed", "c/read", "d/asked", "e/all", "f/other");
    await own("a/owned", "Team-Payments");
    await guess("b/guessed", "payments");
    await own("f/other", "treasury");
    await own("e/all", "payments");
    const asked = await ask("d/asked", ERIN);
    const all = await ask("e/all", ERIN);
    await ask("f/other", ELI);
    const window = ["2026-05-01T00:00:00Z", "2026-05-30T00:00:00Z"] as const;
    await record(
      store,
      [read("c/read", "10"), read("c/read", "11"), read("e/all", "12"), read("f/other", "13", "x")],
      window,
    );
    const { rows, total, counts } = await listMySecrets(store, person(), "all", ALL);
    expect({ total, counts }).toEqual({ total: 5, counts: { all: 5, owner: 3, use: 2, request: 2 } });
    const reasons = rows.map(({ source, owner, use: used, isRequestedByThem, requestId }) => [
      source.path,
      owner && `${owner.team}${owner.isConfirmed ? "" : "?"}`,
      used && `${used.reader} ${used.reads}`,
      isRequestedByThem,
      requestId,
    ]);
    expect(reasons).toEqual([
      ["a/owned", "payments", null, false, null],
      ["c/read", null, "payments-api 2", false, null],
      ["b/guessed", "payments?", null, false, null],
      ["e/all", "payments", "payments-api 1", true, all],
      ["d/asked", null, null, true, asked],
    ]);
    for (const [by, paths] of [
      ["owner", ["a/owned", "b/guessed", "e/all"]],
      ["use", ["c/read", "e/all"]],
      ["request", ["e/all", "d/asked"]],
    ] as const) {
      const shown = await listMySecrets(store, person(), by, ALL);
      expect([pathsOf(shown.rows), shown.total, shown.counts.all]).toEqual([paths, paths.length, 5]);
    }
  });

  it("puts what failed first and what is moved last, and counts past a page", async () => {
    const paths = Array.from({ length: 23 }, (_, n) => `p/${String(n).padStart(2, "0")}`);
    const { store, own, ask } = await homeWorld(...paths);
    for (const path of paths) await own(path, "payments");
    await ask("p/03", ELI, "migrated");
    await ask("p/20", ELI, "failed");
    await ask("p/04", ELI, "withdrawn");
    const list = (offset: number) => listMySecrets(store, person(), "all", { limit: 10, offset });
    const [first, last, past] = [await list(0), await list(20), await list(30)];
    expect(pathsOf(first.rows).slice(0, 4)).toEqual(["p/20", "p/00", "p/01", "p/02"]);
    expect(pathsOf(last.rows)).toEqual(["p/21", "p/22", "p/03"]);
    expect([past.rows, past.total]).toEqual([[], 23]);
  });

  it("leaves out what is gone, and names that the person may not see unless they asked for them", async () => {
    const { store, own, ask } = await homeWorld("open", "hidden/a", "hidden/b", "gone");
    for (const path of ["open", "hidden/a", "hidden/b", "gone"]) await own(path, "payments");
    await ask("hidden/b", ERIN);
    await store.updateTable("entry").set({ goneAt: AT }).where("path", "=", "gone").execute();
    const visible = sql<boolean>`entry.full_path not like 'secret/hidden/%'`;
    const { rows, counts } = await listMySecrets(store, person({ visible }), "all", ALL);
    expect(pathsOf(rows)).toEqual(["open", "hidden/b"]);
    expect(counts.owner).toBe(2);
  });

  it("no longer counts what a member of the team said is not theirs, until it is claimed again", async () => {
    const { store, guess, idOf } = await homeWorld("x");
    await guess("x", "payments");
    const membership = fakeMembership({ S0PAYMENTS: [ERIN] });
    const deps = { store, now: () => AT, membership, teams: [PAYMENTS, team("treasury")] };
    const click = { entryId: await idOf("x"), userId: ERIN, team: "payments" };
    await disclaimEntry(deps, click);
    expect((await listMySecrets(store, person(), "all", ALL)).total).toBe(0);
    await claimEntry(deps, click);
    expect((await listMySecrets(store, person(), "all", ALL)).rows).toMatchObject([{ owner: { isConfirmed: true } }]);
  });

  it("is empty for who is in no team and asked for nothing", async () => {
    const { store, own } = await homeWorld("x");
    await own("x", "payments");
    const { rows, counts } = await listMySecrets(store, person({ userId: ELI, teams: [] }), "all", ALL);
    expect([rows, counts.all]).toEqual([[], 0]);
  });
});
