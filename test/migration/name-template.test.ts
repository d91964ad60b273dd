import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nameTemplateFault, USUAL_NAME_TEMPLATE } from "../../src/migration/name-template.ts";
import { readTargetName } from "../../src/migration/read-target-name.ts";
import { suggestTargetName, targetNameFault } from "../../src/migration/target-name.ts";

const GOOD = [
  USUAL_NAME_TEMPLATE,
  "{prefix}{mount}/{namespace}{path}",
  "{prefix}{namespace}vault-{mount}/x/{path}",
  "{prefix}{path[0]}/{namespace}{mount}/{path[1:]}",
  "{prefix}{path[1]}/{path[0]}/{mount}/{namespace}{path[2:]}",
  "{prefix}{namespace}{mount}/{path}/from-vault",
  "{prefix}{namespace}{mount}/{path}-config",
  "{prefix}{namespace}{mount}/{path}-ab",
  "{prefix}{namespace}{mount}/{path[0]}/{path[1:]}x",
];

// Words that meet where names could: slashes, escapes, marks, twins, the end of an ARN; now and then any text at all.
const word = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom("a", "A", "b", "app-config", "x-abcdef", "-abcde", "=m", "=n", "=x", "=2D") },
  { weight: 3, arbitrary: fc.constantFrom(" ", "", "=", "é", "e\u0301", "Ä", "m", "n", "x", "=n/", "2D", "\u200b") },
  { weight: 2, arbitrary: fc.string({ unit: "grapheme", maxLength: 8 }) },
);
const slashed = (maxLength: number) => fc.array(word, { minLength: 1, maxLength }).map((words) => words.join("/"));
const source = fc
  .record({
    namespace: fc.oneof({ weight: 2, arbitrary: fc.constant("") }, { weight: 1, arbitrary: slashed(2) }),
    mount: slashed(3),
    path: slashed(5),
  })
  .filter(({ mount, path }) => path !== "" && mount !== "" && !mount.startsWith("/") && !mount.endsWith("/"));
const SOURCES = 100_000;

describe("a name template that the rules let through", () => {
  it.each(GOOD)("%s", (template) => expect(nameTemplateFault(template)).toBeNull());

  it(`gives ${SOURCES.toLocaleString("en-US")} generated sources different names, in AWS's alphabet, without an ARN's end`, () => {
    const sources = new Map(
      fc.sample(source, { numRuns: SOURCES * 1.3, seed: 7 }).map((one) => [JSON.stringify(one), one]),
    );
    expect(sources.size).toBeGreaterThan(SOURCES);
    for (const template of GOOD) {
      const rule = { namePrefix: "vault/", name: template };
      const names = new Set<string>();
      const refused: string[] = [];
      for (const one of sources.values()) {
        const name = suggestTargetName(one, rule);
        names.add(name);
        if (targetNameFault(name) !== null) refused.push(name);
      }
      expect({ template, refused }).toEqual({ template, refused: [] });
      expect({ template, names: names.size }).toEqual({ template, names: sources.size });
    }
  }, 120_000);

  it("can be read back to the one source that a name stands for", () => {
    fc.assert(
      fc.property(source, fc.constantFrom(...GOOD), (one, name) => {
        const rule = { namePrefix: "vault/", name };
        expect(readTargetName(suggestTargetName(one, rule), rule)).toEqual(one);
      }),
      { numRuns: 3_000 },
    );
  });

  it.each(["", "vault/", "other/secret/a", "vault/a", "vault/a//", "vault/a/b=zz", "vault/a/=C3", "vault/a/x-abcdef"])(
    "reads no source out of %j, which is nobody's name",
    (name) => {
      const read = readTargetName(name, { namePrefix: "vault/" });
      if (read !== null) expect(suggestTargetName(read, { namePrefix: "vault/" })).toBe(name);
      else expect(read).toBeNull();
    },
  );
});

describe("a name template that could give two secrets one name", () => {
  it.each([
    ["{prefix}{mount}/{path}", "leaves out {namespace}", "{prefix}{namespace}{mount}/{path}"],
    ["{prefix}{namespace}{path}", "leaves out {mount}", "{prefix}{namespace}{mount}/{path}"],
    ["{prefix}{namespace}{mount}", "leaves out {path}", "{prefix}{namespace}{mount}/{path}"],
    ["{prefix}{namespace}{mount}/{path[0]}", "leaves out {path}", "{prefix}{namespace}{mount}/{path[0]}/{path[1:]}"],
    ["{prefix}{namespace}{mount}/{path[1:]}", "each folder of the path once", USUAL_NAME_TEMPLATE],
    ["{prefix}{namespace}{mount}/{path[0]}/{path}", "each folder of the path once", USUAL_NAME_TEMPLATE],
    ["{prefix}{namespace}{mount}/{path:lower}", "one name of two", USUAL_NAME_TEMPLATE],
    ["{prefix}{namespace}{mount}-{path}", "where {mount} ends", USUAL_NAME_TEMPLATE],
    ["{prefix}{namespace}{mount}{path}", "where {mount} ends", USUAL_NAME_TEMPLATE],
    ["{prefix}{namespace}{path}/{mount}", "must come last", USUAL_NAME_TEMPLATE],
    ["{namespace}{mount}/{path}", "begin with {prefix}", USUAL_NAME_TEMPLATE],
    ["{prefix}{namespace}{mount}/{mount}/{path}", "{mount} twice", USUAL_NAME_TEMPLATE],
    ["{prefix}{namespace}{mount}=m/{path}", "letters, digits", "{prefix}{namespace}{mount}-m/{path}"],
    ["{prefix}{namespace}{mount}/{team}/{path}", "It may hold", USUAL_NAME_TEMPLATE],
    ["{prefix}{namespace}{mount}/{path", "It may hold", USUAL_NAME_TEMPLATE],
    ["", "begin with {prefix}", USUAL_NAME_TEMPLATE],
  ])("%j is refused: it %s", (template, reason, example) => {
    const fault = nameTemplateFault(template) ?? "";
    expect(fault).toContain(reason);
    const [, offered = ""] = /For example: `(.*)`\.$/.exec(fault) ?? [];
    expect(nameTemplateFault(offered)).toBeNull();
    if (example !== "{prefix}{namespace}{mount}-m/{path}") expect(offered).toBe(example);
  });

  it("is never let through by chance: whatever is accepted can be read back", () => {
    const token = fc.constantFrom("{namespace}", "{mount}", "{path}", "{path[0]}", "{path[1:]}", "/", "-", "a");
    const templates = fc.array(token, { minLength: 3, maxLength: 8 }).map((tokens) => `{prefix}${tokens.join("")}`);
    let accepted = 0;
    fc.assert(
      fc.property(templates, fc.array(source, { minLength: 5, maxLength: 5 }), (name, sources) => {
        if (nameTemplateFault(name) !== null) return;
        accepted += 1;
        const rule = { namePrefix: "v/", name };
        for (const one of sources) expect(readTargetName(suggestTargetName(one, rule), rule)).toEqual(one);
      }),
      { numRuns: 60_000, seed: 3 },
    );
    expect(accepted).toBeGreaterThan(20);
  }, 60_000);
});
