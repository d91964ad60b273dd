import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { suggestTargetName, TargetNameTooLongError, targetNameFault } from "../../src/migration/target-name.ts";

const prefix = "vault/";
const rule = { namePrefix: prefix };
const name = (mount: string, path: string, namespace = "") => suggestTargetName({ namespace, mount, path }, rule);

// Few letters, so that generated sources often differ only in where a slash or an escape stands.
const part = fc.string({
  unit: fc.constantFrom("a", "B", "b", "-", "=", "/", " ", "é", "é", "2", "D", "F", "n", "m"),
  maxLength: 6,
});
const source = fc
  .record({ namespace: part, mount: part, path: fc.oneof(part, fc.string({ unit: "grapheme", maxLength: 20 })) })
  .filter(({ mount, path }) => mount !== "" && path !== "" && ![mount[0], mount.at(-1)].includes("/"));

describe("suggestTargetName", () => {
  it.each([
    ["secret", "team-a/stripe", "vault/secret/team-a/stripe"],
    ["secret", "a b=c", "vault/secret/a=20b=3Dc"],
    ["secret", "café", "vault/secret/caf=C3=A9"],
    ["kv/team", "app/key", "vault/kv/team=m/app/key"],
    ["secret", "app-config", "vault/secret/app=2Dconfig"],
    ["secret", "app-cfg", "vault/secret/app-cfg"],
  ])("names %s and %s %s", (mount, path, expected) => {
    expect(name(mount, path)).toBe(expected);
  });

  it("tells a namespace, a mount with slashes and a folder apart", () => {
    const names = [name("b", "c", "a"), name("a/b", "c"), name("a", "b/c")];
    expect(names).toEqual(["vault/a=n/b/c", "vault/a/b=m/c", "vault/a/b/c"]);
  });

  it("gives different sources different names, in AWS's alphabet, without the look of an ARN", () => {
    fc.assert(
      fc.property(source, source, (one, other) => {
        const [a, b] = [suggestTargetName(one, rule), suggestTargetName(other, rule)];
        expect(targetNameFault(a)).toBeNull();
        expect(a === b).toBe(JSON.stringify(one) === JSON.stringify(other));
      }),
      { numRuns: 5_000 },
    );
  });

  it("can be read back to the one source it stands for", () => {
    fc.assert(
      fc.property(source, (given) => {
        expect(sourceOf(suggestTargetName(given, rule))).toEqual(given);
      }),
      { numRuns: 2_000 },
    );
  });

  it("refuses a path whose name AWS would not take, and says its length", () => {
    expect(name("m", "x".repeat(504))).toHaveLength(512);
    expect(() => name("m", "x".repeat(505))).toThrow(TargetNameTooLongError);
    expect(() => name("m", "é".repeat(100))).toThrow("608 characters");
  });
});

describe("targetNameFault", () => {
  it.each([
    ["app/stripe", null],
    ["", "TARGET_NAME_INVALID"],
    ["app key", "TARGET_NAME_INVALID"],
    ["café", "TARGET_NAME_INVALID"],
    ["app\n", "TARGET_NAME_INVALID"],
    ["app-config", "TARGET_NAME_AMBIGUOUS"],
    ["a".repeat(512), null],
    ["a".repeat(513), "TARGET_NAME_TOO_LONG"],
  ])("judges %j: %s", (typed, code) => {
    expect(targetNameFault(typed)?.code ?? null).toBe(code);
  });
});

/** The inverse, for the test alone: if it exists for every source, no two sources share a name. */
function sourceOf(targetName: string) {
  const decode = (text: string) =>
    text.replace(/(?:=[0-9A-F]{2})+/g, (run) => Buffer.from(run.replaceAll("=", ""), "hex").toString());
  const withoutPrefix = targetName.slice(prefix.length);
  const [namespace, rest] = withoutPrefix.includes("=n/") ? splitAt(withoutPrefix, "=n/") : ["", withoutPrefix];
  const [mount, path] = splitAt(rest, rest.includes("=m/") ? "=m/" : "/");
  return { namespace: decode(namespace), mount: decode(mount), path: decode(path) };
}

function splitAt(text: string, mark: string): [string, string] {
  const at = text.indexOf(mark);
  return [text.slice(0, at), text.slice(at + mark.length)];
}
