import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

const readText = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), "utf8");
const sorted = (names: Iterable<string>): string[] => [...new Set(names)].sort();

/** Each variable with the name of the schema that it stands in: Common, Bot or Worker. */
function variablesInSource(): { schema: string; name: string }[] {
  return readText("src/config.ts")
    .split(/^(?=const \w+ = z\.object)/m)
    .flatMap((part) => {
      const schema = /^const (\w+) = z\.object/.exec(part)?.[1];
      if (schema === undefined) return [];
      const body = part.slice(0, part.indexOf("\n});"));
      return [...body.matchAll(/^ {2}([A-Z][A-Z0-9_]+):/gm)].map(([, name = ""]) => ({ schema, name }));
    });
}

const PROCESS: Record<string, string> = { Common: "both", Bot: "bot", Worker: "worker" };

describe("the documented environment", () => {
  const variables = variablesInSource();

  it("is a table in docs/getting-started.md with every variable and the process that reads it", () => {
    const rows = [...readText("docs/getting-started.md").matchAll(/^\| `([A-Z][A-Z0-9_]+)` \| (\w+) \|/gm)];
    expect(variables.length).toBeGreaterThan(30);
    expect(sorted(rows.map(([, name, process]) => `${name} ${process}`))).toEqual(
      sorted(variables.map(({ schema, name }) => `${name} ${PROCESS[schema]}`)),
    );
  });

  it("is in .env.example, with no variable that nobody reads", () => {
    const lines = [...readText(".env.example").matchAll(/^(?:# )?([A-Z][A-Z0-9_]+)=/gm)];
    expect(sorted(lines.map(([, name = ""]) => name))).toEqual(sorted(variables.map(({ name }) => name)));
  });
});
