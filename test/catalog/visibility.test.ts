import fc from "fast-check";
import { sql } from "kysely";
import { describe, expect, it } from "vitest";
import { pathGlobFault } from "../../src/catalog/path-glob.ts";
import {
  assertVisible,
  hiddenBy,
  isVisible,
  PathHiddenError,
  resolveViewer,
  SEES_ALL,
  type Viewer,
  type VisibilityRule,
} from "../../src/catalog/visibility.ts";
import { GloveboxError } from "../../src/errors.ts";
import { fakeMembership } from "../fakes/membership.ts";
import { freshStore } from "../fresh-store.ts";

const NOBODY = { users: ["U0"], usergroups: [] };
const rule = (...paths: string[]): VisibilityRule => ({ paths, seenBy: NOBODY, ask: "#treasury-help" });
const without = (hidden: VisibilityRule[], seen: VisibilityRule[] = []): Viewer => ({ hidden, seen, fault: null });
const isHidden = (glob: string, path: string): boolean => hiddenBy(without([rule(glob)]), path) !== null;

describe("a glob", () => {
  it.each([
    ["treasury/**", "treasury/prod/db", true],
    ["treasury/**", "treasury/db", true],
    ["treasury/**", "treasury", false],
    ["treasury/**", "treasury-2/db", false],
    ["treasury/**", "secret/treasury/db", false],
    ["**/treasury/**", "secret/treasury/db", true],
    ["**/treasury/**", "treasury/db", true],
    ["secret/payments/*/prod/**", "secret/payments/checkout/prod/stripe", true],
    ["secret/payments/*/prod/**", "secret/payments/a/b/prod/stripe", false],
    ["secret/payments/**/prod", "secret/payments/prod", true],
    ["secret/payments/**/prod", "secret/payments/a/b/prod", true],
    ["secret/payments/**/prod", "secret/payments/a-prod", false],
    ["kv/treasury-*/?", "kv/treasury-a-b/x", true],
    ["kv/treasury-*/?", "kv/treasury-/xy", false],
    ["secret/a.b+c", "secret/a.b+c", true],
    ["secret/a.b+c", "secret/aXbbc", false],
    ["secret/wild\\*", "secret/wild*", true],
    ["secret/wild\\*", "secret/wilder", false],
    ["secret/Ledger", "secret/ledger", false],
    ["**", "a/b", true],
  ])("%s and %s: %s", (glob, path, expected) => {
    expect(pathGlobFault(glob)).toBeNull();
    expect(isHidden(glob, path)).toBe(expected);
  });

  it.each([
    ["/treasury/**", "empty part"],
    ["treasury/", "empty part"],
    ["treasury/**x", "must stand alone"],
    ["treasury/a\\", "backslash"],
    ["treasury", "mount alone"],
    ["tre\nasury/**", "control character"],
  ])("%j is refused: %s", (glob, why) => {
    expect(pathGlobFault(glob)).toContain(why);
  });

  it("is quick on a hostile text, whatever the stars", () => {
    expect(isHidden(`${"*a".repeat(40)}/**/${"*/".repeat(20)}x`, `${"a".repeat(1_000)}/${"a/".repeat(700)}`)).toBe(
      false,
    );
  });
});

// Few letters and many wildcards, so that globs and paths meet often; now and then what a regular expression would read.
const plain = fc.constantFrom(
  "a",
  "b",
  "\\*",
  "é",
  "\u{1F511}",
  ".",
  "+",
  "(",
  "[",
  "^",
  "$",
  "{2}",
  "|",
  " ",
  "A",
  "-",
);
const piece = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom("a", "b") },
  { weight: 4, arbitrary: fc.constantFrom("*", "?") },
  { weight: 1, arbitrary: plain },
);
const part = fc.array(piece, { minLength: 1, maxLength: 3 }).map((pieces) => pieces.join(""));
const globs = fc
  .array(fc.oneof({ weight: 1, arbitrary: fc.constant("**") }, { weight: 3, arbitrary: part }), {
    minLength: 1,
    maxLength: 4,
  })
  .map((parts) => parts.join("/"))
  .filter((glob) => pathGlobFault(glob) === null);
const letter = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom("a", "b") },
  {
    weight: 1,
    arbitrary: fc.constantFrom("*", "é", "\u{1F511}", ".", "+", "(", "[", "^", "$", "|", " ", "A", "-", "2"),
  },
);
const name = fc.array(letter, { minLength: 1, maxLength: 3 });
const paths = fc.array(
  name.map((letters) => letters.join("")),
  { minLength: 2, maxLength: 4 },
);

