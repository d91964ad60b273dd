import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalBase64 } from "../../src/migration/decode-base64.ts";
import { NotBase64Error } from "../../src/migration/value-errors.ts";

describe("canonicalBase64", () => {
  it("reads what was encoded in either alphabet, byte for byte", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (array) => {
        const bytes = Buffer.from(array);
        for (const text of [bytes.toString("base64"), ...urlForms(bytes)]) {
          expect(Buffer.from(canonicalBase64(text), "base64")).toEqual(bytes);
        }
      }),
    );
  });

  it.each([
    ["a line end", "YWJj\n"],
    ["a blank", "YW Jj"],
    ["both alphabets at once", "-+Ab"],
    ["no padding in the standard alphabet", "YWI"],
    ["too much padding", "YWJj="],
    ["a length that no bytes have", "YWJjZ"],
    ["stray last bits", "YWK="],
    ["other characters", "Käse"],
    ["padding in the middle", "YW==YW=="],
  ])("refuses %s, and quotes nothing of it", (_what, text) => {
    expect(() => canonicalBase64(text)).toThrow(NotBase64Error);
    expect(() => canonicalBase64(text)).not.toThrow(text);
  });
});

/** Only a text with a character of its own tells the URL alphabet from the standard one. */
function urlForms(bytes: Buffer): string[] {
  const text = bytes.toString("base64url");
  return /[-_]/.test(text) ? [text, text.padEnd(Math.ceil(text.length / 4) * 4, "=")] : [];
}
