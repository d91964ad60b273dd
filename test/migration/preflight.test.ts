import { describe, expect, it } from "vitest";
import { PLAIN_SETTINGS, type TargetRef } from "../../src/approvals/content.ts";
import { isAllowedTarget, targetRuleFault } from "../../src/migration/allowed-target.ts";
import type { LaneLimits } from "../../src/migration/lane-of.ts";
import { preflight } from "../../src/migration/preflight.ts";
import type { PreflightInput } from "../../src/migration/preflight-fault.ts";
import { tagFaults } from "../../src/migration/tag-faults.ts";
import { TargetUnavailableError } from "../../src/migration/target-errors.ts";
import { INSTALLATION_TAG } from "../../src/migration/target-tags.ts";
import { addEntry, requestWorld } from "../approvals/request-world.ts";
import { fakeSecretTarget, textValue } from "../fakes/secret-target.ts";

const target: TargetRef = {
  accountId: "111122223333",
  region: "eu-central-1",
  name: "prod/team-a/stripe",
  kmsKeyId: null,
};
const allowedTargets = [
  { accountId: "111122223333", region: "eu-central-1", namePrefix: "prod/", kmsKeyIds: [] },
  { accountId: "444455556666", region: "eu-central-1", namePrefix: "", kmsKeyIds: ["alias/vault"] },
];
const requestToken = "t".repeat(36);
const ours = { [INSTALLATION_TAG]: "glovebox" };

async function preflightWorld() {
  const world = await requestWorld();
  const aws = fakeSecretTarget();
  const deps = {
    ...{ store: world.store, target: aws, allowedTargets, installation: "glovebox", now: world.clock.now },
    limits: { namespace: "", prefixes: [] as string[] },
  };
  const judge = async (patch: Partial<PreflightInput> = {}) =>
    (await preflight(deps, { entryId: world.entryId, target, tags: {}, shape: { kind: "document" }, ...patch })).map(
      ({ code, field, blocks }) => `${field}: ${code}${blocks ? "" : " (note)"}`,
    );
  /** As after a finished migration of the entry to the target. */
  const moveOnce = async (): Promise<void> => {
    const { arn } = await aws.create(target, textValue("v"), { requestToken, tags: ours, settings: PLAIN_SETTINGS });
    const { migrationId } = await world.approve(await world.request());
    await world.engineLeft(migrationId, "done");
    await world.store
      .updateTable("migration")
      .set({ targetArns: [arn] })
      .where("id", "=", migrationId)
      .execute();
  };
  return { ...world, aws, judge, moveOnce, preflightDeps: deps };
}

