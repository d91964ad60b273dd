import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

const readText = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), "utf8");
const sorted = (names: Iterable<string>): string[] => [...new Set(names)].sort();

/** Which process reads the part of src/config.ts that is called so. */
const PROCESS: Readonly<Record<string, string>> = {
  Common: "both",
  Bot: "bot",
  CatalogLogin: "bot",
  GateLogin: "bot",
  Worker: "worker",
  AdminLogin: "worker",
};
const PARTS = new RegExp(`^const (${Object.keys(PROCESS).join("|")}) = \\w`);

/** Every variable with the process that reads it. */
function variablesInSource(): { name: string; process: string }[] {
  const parts = readText("src/config.ts").split(/^(?=const )/m);
  return parts.flatMap((part) => {
    const process = PROCESS[PARTS.exec(part)?.[1] ?? ""];
    if (process === undefined) return [];
    const body = part.slice(0, part.indexOf("\n});"));
    return [...body.matchAll(/^ {2}([A-Z][A-Z0-9_]+):|^ {2}\w+: "([A-Z][A-Z0-9_]+)"/gm)].map(([, key, value = ""]) => ({
      name: key ?? value,
      process,
    }));
  });
}

/** `VAULT_{GATE,ADMIN}_LOGIN` stands for two names. */
function expanded(name: string): string[] {
  const [, before = "", list = "", after = ""] = /^(.*)\{(.*)\}(.*)$/.exec(name) ?? [];
  return list === "" ? [name] : list.split(",").map((part) => `${before}${part}${after}`);
}

describe("the documented environment", () => {
  const variables = variablesInSource();

  it("is in the tables of docs/getting-started.md: every variable, with the process that reads it", () => {
    const rows = [...readText("docs/getting-started.md").matchAll(/^\| `([A-Z][A-Z0-9_{},]+)` \| (\w+) \|/gm)];
    const documented = rows.flatMap(([, names = "", process = ""]) =>
      expanded(names).map((name) => `${name} ${process === "each" ? processOf(name) : process}`),
    );
    expect(variables.length).toBeGreaterThan(50);
    expect(sorted(documented)).toEqual(sorted(variables.map(({ name, process }) => `${name} ${process}`)));
  });

  it("is in .env.example, with no variable that nobody reads", () => {
    const lines = [...readText(".env.example").matchAll(/^(?:# )?([A-Z][A-Z0-9_]+)=/gm)].map(([, name = ""]) => name);
    const names = variables.map(({ name }) => name);
    expect(lines.filter((name) => !names.includes(name))).toEqual([]);
    // Other ways to log in are a table of their own in docs/getting-started.md.
    expect(sorted(lines)).toEqual(sorted(names.filter((name) => !/_LOGIN/.test(name))));
  });

  const processOf = (name: string): string | undefined => variables.find((variable) => variable.name === name)?.process;
});
