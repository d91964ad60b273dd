import { describe, expect, it } from "vitest";
import type { LaneLimits } from "../../../src/migration/lane-of.ts";
import { judgeLanes } from "../../../src/migration/lanes/judge-lanes.ts";
import { countProgress } from "../../../src/migration/progress/count-progress.ts";
import {
  DIMENSIONS,
  laneCount,
  PROGRESS_STATES,
  percent,
  stateCount,
  totalOf,
} from "../../../src/migration/progress/progress-counts.ts";
import type { Store } from "../../../src/store/open-store.ts";
import type { RequestStatus } from "../../../src/store/tables/requests.ts";
import { freshStore } from "../../fresh-store.ts";
import { addSecrets, planMount } from "../plan-world.ts";
import { addRequest, entryAt } from "./progress-world.ts";

const NOW = new Date("2026-06-02T00:00:00Z");
const earlier = (hours: number): Date => new Date(NOW.getTime() - hours * 3_600_000);
const limits: LaneLimits = {
  namespace: "",
  prefixes: [],
  teams: [{ name: "payments", aliases: ["team-payments"], members: { users: ["U1"], usergroups: [] }, vaultRoles: [] }],
};
const judge = (store: Store) => judgeLanes({ store, limits, now: () => NOW });

async function suggest(store: Store, entryId: number, field: string, value: string, source = "rules") {
  const row = { entryId, field, value, source, evidence: "test", confidence: 0.9, suggestedAt: NOW };
  await store.insertInto("metadataSuggestion").values(row).execute();
}

describe("countProgress", () => {
  it("counts each secret once in every dimension, by lane and by how far its newest request is", async () => {
    const { store } = await freshStore();
    const states: Record<string, RequestStatus | null> = {
      plain: null,
      asked: "waiting",
      approved: "approved",
      moving: "migrating",
      moved: "migrated",
      failed: "failed",
      rejected: "rejected",
      undone: "undone",
    };
    await addSecrets(store, planMount("secret"), Object.fromEntries(Object.keys(states).map((name) => [name, {}])));
    await addSecrets(store, planMount("secret"), { "star*": {}, "a/wallet": { keyNames: ["wallet.zip"] } });
    for (const [name, status] of Object.entries(states)) {
      if (status !== null) await addRequest(store, await entryAt(store, `secret/${name}`), status, earlier(1));
    }
    await suggest(store, await entryAt(store, "secret/plain"), "purpose", "database-credential");
    await judge(store);
    const { whole, by } = await countProgress(store, NOW);
    expect(totalOf(whole)).toBe(10);
    expect(Object.fromEntries(PROGRESS_STATES.map((state) => [state, stateCount(whole, state)]))).toEqual({
      ...{ found: 2, identified: 1, asked: 1, approved: 1, moving: 1, moved: 1, cleaned: 0, failed: 1, stopped: 2 },
    });
    expect([laneCount(whole, "standard"), laneCount(whole, "complex")]).toEqual([8, 2]);
    expect(whole.byLane.complex).toMatchObject({ found: 2 });
    for (const dimension of DIMENSIONS) {
      expect(by[dimension].reduce((sum, group) => sum + totalOf(group), 0)).toBe(10);
    }
    expect(by.type.map((group) => [group.name, totalOf(group)])).toEqual([
      ["database-credential", 1],
      ["", 9],
    ]);
  });

  it("takes the newest request's word, and counts what is gone only if it was moved", async () => {
    const { store } = await freshStore();
    await addSecrets(store, planMount("secret"), { again: {}, cleaned: {}, gone: {} });
    const [again, cleaned, gone] = await Promise.all(
      ["again", "cleaned", "gone"].map((name) => entryAt(store, `secret/${name}`)),
    );
    await addRequest(store, again ?? 0, "migrated", earlier(5));
    await addRequest(store, again ?? 0, "waiting", earlier(1));
    await addRequest(store, cleaned ?? 0, "migrated", earlier(5));
    await store
      .updateTable("entry")
      .set({ goneAt: earlier(1) })
      .where("id", "in", [cleaned ?? 0, gone ?? 0])
      .execute();
    await judge(store);
    const { whole } = await countProgress(store, NOW);
    expect([totalOf(whole), stateCount(whole, "asked"), stateCount(whole, "cleaned")]).toEqual([2, 1, 1]);
  });

  it("tells namespaces and mounts apart, and counts an unknown owner as such, last", async () => {
    const { store } = await freshStore();
    await addSecrets(store, planMount("secret"), { "payments/a/b": {}, "nobody/a/b": {}, c: {} });
    await addSecrets(store, planMount("secret", "kv-v2", "emea"), { d: {} });
    await suggest(store, await entryAt(store, "secret/payments/a/b"), "ownerTeam", "payments");
    await suggest(store, await entryAt(store, "secret/nobody/a/b"), "ownerTeam", "nobody");
    await judge(store);
    const { by } = await countProgress(store, NOW);
    const said = (groups: typeof by.team) => groups.map((group) => `${group.name}: ${totalOf(group)}`);
    expect(said(by.namespace)).toEqual([": 3", "emea: 1"]);
    expect(said(by.mount)).toEqual(["secret: 3", "emea/secret: 1"]);
    expect(said(by.team)).toEqual(["payments: 1", ": 3"]);
    expect(by.namespace[1]?.byLane.complex.found).toBe(1);
  });

  it("counts what came since the judgement apart, and says when nobody has judged", async () => {
    const { store } = await freshStore();
    await addSecrets(store, planMount("secret"), { a: {} });
    expect((await countProgress(store, NOW)).judgement).toBeNull();
    await judge(store);
    await addSecrets(store, planMount("secret"), { b: {} });
    const { whole, judgement } = await countProgress(store, NOW);
    expect([whole.unjudged.found, laneCount(whole, "standard"), totalOf(whole)]).toEqual([1, 1, 2]);
    expect(judgement).toMatchObject({ judgedAt: NOW, entryCount: 1, evidence: null });
  });
});

