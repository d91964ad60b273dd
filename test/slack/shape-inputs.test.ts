import { describe, expect, it } from "vitest";
import { RequestContent } from "../../src/approvals/content.ts";
import { INPUT } from "../../src/slack/action-ids.ts";
import { readShape } from "../../src/slack/shape-inputs.ts";
import { contentOf } from "../approvals/request-world.ts";

const keyNames = Array.from({ length: 20 }, (_, n) => `key${n}`);
const versions = Array.from({ length: 18 }, (_, n) => ({
  version: n + 1,
  createdTime: "2026-01-01T00:00:00Z",
  deletionTime: null,
  isDestroyed: false,
}));
const entry = { keyNames, versions, currentVersion: 18 } as unknown as Parameters<typeof readShape>[1];

const read = (partCount: number, older: number) =>
  readShape(
    new Map([
      [INPUT.shape, "split"],
      [
        INPUT.parts,
        keyNames
          .slice(0, partCount)
          .map((key) => `part-${key}: ${key}`)
          .join("\n"),
      ],
      [INPUT.olderVersions, String(older)],
    ]),
    entry,
  );

describe("how many versions one move writes", () => {
  it.each([
    [20, 4],
    [5, 17],
  ])("may be %i groups with %i older versions each", (groups, older) => {
    const shape = read(groups, older);
    expect(shape).toMatchObject({ olderVersions: older });
    if ("errors" in shape) throw new Error("it should be read");
    expect(RequestContent.safeParse({ ...contentOf(), ...shape }).success).toBe(true);
  });

  it.each([
    [20, 5, 120],
    [20, 17, 360],
  ])("is refused at the form and in a signed message for %i groups with %i older versions", (groups, older, count) => {
    expect(read(groups, older)).toEqual({
      errors: {
        [INPUT.olderVersions]: expect.stringContaining(`${count} versions to write, and one move writes at most 100`),
      },
    });
    const allowed = read(groups, 1);
    if ("errors" in allowed) throw new Error("it should be read");
    const { error } = RequestContent.safeParse({ ...contentOf(), ...allowed, olderVersions: older });
    expect(error?.issues.map(({ message }) => message)).toEqual([expect.stringContaining("more than 100 versions")]);
  });
});
