import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { HIDDEN_NAME, HIDDEN_VALUE, showKeys, showTags } from "../../src/migration/foreign-names.ts";

const none = { same: [], different: [], onlyInVault: [], onlyInAws: [] };

describe("names of somebody else's", () => {
  it.each(["username", "db.password", "SPRING_DATASOURCE_URL", "api-key v2", "schlüssel", "a/b:c", "$ref"])(
    "%s is shown",
    (name) => expect(showKeys({ ...none, onlyInAws: [name] }).onlyInAws).toEqual([name]),
  );

  it.each([
    ["an AWS key id", `AKIA${"Q7".repeat(8)}`],
    ["a hex digest", randomBytes(16).toString("hex")],
    ["a pasted document", '{"password":"x"}'],
    ["several lines", "line one\nline two"],
    ["a sentence longer than names are", "word ".repeat(30)],
    ["a URL with a password", "postgres://app:s3cret@db/x"],
  ])("%s is not, wherever it stands", (_what, name) => {
    const shown = showKeys({ same: [name], different: [name], onlyInVault: [name], onlyInAws: [name, "user"] });
    expect(shown).toEqual({
      ...{ same: [HIDDEN_NAME], different: [HIDDEN_NAME], onlyInVault: [HIDDEN_NAME] },
      onlyInAws: [HIDDEN_NAME, "user"],
    });
  });

  it("tags are cut, at most twenty, and what looks like a credential is said and not kept", () => {
    const secret = `AKIA${"Q7".repeat(8)}`;
    expect(showTags({ owner: "ledger", old: secret, [secret]: "x", long: "a ".repeat(200) })).toEqual({
      ...{ owner: "ledger", old: HIDDEN_VALUE, long: "a ".repeat(60), [HIDDEN_NAME]: HIDDEN_VALUE },
    });
    expect(showTags({ password: "hunter2hunter2" })).toEqual({ password: HIDDEN_VALUE });
    const many = Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`t${index}`, "x"]));
    expect(Object.keys(showTags(many))).toHaveLength(20);
  });
});