describe("preflight", () => {
  it("finds nothing against a live secret and a free, allowed name", async () => {
    const { judge } = await preflightWorld();
    expect(await judge()).toEqual([]);
  });

  it.each([
    ["gone from Vault", { goneAt: new Date() }, ["path: SECRET_GONE"]],
    ["of an engine that makes secrets on demand", { engine: "database" }, ["path: ENGINE_NOT_KV"]],
    ["deleted", { versions: [version(3, "2026-01-01T00:00:00Z")] }, ["path: VERSION_DELETED"]],
    ["to be deleted later", { versions: [version(3, "2999-01-01T00:00:00Z")] }, []],
    ["deleted in an older version", { versions: [version(2, "2026-01-01T00:00:00Z"), version(3, null)] }, []],
    ["named with a star", { path: "team-a/*" }, ["path: PATH_NOT_GRANTABLE"]],
    ["in another namespace", { namespace: "bank" }, ["path: NAMESPACE_NOT_SERVED"]],
    [
      "with a key that looks like a file",
      { keyNames: ["keystore.jks"] },
      ["path: KEY_FILES (note)", "path: SIZE_UNKNOWN (note)"],
    ],
  ])("judges a secret that is %s", async (_what, patch, expected) => {
    const { store, entryId, judge } = await preflightWorld();
    const { versions, keyNames, ...rest } = { versions: undefined, keyNames: undefined, ...patch };
    const lists = {
      ...(versions && { versions: JSON.stringify(versions) }),
      ...(keyNames && { keyNames: JSON.stringify(keyNames) }),
    };
    await store
      .updateTable("entry")
      .set({ seenAt: new Date(), ...rest, ...lists })
      .where("id", "=", entryId)
      .execute();
    expect(await judge()).toEqual(expected);
  });

  it("knows the keys only where Vault tells them", async () => {
    const { store, entryId, judge } = await preflightWorld();
    const shape = { kind: "single", key: "password", encoding: "text" } as const;
    expect(await judge({ shape })).toEqual([]);
    await store.updateTable("entry").set({ keyNames: '["user"]' }).where("id", "=", entryId).execute();
    expect(await judge({ shape })).toEqual(["key: KEY_UNKNOWN"]);
    expect(await judge({ shape: { kind: "single", key: "user", encoding: "text" } })).toEqual([]);
  });

  it.each([
    ["without a tag of ours", {}],
    ["with another installation's tag", { [INSTALLATION_TAG]: "glovebox-test" }],
    ["with our tag, and not from this path", ours],
  ])("stops at a name that is taken %s, live or scheduled for deletion", async (_with, tags) => {
    const { aws, judge } = await preflightWorld();
    await aws.create(target, textValue("v"), { requestToken, tags, settings: PLAIN_SETTINGS });
    expect(await judge()).toEqual(["target: TARGET_TAKEN"]);
    await aws.scheduleDeletion(target, 30);
    expect(await judge()).toEqual(["target: TARGET_TOMBSTONED"]);
  });

  it("lets the same path be moved to the same target again, and says what happens there", async () => {
    const { aws, judge, moveOnce } = await preflightWorld();
    await moveOnce();
    expect(await judge()).toEqual(["target: TARGET_GETS_NEW_VERSION (note)"]);
    await aws.scheduleDeletion(target, 30);
    expect(await judge()).toEqual(["target: TARGET_WILL_BE_RESTORED (note)"]);
  });

  it("stops at a name that another path's request has, in other capitals too", async () => {
    const { store, request, judge } = await preflightWorld();
    const requestId = await request();
    const entryId = await addEntry(store, "team-b/stripe", 1);
    expect(await judge({ entryId })).toEqual(["target: TARGET_CLAIMED"]);
    expect(await judge({ entryId, target: { ...target, name: "prod/Team-A/STRIPE" } })).toEqual([
      "target: TARGET_CLAIMED",
    ]);
    expect(await judge({ entryId, target: { ...target, name: "prod/team-a/strip" } })).toEqual([]);
    expect(await judge()).toEqual([]);
    await store.updateTable("request").set({ status: "withdrawn" }).where("id", "=", requestId).execute();
    expect(await judge({ entryId })).toEqual([]);
  });

  it("reads a name back to the path that would get it, and stops at another path's name, in other capitals too", async () => {
    const { store, entryId, judge } = await preflightWorld();
    await addEntry(store, "team-b/stripe", 1);
    const named = (name: string) => judge({ target: { ...target, name } });
    expect(await named("prod/secret/team-b/stripe")).toEqual(["target: NAME_OF_ANOTHER"]);
    expect(await named("prod/SECRET/team-b/Stripe")).toEqual(["target: NAME_OF_ANOTHER"]);
    expect(await named("prod/secret/team-b/stripes")).toEqual([]);
    expect(await named("prod/secret/team-a/stripe")).toEqual([]);
    await addEntry(store, "team-a/STRIPE", 1);
    expect(await named("prod/secret/team-a/stripe")).toEqual(["target: NAME_COLLISION (note)"]);
    await store.updateTable("entry").set({ goneAt: new Date() }).where("id", "!=", entryId).execute();
    expect(await named("prod/secret/team-b/stripe")).toEqual([]);
  });

  describe("of a split value", () => {
    const parts = (...names: string[]) =>
      ({
        kind: "split",
        parts: names.map((name) => ({ name, keys: [name] })),
      }) as const satisfies PreflightInput["shape"];
    const own = { target: { ...target, name: "prod/secret/team-a/stripe" }, shape: parts("db", "api") };

    it("looks at the name of each part: AWS's alphabet, other paths, other requests, and AWS itself", async () => {
      const { store, aws, judge, request } = await preflightWorld();
      expect(await judge(own)).toEqual([]);
      expect(await judge({ ...own, shape: parts("db", "x-abcdef") })).toEqual(["target: TARGET_NAME_AMBIGUOUS"]);
      await aws.create(own.target, textValue("v"), { requestToken, tags: {}, settings: PLAIN_SETTINGS });
      expect(await judge(own)).toEqual([]); // the name itself is not written
      const part = { ...target, name: "prod/secret/team-a/stripe/db" };
      await aws.create(part, textValue("v"), { requestToken, tags: {}, settings: PLAIN_SETTINGS });
      expect(await judge(own)).toEqual(["target: TARGET_TAKEN"]);
      const entryId = await addEntry(store, "team-a/stripe/api", 1);
      expect(await judge({ ...own, shape: parts("api", "other") })).toEqual(["target: NAME_OF_ANOTHER"]);
      await request({ ...own, shape: parts("three", "four") });
      const taken = { ...target, name: "prod/secret/team-a/stripe/FOUR" };
      expect(await judge({ entryId, target: taken })).toEqual(["target: TARGET_CLAIMED"]);
    });

    it("says which keys are unknown, and which no group has", async () => {
      const { store, entryId, judge } = await preflightWorld();
      const setKeys = (keyNames: string) =>
        store.updateTable("entry").set({ keyNames }).where("id", "=", entryId).execute();
      await setKeys('["db"]');
      expect(await judge(own)).toEqual(["key: KEY_UNKNOWN"]);
      await setKeys('["db", "api", "old"]');
      expect(await judge(own)).toEqual(["key: KEYS_LEFT_BEHIND (note)"]);
    });
  });

  it("says lane, reason and next step of a path that can't be lent", async () => {
    const { store, entryId, preflightDeps } = await preflightWorld();
    const textsWith = async (limits: LaneLimits): Promise<string[]> => {
      const deps = { ...preflightDeps, limits };
      return (await preflight(deps, { entryId, target, tags: {}, shape: { kind: "document" } })).map(
        ({ text }) => text,
      );
    };
    expect(await textsWith({ namespace: "", prefixes: ["secret/team-a/"] })).toEqual([]);
    expect(await textsWith({ namespace: "", prefixes: ["secret/team-b/"] })).toEqual([
      "Complex lane: Glovebox works without a gate here, and the path lies outside the prefixes that Vault holds it to. Ask support, who move it by hand.",
    ]);
    expect(await textsWith({ namespace: "bank", prefixes: [] })).toEqual([
      "Complex lane: it is in the root namespace, and this installation serves namespace bank alone. Ask support which installation serves it.",
    ]);
    await store.updateTable("entry").set({ path: "team-a/a+b" }).where("id", "=", entryId).execute();
    expect(await textsWith({ namespace: "", prefixes: [] })).toEqual([
      expect.stringMatching(
        /^Complex lane: Glovebox can't lend exactly this path: its name has a `\*` or `\+`.*Ask support/,
      ),
    ]);
  });

  it("says so when AWS doesn't answer, and stops nobody", async () => {
    const { entryId, preflightDeps } = await preflightWorld();
    const describeTarget = async () => {
      throw new TargetUnavailableError({ operation: "DescribeSecret", target });
    };
    const deps = { ...preflightDeps, target: { describe: describeTarget } };
    const faults = await preflight(deps, { entryId, target, tags: {}, shape: { kind: "document" } });
    expect(faults).toMatchObject([{ code: "TARGET_NOT_CHECKED", blocks: false }]);
  });

  it("names every fault together", async () => {
    const { judge } = await preflightWorld();
    const patch = { target: { ...target, name: "a b" }, tags: { "aws:x": "1" } };
    const expected = ["target: TARGET_NOT_ALLOWED", "target: TARGET_NAME_INVALID", "tags: TAG_INVALID"];
    expect(await judge(patch)).toEqual(expected);
  });
});

