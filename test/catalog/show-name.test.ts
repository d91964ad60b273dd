import { describe, expect, it } from "vitest";
import { lookKey } from "../../src/catalog/look-key.ts";
import { showName } from "../../src/catalog/show-name.ts";

describe("showName", () => {
  it("leaves a plain name alone", () => {
    expect(showName("secret/team-a/stripe key")).toEqual({ shown: "secret/team-a/stripe key", note: null });
  });

  it.each([
    ["a blank at the end", "secret/app ", "secret/app␠", "a blank at the edge"],
    ["a blank at the edge of a folder", "secret/ team/app", "secret/␠team/app", "a blank at the edge"],
    ["two blanks in a row", "secret/my  app", "secret/my␠␠app", "blanks in a row"],
    ["a no-break space", "secret/my\u00a0app", "secret/my⟨U+00A0⟩app", "U+00A0"],
    ["a zero-width space", "secret/my\u200bapp", "secret/my⟨U+200B⟩app", "U+200B"],
    ["an accent as one character", "secret/caf\u00e9", "secret/caf\u00e9", "`\u00e9` is U+00E9"],
    ["an accent as a character of its own", "secret/cafe\u0301", "secret/cafe\u0301", "`e\u0301` is U+0065 U+0301"],
    ["a Cyrillic a", "secret/\u0430pp", "secret/\u0430pp", "`\u0430` is U+0430"],
  ])("makes %s visible", (_what, name, shown, note) => {
    const result = showName(name);
    expect(result.shown).toBe(shown);
    expect(result.note).toContain(note);
  });

  it("keeps its note short for a name in another script", () => {
    expect(showName("secret/αβγδεζηθικλμ").note).toContain("and 4 more outside ASCII");
  });
});

describe("lookKey", () => {
  it.each([
    ["capitals", "secret/App", "secret/app"],
    ["blanks", "secret/my app", "secret/my\u00a0app "],
    ["accents spelt in two ways", "secret/caf\u00e9", "secret/cafe\u0301"],
    ["an invisible character", "secret/app", "secret/a\u200bpp"],
  ])("is the same for names that differ only in %s", (_what, a, b) => {
    expect(lookKey(a)).toBe(lookKey(b));
  });

  it("differs for names that look different", () => {
    expect(lookKey("secret/app-1")).not.toBe(lookKey("secret/app-2"));
    expect(lookKey("secret/cafe")).not.toBe(lookKey("secret/caf\u00e9"));
  });
});