describe("judgeLanes", () => {
  it("writes what changed and nothing else, however often it runs", async () => {
    const { store } = await freshStore();
    await addSecrets(store, planMount("secret"), { a: {}, b: {} });
    await judge(store);
    const version = () => store.selectFrom("entryLane").select(["entryId", "lane"]).orderBy("entryId").execute();
    const first = await version();
    await suggest(store, await entryAt(store, "secret/b"), "purpose", "mixed-bundle");
    await judge(store);
    expect(first.map(({ lane }) => lane)).toEqual(["standard", "standard"]);
    expect((await version()).map(({ lane }) => lane)).toEqual(["standard", "complex"]);
  });

  it("takes a classification from people and from Vault's metadata, and from no guess", async () => {
    const { store } = await freshStore();
    await addSecrets(store, planMount("secret"), { guessed: {}, written: {}, said: {} });
    const ids = await Promise.all(["guessed", "written", "said"].map((name) => entryAt(store, `secret/${name}`)));
    await suggest(store, ids[0] ?? 0, "classification", "restricted", "rules");
    await suggest(store, ids[1] ?? 0, "classification", "restricted", "vault-metadata");
    const said = { field: "classification", value: "restricted", confirmedBy: "U1", confirmedAt: NOW };
    await store
      .insertInto("metadataConfirmation")
      .values({ entryId: ids[2] ?? 0, ...said })
      .execute();
    await judge(store);
    const rows = await store.selectFrom("entryLane").select(["lane"]).orderBy("entryId").execute();
    expect(rows.map(({ lane }) => lane)).toEqual(["standard", "white-glove", "white-glove"]);
  });
});

describe("percent", () => {
  it.each([
    [0, 0, "0 %"],
    [0, 5, "0 %"],
    [1, 62_800, "under 0.1 %"],
    [1, 20, "5.0 %"],
    [62_799, 62_800, "99.9 %"],
    [5, 5, "100 %"],
  ])("says %i of %i as %s", (part, whole, expected) => {
    expect(percent(part, whole)).toBe(expected);
  });
});
