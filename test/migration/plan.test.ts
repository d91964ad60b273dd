import { describe, expect, it } from "vitest";
import { PLAIN_SETTINGS } from "../../src/approvals/content.ts";
import { judgeMount } from "../../src/migration/plan/judge-entry.ts";
import { nameLookUp } from "../../src/migration/plan/look-up-names.ts";
import { planEstate } from "../../src/migration/plan/plan-estate.ts";
import { VERDICTS } from "../../src/migration/plan/plan-row.ts";
import { preflight } from "../../src/migration/preflight.ts";
import { TargetThrottledError } from "../../src/migration/target-errors.ts";
import { INSTALLATION_TAG } from "../../src/migration/target-tags.ts";
import { requestWorld } from "../approvals/request-world.ts";
import { fakeSecretTarget, textValue } from "../fakes/secret-target.ts";
import { freshStore } from "../fresh-store.ts";
import {
  addPracticeEstate,
  addSecrets,
  inputFor,
  PLAN_INPUT,
  type PlannedSecret,
  planAll,
  planMount,
  sayVerdict,
} from "./plan-world.ts";

const requestToken = "t".repeat(36);

/** A plan of these secrets on the KV v2 mount `secret`. */
async function planOf(secrets: Readonly<Record<string, PlannedSecret>>) {
  const { store } = await freshStore();
  await addSecrets(store, planMount("secret"), secrets);
  return { store, ...(await planAll(store)) };
}

describe("planEstate over the practice estate", () => {
  it("gives every secret one row, ready but for the oddities, in the order of mount and path", async () => {
    const { store } = await freshStore();
    await addPracticeEstate(store, 3_000);
    const { rows, summary } = await planAll(store);
    expect(summary.secretCount).toBe(3_000);
    expect(new Set(rows.map(({ entryId }) => entryId)).size).toBe(3_000);
    const names = rows.map(({ mount, path }) => Buffer.from(`${mount}\u0000${path}`).toString("hex"));
    expect(names).toEqual(names.toSorted());
    const said = rows.filter(({ reasons }) => reasons.length > 0).map((row) => `${row.path}: ${sayVerdict(row)}`);
    const odd = said.filter((line) => line.startsWith("odd/"));
    const others = said.filter((line) => !line.startsWith("odd/"));
    expect(
      others.filter(
        (line) => !/(\*: blocked: PATH_NOT_GRANTABLE|: decide: (KEY_FILES \(SIZE_UNKNOWN\)|MANY_KEYS))$/.test(line),
      ),
    ).toEqual([]);
    expect(odd.toSorted()).toEqual([
      "odd/+/region: blocked: PATH_NOT_GRANTABLE",
      "odd/Ledger: decide: LOOKS_ALIKE NAME_COLLISION",
      "odd/binary-base64: decide: KEY_FILES (SIZE_UNKNOWN)",
      "odd/cafe\u0301: decide: LOOKS_ALIKE",
      "odd/caf\u00e9: decide: LOOKS_ALIKE",
      "odd/deleted-current: blocked: VERSION_DELETED",
      "odd/ledger: decide: LOOKS_ALIKE NAME_COLLISION",
      "odd/seventy-kilobytes: decide: KEY_FILES (SIZE_UNKNOWN)",
      "odd/wild*: blocked: PATH_NOT_GRANTABLE",
    ]);
  });

  it("counts each secret once by verdict, by lane and by mount", async () => {
    const { store } = await freshStore();
    await addPracticeEstate(store, 300);
    const { byVerdict, byLane, byMount } = (await planAll(store)).summary;
    expect(byVerdict).toEqual({ ready: 264, decide: 24, blocked: 12, skip: 0 });
    expect(byLane.complex).toEqual({ ready: 0, decide: 20, blocked: 11, skip: 0 });
    const sums = [Object.values(byLane), byMount.map((mount) => mount.byVerdict)].map((groups) =>
      VERDICTS.map((verdict) => groups.reduce((sum, counts) => sum + counts[verdict], 0)),
    );
    expect(sums).toEqual([
      [264, 24, 12, 0],
      [264, 24, 12, 0],
    ]);
  });

  it("blocks and lets pass just what the pre-flight of a request blocks and lets pass at the path", async () => {
    const { store } = await freshStore();
    await addPracticeEstate(store, 60);
    const { rows } = await planAll(store);
    const { allowedTargets, limits } = PLAN_INPUT;
    const target = fakeSecretTarget();
    const deps = { store, target, allowedTargets, limits, installation: "glovebox", now: () => new Date() };
    for (const { entryId, target, verdict, path } of rows) {
      if (entryId === null || target === null) throw new Error("a practice secret has a name");
      const faults = await preflight(deps, { entryId, target, tags: {}, shape: { kind: "document" } });
      expect([path, faults.some(({ blocks }) => blocks)]).toEqual([path, verdict === "blocked"]);
    }
  });
});

