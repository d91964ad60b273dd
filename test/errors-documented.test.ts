import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { GATE_REFUSALS } from "../src/approvals/gate-errors.ts";
import { CAUSES, type Cause } from "../src/migration/causes.ts";

const ROOT = new URL("../", import.meta.url);
const PREFLIGHT_FILES = [
  ...["preflight.ts", "lane-of.ts", "lanes/complex-reasons.ts", "lanes/white-glove-reasons.ts"],
  ...["name-faults.ts", "tag-faults.ts", "target-name.ts"],
];

interface Row {
  readonly code: string;
  /** Without its mark: "FenceHeldError", "pre-flight". */
  readonly from: string;
  readonly mark: string;
  readonly cells: readonly string[];
}

function documentedRows(): Row[] {
  const lines = readText("docs/errors.md").split("\n");
  return lines
    .filter((line) => /^\| [A-Z][A-Z0-9_]+ \|/.test(line))
    .map((line) => {
      const cells = line
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim());
      const [code = "", owner = ""] = cells;
      const [, from = "", mark = ""] = /^(\S+)(?: \((\w+)\))?$/.exec(owner) ?? [];
      return { code, from, mark, cells };
    });
}

/** Each `readonly code = "X"` with the class that it stands in, and whether that class is tried again by itself. */
function codesInSource(): { code: string; from: string; isRetryable: boolean }[] {
  return ["src", "handlers", "jobs"].flatMap(sourcesOf).flatMap((source) =>
    source.split(/^(?=export .*class |class )/m).flatMap((part) => {
      const from = /class (\w+)/.exec(part)?.[1] ?? "";
      const isRetryable = /readonly retryable(: boolean)? = true/.test(part);
      return [...part.matchAll(/readonly code = "([A-Z0-9_]+)"/g)].map(([, code = ""]) => ({
        code,
        from,
        isRetryable,
      }));
    }),
  );
}

function preflightCodes(): string[] {
  const sources = PREFLIGHT_FILES.map((name) => readText(`src/migration/${name}`));
  const words = sources.flatMap((source) => [...source.matchAll(/(?<!readonly code = )"([A-Z]+(?:_[A-Z]+)+)"/g)]);
  return words.map(([, code = ""]) => code);
}

function sourcesOf(folder: string): string[] {
  return readdirSync(new URL(`${folder}/`, ROOT), { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts"))
    .map((path) => readText(`${folder}/${path}`));
}

function readText(path: string): string {
  return readFileSync(new URL(path, ROOT), "utf8");
}

const inWords = ({ does, stopsAfter }: Cause): string =>
  does === "park" && Number.isFinite(stopsAfter) ? `park, stop at ${stopsAfter} an hour` : does;

const pairs = (rows: readonly { code: string; from: string }[]) =>
  [...new Set(rows.map(({ code, from }) => `${code} of ${from}`))].sort();

describe("docs/errors.md", () => {
  it("has a row for every code in the source, and no other", () => {
    const expected = [
      ...codesInSource(),
      ...Object.keys(GATE_REFUSALS).map((code) => ({ code, from: "GateRefusedError" })),
      ...preflightCodes().map((code) => ({ code, from: "pre-flight" })),
    ];
    expect(expected.length).toBeGreaterThan(60);
    expect(pairs(documentedRows())).toEqual(pairs(expected));
  });

  it("names each code of a class once", () => {
    const rows = documentedRows();
    expect(pairs(rows)).toHaveLength(rows.length);
  });

  it("marks what is tried again by itself", () => {
    const marked = documentedRows().filter(({ mark }) => mark === "again");
    expect(pairs(marked)).toEqual(pairs(codesInSource().filter(({ isRetryable }) => isRetryable)));
  });

  it("says of every code that a migration can meet what the engine does, as the table of causes has it", () => {
    const said = documentedRows().flatMap(({ code, cells }) => {
      const engine = cells[5];
      return engine === undefined || engine === "not met" ? [] : [`${code}: ${engine}`];
    });
    const done = Object.entries(CAUSES).map(([code, cause]) => `${code}: ${inWords(cause)}`);
    expect([...new Set(said)].sort()).toEqual(done.sort());
  });

  it("has that column in every row of the sections that migrations meet", () => {
    const withColumn = documentedRows().filter(({ cells }) => cells.length === 6);
    const rowsOf = (title: string) => {
      const section = readText("docs/errors.md").split(`## ${title}\n`)[1]?.split("\n## ")[0] ?? "";
      return section.split("\n").filter((line) => /^\| [A-Z][A-Z0-9_]+ \|/.test(line)).length;
    };
    const sections = ["The gate's refusals", "Reading from Vault", "The value", "Writing to AWS", "The run"];
    expect(withColumn).toHaveLength(sections.map(rowsOf).reduce((sum, count) => sum + count, 0));
  });

  it("says in every row what happened, what did not, and the next step", () => {
    const isComplete = ({ cells }: Row) => [5, 6].includes(cells.length) && cells.every((cell) => cell.length > 3);
    expect(documentedRows().filter((row) => !isComplete(row))).toEqual([]);
  });
});