describe("visibility in Postgres and in memory", () => {
  it("agree on every path and every glob", async () => {
    const { store } = await freshStore();
    const rules = fc.array(fc.array(globs, { minLength: 1, maxLength: 3 }), { maxLength: 2 });
    const world = fc.record({ hidden: rules, seen: rules, names: fc.array(paths, { minLength: 10, maxLength: 60 }) });
    let hiddenCount = 0;
    const check = fc.asyncProperty(world, async ({ hidden, seen, names }) => {
      const viewer = without(
        hidden.map((one) => rule(...one)),
        seen.map((one) => rule(...one)),
      );
      const texts = names.map((parts) => parts.join("/"));
      const { rows } = await sql<{ fullPath: string; isSeen: boolean }>`
        select full_path, ${isVisible(viewer)} as is_seen from unnest(${texts}::text[]) as entry (full_path)
      `.execute(store);
      hiddenCount += rows.filter(({ isSeen }) => !isSeen).length;
      expect(rows.map(({ isSeen }) => isSeen)).toEqual(texts.map((text) => hiddenBy(viewer, text) === null));
    });
    await fc.assert(check, { numRuns: 300 });
    expect(hiddenCount).toBeGreaterThan(500);
  });
});

class DirectoryDownError extends GloveboxError {
  readonly code = "DIRECTORY_DOWN";
  readonly userMessage = "Try again in a minute.";
}

describe("resolveViewer", () => {
  const treasury = { paths: ["treasury/**"], seenBy: { users: [], usergroups: ["S-T"] }, ask: "#treasury-help" };
  const board = { paths: ["treasury/board/**"], seenBy: { users: ["U-CHAIR"], usergroups: [] }, ask: "#board" };
  const seeAll = [{ users: ["U-STAFF"], usergroups: ["S-STAFF"] }];
  const groups: Record<string, string[]> = { "S-T": ["U-TRUDY"], "S-STAFF": [] };
  const viewerOf = (userId: string, membership = fakeMembership(groups)) =>
    resolveViewer({ rules: [treasury, board], membership, seeAll }, userId);

  it("hides what a rule covers from everybody else, and nothing else", async () => {
    const viewer = await viewerOf("U-ERIN");
    expect(hiddenBy(viewer, "treasury/db")).toBe(treasury);
    expect(hiddenBy(viewer, "payments/db")).toBeNull();
  });

  it("shows a path to the members of any one rule that covers it", async () => {
    expect(hiddenBy(await viewerOf("U-TRUDY"), "treasury/board/plan")).toBeNull();
    const chair = await viewerOf("U-CHAIR");
    expect(hiddenBy(chair, "treasury/board/plan")).toBeNull();
    expect(hiddenBy(chair, "treasury/db")).toBe(treasury);
  });

  it("shows everything to whoever works with all of it", async () => {
    expect(await viewerOf("U-STAFF")).toBe(SEES_ALL);
  });

  it("asks anew each time", async () => {
    const membership = fakeMembership({ ...groups });
    expect(hiddenBy(await viewerOf("U-ERIN", membership), "treasury/db")).not.toBeNull();
    membership.groups["S-T"] = ["U-ERIN"];
    expect(hiddenBy(await viewerOf("U-ERIN", membership), "treasury/db")).toBeNull();
  });

  it("hides what it can't ask about, and says so instead of a no", async () => {
    const isMember = async ({ users, usergroups }: { users: readonly string[]; usergroups: readonly string[] }) => {
      if (usergroups.length > 0) throw new DirectoryDownError("down");
      return users.includes("U-TRUDY");
    };
    const viewer = await viewerOf("U-TRUDY", { ...fakeMembership(), isMember });
    expect(() => assertVisible(viewer, "treasury/db")).toThrow(DirectoryDownError);
    expect(() => assertVisible(viewer, "payments/db")).not.toThrow();
  });

  it("names whom to ask, and not whether the secret is there", async () => {
    const viewer = await viewerOf("U-ERIN");
    expect(() => assertVisible(viewer, "treasury/db")).toThrow(PathHiddenError);
    const texts = ["treasury/db", "treasury/nothing"].map((path) => {
      const hidden = hiddenBy(viewer, path);
      return hidden && new PathHiddenError(hidden).userMessage;
    });
    expect(texts[0]).toBe(texts[1]);
    expect(texts[0]).toContain("Ask #treasury-help.");
  });
});
