import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { placeKey } from "../../src/approvals/target-places.ts";
import { NOTHING_KNOWN } from "../../src/migration/lanes/lane-facts.ts";
import { type EntryFacts, judgeEntry } from "../../src/migration/plan/judge-entry.ts";
import { nameIndex } from "../../src/migration/plan/name-index.ts";
import { plannedTarget } from "../../src/migration/plan/planned-target.ts";
import { REASON_WORDS } from "../../src/migration/plan/reason-words.ts";
import { NO_HISTORY } from "../../src/migration/plan/request-history.ts";
import { NO_NAMES, sayNames, someNames } from "../../src/migration/plan/some-names.ts";
import { PLAN_INPUT } from "./plan-world.ts";

const { rule, allowedTargets, limits } = PLAN_INPUT;
const target = (name: string, region = "eu-central-1") => ({ accountId: "123456789012", region, name, kmsKeyId: null });

function factsOf(patch: Partial<EntryFacts> = {}): EntryFacts {
  const source = { namespace: "", mount: "secret", engine: "kv-v2", path: "a/b" };
  return {
    entryId: 1,
    source,
    currentVersion: 3,
    keyNames: null,
    goneAt: null,
    isDeleted: false,
    known: NOTHING_KNOWN,
    history: NO_HISTORY,
    planned: plannedTarget(patch.source ?? source, rule),
    lookAlikes: NO_NAMES,
    namesakes: NO_NAMES,
    claimedBy: null,
    tags: {},
    inAws: null,
    ...patch,
  };
}

const someFacts: fc.Arbitrary<EntryFacts> = fc
  .record({
    source: fc.record({
      namespace: fc.constantFrom("", "ns"),
      mount: fc.constantFrom("secret", "a/b"),
      engine: fc.constantFrom("kv-v1", "kv-v2", "database"),
      path: fc.constantFrom("a/b", "a*", "a,,b", "=cmd", "x".repeat(600)),
    }),
    currentVersion: fc.constantFrom(null, 1, 3),
    keyNames: fc.constantFrom(null, ["password"], ["trust.jks"]),
    goneAt: fc.constantFrom(null, new Date(0)),
    isDeleted: fc.boolean(),
    history: fc.record({
      requests: fc.array(
        fc.record({
          id: fc.constantFrom("RQ-1", "RQ-2"),
          status: fc.constantFrom(
            "waiting",
            "approved",
            "migrating",
            "migrated",
            "failed",
            "undone",
            "rejected",
            "expired",
            "withdrawn",
          ),
        }),
        { maxLength: 3 },
      ),
      moves: fc.array(
        fc.record({
          requestId: fc.constant("RQ-1"),
          vaultVersion: fc.constantFrom(null, 1, 3),
          isAllowedAgain: fc.boolean(),
        }),
        {
          maxLength: 2,
        },
      ),
    }),
    lookAlikes: fc.constantFrom(NO_NAMES, { names: ["secret/A/b"], count: 5 }),
    namesakes: fc.constantFrom(NO_NAMES, { names: ["secret/A/b"], count: 1 }),
    claimedBy: fc.constantFrom(null, "RQ-9"),
    tags: fc.constantFrom<Record<string, string>[]>({}, { "owner-team": "a;b" }),
  })
  .map(factsOf);

