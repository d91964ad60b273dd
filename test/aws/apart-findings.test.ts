import { describe, expect, it } from "vitest";
import { apartFindings } from "../../src/aws/check-roles.ts";

const WRITER = "arn:aws:iam::123456789012:role/writer";
const ROLLBACK = "arn:aws:iam::123456789012:role/rollback";

describe("apartFindings", () => {
  it.each([
    [
      "one role for both duties",
      { writer: WRITER, rollback: WRITER },
      false,
      "are one role: who writes can also unseal",
    ],
    ["two roles", { writer: WRITER, rollback: ROLLBACK }, true, "are apart"],
    ["no rollback role", { writer: WRITER, rollback: null }, true, "whoever writes also deletes, restores and unseals"],
    ["no role at all", { writer: null, rollback: null }, true, "whoever writes also deletes, restores and unseals"],
  ])("tells %s, and never claims to know what seals", (_what, roles, ok, text) => {
    expect(apartFindings(roles)).toEqual([
      { ok, text: expect.stringContaining(text) },
      { ok: null, text: expect.stringMatching(/what is sealed can't be told from here: .*policy simulator/) },
    ]);
  });
});
