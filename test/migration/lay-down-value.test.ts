import { inspect } from "node:util";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ValueShape } from "../../src/approvals/content.ts";
import { layDownValue } from "../../src/migration/lay-down-value.ts";
import {
  EmptyValueError,
  MAX_VALUE_BYTES,
  MissingKeyError,
  OversizedValueError,
  UnreadableValueError,
} from "../../src/migration/value-errors.ts";
import { Secret } from "../../src/secret.ts";

const lay = (data: string, shape: ValueShape) =>
  layDownValue(new Secret(data), shape).map(({ secret }) => secret.reveal());
const document = (data: string) => lay(data, { kind: "document" })[0] ?? "";
const single = (data: string, key = "k") => lay(data, { kind: "single", key, encoding: "text" })[0] ?? "";

/** JSON as Go's encoder writes it: `<`, `>`, `&`, U+2028 and U+2029 are escaped. */
function goJson(value: unknown): string {
  return JSON.stringify(value).replace(/[<>&\u2028\u2029]/g, (character) => {
    return `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`;
  });
}

describe("layDownValue as a document", () => {
  it.each([
    ["digits beyond what a float holds", '{"n":12345678901234567890.10e+400}'],
    ["minus zero and trailing zeros", '{"n":[-0,1.0,1.50,1E5]}'],
    ["the order of keys, also of those like numbers", '{"b":1,"2":2,"a":3,"1":4}'],
    ["a key named __proto__", '{"__proto__":{"constructor":"x"},"toString":1}'],
    ["nesting, null and booleans", '{"a":[{"b":[[],{}]},null,true,false,""]}'],
    ["an empty document", "{}"],
  ])("keeps %s", (_what, data) => {
    expect(document(data)).toBe(data);
  });

  it("writes characters that Go escapes as themselves", () => {
    expect(document('{"url":"a?b=1\\u0026c=\\u003cd\\u003e","slash":"a\\/b"}')).toBe(
      '{"url":"a?b=1&c=<d>","slash":"a/b"}',
    );
  });

  it("drops the blanks between tokens and none inside strings", () => {
    expect(document(' { "a b" : [ 1 , " x " ] }\n')).toBe('{"a b":[1," x "]}');
  });

  it("keeps the meaning of any JSON object", () => {
    const anyObject = fc.dictionary(fc.string({ unit: "grapheme" }), fc.jsonValue({ maxDepth: 4 }));
    fc.assert(
      fc.property(anyObject, (value) => {
        const written = document(goJson(value));
        expect(JSON.parse(written)).toEqual(JSON.parse(goJson(value)));
        expect(written).toBe(JSON.stringify(value));
      }),
      { numRuns: 1_000 },
    );
  });

  it("keeps every digit of any number", () => {
    const number = fc
      .tuple(
        fc.constantFrom("", "-"),
        fc.bigInt({ min: 0n, max: 10n ** 40n }),
        fc.constantFrom("", ".0", ".10", "e-7", "E+300"),
      )
      .map(([sign, digits, end]) => `${sign}${digits}${end}`);
    fc.assert(
      fc.property(fc.array(number), (numbers) => {
        const data = `{"n":[${numbers.join(",")}]}`;
        expect(document(data)).toBe(data);
      }),
    );
  });

  it("takes 65,536 bytes and refuses one more by its size in UTF-8", () => {
    const dataOf = (sizeBytes: number) => `{"k":"é${"x".repeat(sizeBytes - 10)}"}`;
    expect(Buffer.byteLength(document(dataOf(MAX_VALUE_BYTES)))).toBe(MAX_VALUE_BYTES);
    expect(() => document(dataOf(MAX_VALUE_BYTES + 1))).toThrow(OversizedValueError);
    expect(() => document(dataOf(70_000))).toThrow("70000 bytes");
  });

  it("counts the size as it is written, not as Vault escaped it", () => {
    const data = `{"k":"${"\\u0026".repeat(20_000)}"}`;
    expect(document(data)).toHaveLength(20_008);
  });

  it.each([
    ["nothing", ""],
    ["an array", '["canary-1"]'],
    ["null", "null"],
    ["text that ends too early", '{"k":"canary-1"'],
    ["text with something behind it", '{"k":"canary-1"} x'],
    ["a comment", '{"k":"canary-1"/**/}'],
    ["a trailing comma", '{"k":"canary-1",}'],
    ["a bad escape", '{"k":"canary-1\\x"}'],
    ["one key twice", '{"k":"canary-1","k":"canary-1"}'],
    ["one key twice, once escaped", '{"k":"canary-1","\\u006b":2}'],
    ["one key twice further down", '{"a":[{"k":"canary-1","k":1}]}'],
    ["a hundred thousand open brackets", `{"k":${"[".repeat(100_000)}`],
  ])("refuses %s without quoting it", (_what, data) => {
    const thrown = caught(() => document(data));
    expect(thrown).toBeInstanceOf(UnreadableValueError);
    expect(inspect(thrown, { depth: null, showHidden: true })).not.toContain("canary");
  });
});

describe("layDownValue as a single key", () => {
  it.each([
    ["a string bare, unescaped", '{"k":"p\\"a\\u0026ss\\n"}', 'p"a&ss\n'],
    ["a number with its digits", '{"k":10.500}', "10.500"],
    ["an object as JSON", '{"k":{"b":1, "a":"\\u003c"}}', '{"b":1,"a":"<"}'],
    ["null as JSON", '{"k":null}', "null"],
  ])("lays down %s", (_what, data, expected) => {
    expect(single(data)).toBe(expected);
  });

  it("refuses a key that is not there, also one that every object inherits", () => {
    expect(() => single('{"a":"canary-1"}')).toThrow(MissingKeyError);
    expect(() => single('{"a":"canary-1"}', "toString")).toThrow(MissingKeyError);
    expect(single('{"toString":"mine"}', "toString")).toBe("mine");
  });

  it("refuses an empty string, which AWS doesn't keep", () => {
    expect(() => single('{"k":""}')).toThrow(EmptyValueError);
    expect(single('{"k":" "}')).toBe(" ");
  });

  it("refuses half a character, which UTF-8 can't say", () => {
    expect(() => single('{"k":"\\ud800"}')).toThrow(UnreadableValueError);
    expect(document('{"k":"\\ud800"}')).toBe('{"k":"\\ud800"}');
  });
});

function caught(act: () => unknown): unknown {
  try {
    return act();
  } catch (error) {
    return error;
  }
}