describe("judgeEntry", () => {
  it("gives the verdict of the strongest reason: skip, blocked, decide, and ready without any", () => {
    fc.assert(
      fc.property(someFacts, (facts) => {
        const { verdict, reasons } = judgeEntry(facts, allowedTargets, limits);
        const effects: string[] = reasons.map(({ effect }) => effect);
        const strongest = ["skip", "blocked", "decide"].find((effect) => effects.includes(effect)) ?? "ready";
        expect(verdict).toBe(strongest);
        if (verdict === "skip") expect(effects).toEqual(effects.filter((effect) => effect === "skip"));
      }),
    );
  });

  it("always says one next step, and has words for each of its reasons", () => {
    fc.assert(
      fc.property(someFacts, (facts) => {
        const { nextStep, reasons } = judgeEntry(facts, allowedTargets, limits);
        expect(nextStep).not.toBe("");
        expect(reasons.filter(({ code }) => !(code in REASON_WORDS))).toEqual([]);
      }),
    );
  });

  it("takes the lane from what is known of the secret alone, whatever people have asked or must decide", () => {
    fc.assert(
      fc.property(someFacts, (facts) => {
        const { lane } = judgeEntry(facts, allowedTargets, limits);
        const isPlain = { history: NO_HISTORY, lookAlikes: NO_NAMES, namesakes: NO_NAMES, claimedBy: null, tags: {} };
        expect(judgeEntry({ ...facts, ...isPlain }, allowedTargets, limits).lane).toBe(lane);
      }),
    );
  });

  it("lets no reason for a choice or a block go unnamed when several come together", () => {
    const facts = factsOf({
      isDeleted: true,
      claimedBy: "RQ-9",
      lookAlikes: { names: ["secret/A/b"], count: 1 },
      tags: { "owner-team": "a;b" },
      keyNames: ["trust.jks"],
    });
    const codes = judgeEntry(facts, allowedTargets, limits).reasons.map(({ code }) => code);
    expect(codes).toEqual([
      ...["VERSION_DELETED", "KEY_FILES", "LOOKS_ALIKE", "TARGET_CLAIMED", "TAG_INVALID", "SIZE_UNKNOWN"],
    ]);
  });
});

describe("nameIndex", () => {
  const wish = fc.record({
    name: fc.constantFrom("a/b", "A/b", "a/B", "c", "C", "d"),
    region: fc.constantFrom("eu-central-1", "us-east-1"),
    entryId: fc.integer({ min: 1, max: 6 }),
    requestId: fc.constantFrom(null, "RQ-1", "RQ-2"),
  });

  it("finds what a comparison of every pair finds", () => {
    fc.assert(
      fc.property(fc.array(wish, { maxLength: 14 }), (wishes) => {
        const index = nameIndex();
        for (const { name, region, entryId, requestId } of wishes) {
          if (requestId === null) index.addPlanned(target(name, region), entryId);
          else index.addClaim(target(name, region), { entryId, requestId });
        }
        const keyOf = ({ name, region }: (typeof wishes)[number]) => placeKey(target(name, region));
        const sharing = wishes.filter((one) =>
          wishes.some((other) => other.entryId !== one.entryId && keyOf(other) === keyOf(one)),
        );
        const found = [...index.shared()].flatMap(([key, { planned, claims }]) => [
          ...planned.map((entryId) => `${key} ${entryId}`),
          ...claims.map(({ entryId }) => `${key} ${entryId}`),
        ]);
        expect(new Set(found)).toEqual(new Set(sharing.map((one) => `${keyOf(one)} ${one.entryId}`)));
      }),
    );
  });

  it("does not take two requests of one secret for a collision", () => {
    const index = nameIndex();
    index.addClaim(target("a"), { entryId: 1, requestId: "RQ-1" });
    index.addClaim(target("a"), { entryId: 1, requestId: "RQ-2" });
    expect(index.shared().size).toBe(0);
  });
});

describe("sayNames", () => {
  it.each([
    [["a"], 1, "`a`"],
    [["a", "b"], 2, "`a` and `b`"],
    [["a", "b", "c"], 3, "`a`, `b` and `c`"],
    [["a", "b", "c", "d", "e"], 12_345, "`a`, `b`, `c` and 12,342 more"],
  ])("names %j of %i", (names, count, expected) => {
    expect(sayNames(someNames(names, count))).toBe(expected);
  });
});

describe("REASON_WORDS", () => {
  it("has words for every code of the pre-flight", () => {
    const files = ["preflight.ts", "lane-of.ts", "lanes/complex-reasons.ts", "lanes/white-glove-reasons.ts"];
    const sources = [...files, "name-faults.ts", "tag-faults.ts", "target-name.ts"].map((name) =>
      readFileSync(new URL(`../../src/migration/${name}`, import.meta.url), "utf8"),
    );
    const codes = sources.flatMap((source) =>
      [...source.matchAll(/"([A-Z]+(?:_[A-Z]+)+)"/g)].map(([, code = ""]) => code),
    );
    expect(codes.length).toBeGreaterThan(15);
    expect(codes.filter((code) => !(code in REASON_WORDS))).toEqual([]);
  });
});
