import { describe, expect, it } from "vitest";
import { compareKeys } from "../../src/migration/compare-keys.ts";
import { digestKeyFromText } from "../../src/migration/value-digest.ts";
import { comparisonWords } from "../../src/slack/conflict-lines.ts";
import { textValue } from "../fakes/secret-target.ts";

const digestKey = digestKeyFromText(Buffer.alloc(32, 7).toString("base64"));
const documentOf = (names: readonly string[]) =>
  textValue(JSON.stringify(Object.fromEntries(names.map((n) => [n, 1]))));
const names = (count: number, word: string) => Array.from({ length: count }, (_, n) => `${word}-${n}`);

describe("compareKeys", () => {
  it("names every key of a common secret", () => {
    const { keys } = compareKeys(digestKey, documentOf(names(50, "ours")), documentOf(["theirs"]));
    expect(keys).toEqual({ same: [], different: [], onlyInVault: names(50, "ours"), onlyInAws: ["theirs"] });
  });

  it("names 50 keys of each list at most, and counts the rest for whoever reads it", () => {
    const shared = names(60, "both");
    const compared = compareKeys(digestKey, documentOf(shared), documentOf([...shared, ...names(3_000, "theirs")]));
    expect(compared.keys).toMatchObject({ same: shared.slice(0, 50), onlyInAws: names(50, "theirs") });
    expect(compared.keys?.more).toEqual({ same: 10, different: 0, onlyInVault: 0, onlyInAws: 2_950 });
    const words = comparisonWords({ ...compared, isTombstone: false });
    expect([
      words.includes("48 more keys"),
      words.includes("2,988 more keys") || words.includes("2988 more keys"),
    ]).toEqual([true, true]);
    const same = compareKeys(digestKey, documentOf(shared), documentOf(shared));
    expect(comparisonWords({ ...same, isTombstone: false })).toContain("all 60 keys");
  });

  it("keeps 128 characters of a name, and no half of one", () => {
    const { keys } = compareKeys(digestKey, documentOf([]), documentOf(["🔑".repeat(5_000), "k".repeat(128)]));
    expect(keys?.onlyInAws).toEqual([`${"🔑".repeat(127)}…`, "k".repeat(128)]);
  });
});