describe("planEstate", () => {
  it("judges each secret by its name and metadata", async () => {
    const cases: [string, PlannedSecret, string][] = [
      ["fine", {}, "ready"],
      ["keystore", { keyNames: ["keystore.jks", "password"] }, "decide: KEY_FILES (SIZE_UNKNOWN)"],
      ["undescribed", { currentVersion: null }, "ready: (METADATA_UNKNOWN)"],
      ["deleted", { isDeleted: true }, "blocked: VERSION_DELETED"],
      ["a,,b", {}, "blocked: PATH_NOT_GRANTABLE"],
      ["x".repeat(504), {}, "decide: TARGET_NAME_TOO_LONG"],
      ["é".repeat(90), { isDeleted: true }, "blocked: VERSION_DELETED TARGET_NAME_TOO_LONG"],
    ];
    const { at } = await planOf(Object.fromEntries(cases.map(([path, secret]) => [path, secret])));
    expect(cases.map(([path]) => [path, sayVerdict(at(`secret/${path}`))])).toEqual(
      cases.map(([path, , expected]) => [path, expected]),
    );
  });

  it("says of a secret that is gone from Vault only that, and lets it take nobody's name", async () => {
    const { store } = await planOf({ "team/App": {}, "team/app": {} });
    await store.updateTable("entry").set({ goneAt: new Date() }).where("path", "=", "team/App").execute();
    const { at } = await planAll(store);
    expect(at("secret/team/App")).toMatchObject({ verdict: "blocked", target: null });
    expect([sayVerdict(at("secret/team/App")), sayVerdict(at("secret/team/app"))]).toEqual([
      "blocked: SECRET_GONE",
      "ready",
    ]);
  });

  it("lists mounts of other engines in the complex lane, by name, and counts them as no secrets", async () => {
    const { store } = await freshStore();
    await addSecrets(store, planMount("secret"), { a: {} });
    await addSecrets(store, planMount("corp/ad", "ldap", "emea"), {});
    const { rows, summary } = await planAll(store);
    expect(rows.at(-1)).toEqual(judgeMount({ namespace: "emea", path: "corp/ad", engine: "ldap" }, PLAN_INPUT.limits));
    expect(rows.at(-1)).toMatchObject({ kind: "mount", verdict: "blocked", lane: "complex" });
    expect(rows.at(-1)?.nextStep).toContain("ldap");
    expect(summary).toMatchObject({
      secretCount: 1,
      otherEngines: [{ mount: "emea/corp/ad", engine: "ldap", roleCount: 0 }],
    });
  });

  it("gives each role of another engine a row of its own, counted with its mount and as no secret", async () => {
    const { store } = await freshStore();
    await addSecrets(store, planMount("secret"), { "static-role/svc": {} });
    await addSecrets(store, planMount("ldap", "ldap"), { "static-role/svc": {}, "static-role/gone": {} });
    await store.updateTable("entry").set({ goneAt: new Date() }).where("path", "=", "static-role/gone").execute();
    const { summary, at } = await planAll(store);
    expect(at("ldap/static-role/svc")).toMatchObject({ kind: "role", verdict: "blocked", target: null });
    expect(sayVerdict(at("ldap/static-role/svc"))).toBe("blocked: ENGINE_NOT_KV ROTATED_BY_VAULT");
    expect(sayVerdict(at("secret/static-role/svc"))).toBe("ready");
    expect(summary).toMatchObject({ secretCount: 1, otherEngines: [{ mount: "ldap", roleCount: 1 }] });
  });

  it("finds the same path in two namespaces and mounts with slashes to be different names", async () => {
    const { store } = await freshStore();
    for (const mount of [planMount("a"), planMount("a", "kv-v2", "ns"), planMount("a/b")]) {
      await addSecrets(store, mount, { "b/c": {}, c: {} });
    }
    const { rows } = await planAll(store);
    expect(new Set(rows.map(({ target }) => target?.name)).size).toBe(6);
    expect(rows.filter(({ reasons }) => reasons.some(({ code }) => code === "NAME_COLLISION"))).toEqual([]);
  });

  it("names the others that look alike, with what the eye can't see", async () => {
    const { at } = await planOf({ "app/key": {}, "app/key ": {} });
    expect(at("secret/app/key").nextStep).toContain("`secret/app/key␠` (a blank at the edge");
    expect(at("secret/app/key ").nextStep).toContain("`secret/app/key` (here a blank at the edge");
  });

  it("names a few of a large group and counts the rest, so that rows stay small", async () => {
    const letters = [..."abcdefghijk"];
    const paths = Array.from({ length: 2 ** letters.length }, (_, n) =>
      letters.map((letter, bit) => ((n >> bit) & 1 ? letter.toUpperCase() : letter)).join(""),
    );
    const { rows, summary } = await planOf(Object.fromEntries(paths.map((path) => [path, {}])));
    expect(summary.reasons).toMatchObject([
      { code: "LOOKS_ALIKE", count: 2_048 },
      { code: "NAME_COLLISION", count: 2_048 },
    ]);
    expect(rows[0]?.nextStep).toContain("and 2,044 more");
    expect(Math.max(...rows.map((row) => JSON.stringify(row).length))).toBeLessThan(1_500);
  });

  it("judges what was there when it began, whatever a crawl adds meanwhile", async () => {
    const { store } = await planOf({ a: {}, b: {} });
    let rowCount = 0;
    const summary = await planEstate({ store, now: () => new Date(), lookUp: null }, PLAN_INPUT, async (rows) => {
      rowCount += rows.length;
      await addSecrets(store, planMount("secret"), { c: {} });
      await addSecrets(store, planMount("later", "pki"), {});
    });
    expect([rowCount, summary.secretCount, summary.otherEngines]).toEqual([2, 2, []]);
  });

  it("says how old the catalogue is and what it could not see", async () => {
    const { store } = await freshStore();
    expect((await planAll(store)).summary.catalogue).toEqual({
      finishedAt: null,
      unreadableCount: 0,
      isNewerUnfinished: false,
    });
    const finishedAt = new Date("2026-05-31T00:00:00Z");
    const crawl = store.insertInto("crawl").values({ startedAt: finishedAt, finishedAt });
    const { id: crawlId } = await crawl.returning("id").executeTakeFirstOrThrow();
    const branch = { namespace: "", mount: "secret", branch: "hr/", missingRight: null, reason: "no right" };
    await store
      .insertInto("unreadableBranch")
      .values({ crawlId, kind: "folder", ...branch })
      .execute();
    await store.insertInto("crawl").values({ startedAt: new Date() }).execute();
    expect((await planAll(store)).summary.catalogue).toEqual({
      finishedAt,
      unreadableCount: 1,
      isNewerUnfinished: true,
    });
  });

  it("judges confirmed metadata as the tags that it becomes", async () => {
    const { store, rows } = await planOf({ a: {} });
    const said = { entryId: rows[0]?.entryId ?? 0, confirmedBy: "U1", confirmedAt: new Date() };
    await store
      .insertInto("metadataConfirmation")
      .values({ ...said, field: "ownerTeam", value: "team;a" })
      .execute();
    expect(sayVerdict((await planAll(store)).at("secret/a"))).toBe("decide: TAG_INVALID");
  });
});

