import { describe, expect, it } from "vitest";
import { belongsTo } from "../../src/slack/target-tag-words.ts";
import { writtenWords } from "../../src/slack/written-words.ts";

const one = { kind: "create", isAdopted: false, olderVersions: 0 } as const;

describe("what was written, in words", () => {
  it.each([
    [[one], 0, "1 new secret"],
    [
      [one, { ...one, olderVersions: 2 }],
      1,
      "2 new secrets; 2 older versions beside the current one; 1 older version left out, for Vault no longer had the value",
    ],
    [
      [{ ...one, kind: "put" as const, isAdopted: true }],
      0,
      "a new version of 1 secret that was there; taken over, as was approved",
    ],
    [[{ ...one, kind: "keep" as const }], 0, "1 secret not written again, for AWS held that value already"],
  ])("%#", (targets, skippedVersions, words) => expect(writtenWords({ targets, skippedVersions })).toBe(words));
});

describe("whose a target seems to be", () => {
  it.each([
    [{ app: "till", Owner: "ledger" }, "It seems to belong to `ledger` (its tag `Owner`). Speak with them first."],
    [
      { "glovebox-installation": "north", "glovebox-request": "RQ-1001" },
      "It seems to be from Glovebox `north`, request `RQ-1001`, and not from this path.",
    ],
    [{ colour: "blue" }, null],
    [{}, null],
  ])("%#", (tags, words) => expect(belongsTo(tags)).toBe(words));
});
