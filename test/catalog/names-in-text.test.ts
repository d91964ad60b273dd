import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { namesInText } from "../../src/catalog/names-in-text.ts";

const ARN = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:bank/payments/stripe-AbCdEf";

describe("names of secrets in a message", () => {
  it.each([
    ["the login is in secret/payments/db.", ["secret/payments/db"]],
    ["see `secret/team a/with blank`, please", ["secret/team a/with blank"]],
    ['or "secret/quoted name/x" and secret/other/y?', ["secret/quoted name/x", "secret/other/y"]],
    [`it went to ${ARN}, I think`, [ARN]],
    ["(secret/a/b) and secret/a/b again", ["secret/a/b"]],
    [
      "what is https://vault.example/ui/vault/secrets/secret/kv/team%2Fx ?",
      ["https://vault.example/ui/vault/secrets/secret/kv/team%2Fx"],
    ],
    ["meet on 24/11/2026 at noon", []],
    ["nothing here", []],
  ])("in %j are %j", (text, names) => expect(namesInText(text)).toEqual(names));

  it("stays bounded and quick, whatever the text", () => {
    expect(namesInText("a/b ".repeat(5_000))).toEqual(["a/b"]);
    expect(namesInText(Array.from({ length: 99 }, (_, at) => `a/b${at}`).join(" "))).toHaveLength(10);
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 300 }), (text) => namesInText(text).length <= 10),
      { numRuns: 50 },
    );
  });
});