describe("planEstate after people have asked", () => {
  const input = inputFor("prod/");
  const judge = async ({ store }: Pick<Awaited<ReturnType<typeof requestWorld>>, "store">, path = "team-a/stripe") =>
    (await planAll(store, input)).at(`secret/${path}`);

  it("skips what is under way and what was moved, and names the request", async () => {
    const world = await requestWorld();
    const requestId = await world.request();
    expect(await judge(world)).toMatchObject({ verdict: "skip", requestId, target: { name: "prod/team-a/stripe" } });
    const { migrationId } = await world.approve(requestId);
    expect(sayVerdict(await judge(world))).toBe("skip: REQUEST_UNDER_WAY");
    await world.engineLeft(migrationId, "done");
    expect(sayVerdict(await judge(world))).toBe("skip: ALREADY_MIGRATED");
  });

  it("asks a person when Vault's version moved on after the move, and keeps the name", async () => {
    const world = await requestWorld();
    const { migrationId } = await world.approve(await world.request());
    await world.engineLeft(migrationId, "done");
    await world.store.updateTable("entry").set({ currentVersion: 4 }).execute();
    const row = await judge(world);
    expect(sayVerdict(row)).toBe("decide: VERSION_MOVED_ON");
    expect(row.target?.name).toBe("prod/team-a/stripe");
    expect(row.nextStep).toContain("moved version 3, Vault now has 4");
  });

  it("asks a person after a failure, a rejection or an undo, and only notes an end without a decision", async () => {
    const world = await requestWorld();
    const requestId = await world.request();
    const said: string[] = [];
    for (const status of ["failed", "rejected", "undone", "expired", "withdrawn"] as const) {
      await world.store.updateTable("request").set({ status }).where("id", "=", requestId).execute();
      const row = await judge(world);
      expect(row.requestId).toBe(requestId);
      said.push(sayVerdict(row));
    }
    expect(said).toEqual([
      "decide: LAST_MIGRATION_FAILED",
      "decide: REQUEST_REJECTED",
      "decide: MIGRATION_UNDONE",
      "ready: (REQUEST_EXPIRED)",
      "ready: (REQUEST_WITHDRAWN)",
    ]);
  });

  it("asks for another name where a request of another path has it, in other capitals too", async () => {
    const world = await requestWorld();
    await addSecrets(world.store, planMount("prod"), { "Team-A/stripe": {}, "team-a/stripes": {} });
    const requestId = await world.request();
    const { at } = await planAll(world.store, inputFor(""));
    expect(at("prod/Team-A/stripe")).toMatchObject({ verdict: "decide", target: { name: "prod/Team-A/stripe" } });
    expect(at("prod/Team-A/stripe").nextStep).toContain(requestId);
    expect(sayVerdict(at("prod/team-a/stripes"))).toBe("ready");
  });
});