describe("targetRuleFault", () => {
  it.each([
    ["an allowed account, region and prefix", {}, null],
    ["an account that no rule has", { accountId: "999988887777" }, "Secrets may not go to account 999988887777"],
    ["a region that no rule has", { region: "us-east-1" }, "in us-east-1"],
    ["a name without the prefix", { name: "dev/a" }, "must start with `prod/`"],
    ["a key where only the AWS-managed one is allowed", { kmsKeyId: "alias/mine" }, "encryption key"],
    ["the AWS-managed key where a key is named", { accountId: "444455556666" }, "encryption key"],
    ["the named key", { accountId: "444455556666", kmsKeyId: "alias/vault" }, null],
  ])("judges %s", (_what, patch, expected) => {
    const fault = targetRuleFault(allowedTargets, { ...target, ...patch });
    expect(fault).toEqual(expected === null ? null : expect.stringContaining(expected));
    expect(isAllowedTarget(allowedTargets, { ...target, ...patch })).toBe(expected === null);
  });
});

describe("tagFaults", () => {
  const tagsOf = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, index) => [`t${index}`, ""]));
  it.each([
    ["46 tags", tagsOf(46), []],
    ["47 tags", tagsOf(47), ["TOO_MANY_TAGS"]],
    ["letters of any language and AWS's signs", { "größe_.:/=+-@": "zwei Wörter" }, []],
    ["a tag of AWS's own", { "AWS:x": "1" }, ["TAG_INVALID"]],
    ["a tag of ours", { [INSTALLATION_TAG]: "x" }, ["TAG_INVALID"]],
    ["an empty name", { "": "x" }, ["TAG_INVALID"]],
    ["a long value", { a: "x".repeat(256), b: "x".repeat(255) }, ["TAG_INVALID"]],
    ["a character that AWS doesn't take", { a: "x;y" }, ["TAG_INVALID"]],
  ])("judges %s", (_what, tags, codes) => {
    expect(tagFaults(tags).map(({ code }) => code)).toEqual(codes);
  });
});

function version(number: number, deletionTime: string | null) {
  return { version: number, createdTime: "2025-01-01T00:00:00Z", deletionTime, isDestroyed: false };
}