describe("planEstate with a look at AWS", () => {
  const targetOf = (path: string) => ({ ...PLAN_INPUT.rule, name: `vault/secret/${path}`, kmsKeyId: null });
  const lookUpOf = (store: Awaited<ReturnType<typeof freshStore>>["store"], aws = fakeSecretTarget()) => {
    const asked: string[] = [];
    const describe: typeof aws.describe = async (target) => {
      asked.push(target.name);
      return aws.describe(target);
    };
    return { asked, lookUp: nameLookUp({ store, target: { describe }, installation: "glovebox", concurrency: 4 }) };
  };

  it("says which names are free, taken, and on their way out", async () => {
    const { store } = await planOf({ free: {}, taken: {}, scheduled: {} });
    const aws = fakeSecretTarget();
    for (const path of ["taken", "scheduled"]) {
      await aws.create(targetOf(path), textValue("v"), {
        requestToken,
        tags: { [INSTALLATION_TAG]: "other" },
        settings: PLAIN_SETTINGS,
      });
    }
    await aws.scheduleDeletion(targetOf("scheduled"), 30);
    const { at, summary } = await planAll(store, PLAN_INPUT, lookUpOf(store, aws).lookUp);
    const said = ["free", "taken", "scheduled"].map((path) => {
      const row = at(`secret/${path}`);
      return `${row.nameInAws}, ${sayVerdict(row)}`;
    });
    expect(said).toEqual(["free, ready", "in-use, decide: TARGET_TAKEN", "in-use, decide: TARGET_TOMBSTONED"]);
    expect(summary.lookUp).toEqual({ answered: 3, unanswered: 0, leftOut: 0, lastErrorCode: null });
  });

  it("asks about each name that may move once, and about no other", async () => {
    const { store } = await planOf({ fine: {}, Twin: {}, twin: {}, "wild*": {}, deleted: { isDeleted: true } });
    const { asked, lookUp } = lookUpOf(store);
    const { at } = await planAll(store, PLAN_INPUT, lookUp);
    expect(asked.toSorted()).toEqual(["vault/secret/Twin", "vault/secret/fine", "vault/secret/twin"]);
    expect(at("secret/deleted").nameInAws).toBe("not-looked-up");
  });

  it("stops asking when AWS keeps failing, and counts what it left out", async () => {
    const { store } = await planOf(Object.fromEntries(Array.from({ length: 60 }, (_, n) => [`app-${n}`, {}])));
    const aws = fakeSecretTarget();
    const throttled: typeof aws.describe = async (target) => {
      throw new TargetThrottledError({ operation: "DescribeSecret", target });
    };
    const { asked, lookUp } = lookUpOf(store, { ...aws, describe: throttled });
    const { rows, summary } = await planAll(store, PLAN_INPUT, lookUp);
    const { unanswered, leftOut, lastErrorCode } = summary.lookUp ?? {};
    expect([unanswered, lastErrorCode]).toEqual([asked.length, "TARGET_THROTTLED"]);
    expect(asked.length).toBeLessThan(25);
    expect((unanswered ?? 0) + (leftOut ?? 0)).toBe(60);
    const said = Map.groupBy(rows, (row) => `${row.nameInAws}, ${sayVerdict(row)}`);
    expect(said.get("no-answer, ready: (TARGET_NOT_CHECKED)")).toHaveLength(unanswered ?? 0);
    expect(said.get("not-looked-up, ready")).toHaveLength(leftOut ?? 0);
  });
});
