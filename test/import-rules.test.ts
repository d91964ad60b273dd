import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type FileMap, findBadArrows } from "./import-arrows.ts";

const ROOT = new URL("../", import.meta.url);
const FOLDERS = ["src", "handlers", "jobs", "prompts", "dev"];

function projectFiles(): FileMap {
  const paths = FOLDERS.flatMap((folder) =>
    readdirSync(new URL(`${folder}/`, ROOT), { recursive: true, encoding: "utf8" })
      .filter((path) => path.endsWith(".ts") && !path.includes("node_modules"))
      .map((path) => `${folder}/${path}`),
  );
  return new Map(paths.map((path) => [path, readFileSync(new URL(path, ROOT), "utf8")]));
}

const bad = (files: Record<string, string>) => findBadArrows(new Map(Object.entries(files)));

describe("the arrows of the house", () => {
  it("hold in every file", () => {
    const files = projectFiles();
    expect(files.size).toBeGreaterThan(50);
    expect(findBadArrows(files)).toEqual([]);
  });

  it.each([
    ["a room, an edge", "src/approvals/a.ts", 'import { x } from "../vault/b.ts";'],
    ["a room, the room above it", "src/catalog/a.ts", 'import { x } from "../approvals/b.ts";'],
    ["a room, a room beside it", "src/guides/a.ts", 'import { x } from "../migration/b.ts";'],
    ["a room, the rules, for a type alone", "src/approvals/a.ts", 'import type { Rules } from "../rules.ts";'],
    ["an edge, another edge", "src/slack/a.ts", 'import { x } from "../queue/b.ts";'],
    ["an edge, the store", "src/vault/a.ts", 'import { x } from "../store/b.ts";'],
    ["the store, a room", "src/store/a.ts", 'import { x } from "../audit/b.ts";'],
    ["a room, a handler", "src/support/a.ts", 'import { x } from "../../handlers/b.ts";'],
    ["an edge, a job", "src/queue/a.ts", 'import { x } from "../../jobs/b.ts";'],
    ["a handler, a job", "handlers/a.ts", 'import { x } from "../jobs/b.ts";'],
    ["a handler, the store", "handlers/a.ts", 'import { x } from "../src/store/b.ts";'],
    ["a handler, an edge that is not Slack", "handlers/a.ts", 'import { x } from "../src/aws/b.ts";'],
    ["a prompt, the code of a room", "prompts/a.ts", 'import { x } from "../src/metadata/b.ts";'],
    ["anybody, the composition root", "src/cli/a.ts", 'import { x } from "../main.ts";'],
    ["the practice stack, product code", "dev/a.ts", 'import { x } from "../src/secret.ts";'],
    ["product code, the practice stack", "src/main.ts", 'import { x } from "../dev/b.ts";'],
    ["product code, a test", "src/main.ts", 'import { x } from "../test/b.ts";'],
    ["a foundation, anything", "src/secret.ts", 'import { x } from "./errors.ts";'],
  ])("let not: %s", (_who, path, source) => {
    expect(bad({ [path]: source })).toEqual([expect.stringMatching(`^${path} must not import `)]);
  });

  it.each([
    ["src/migration/a.ts", "node-vault"],
    ["src/aws/a.ts", "@aws-sdk/client-sqs"],
    ["src/queue/a.ts", "@slack/web-api"],
    ["handlers/a.ts", "bullmq"],
    ["jobs/a.ts", "@slack/bolt"],
    ["prompts/a.ts", "openai"],
    ["src/audit/a.ts", "pg"],
  ])("keep %s from %s", (path, name) => {
    expect(bad({ [path]: `import { x } from "${name}";` })).toEqual([`${path} must not import ${name}`]);
  });

  it("allow what the house is built on", () => {
    const allowed = {
      "src/support/a.ts": 'import type { A } from "../migration/a.ts";\nimport { sql } from "kysely";',
      "src/migration/a.ts": 'import { b } from "../approvals/b.ts";\nimport { c } from "./c.ts";',
      "src/aws/a.ts": 'import { S } from "@aws-sdk/client-sts";\nimport { Secret } from "../secret.ts";',
      "src/slack/a.ts": 'import type { Delivery } from "../store/outbox.ts";',
      "src/llm/a.ts": 'import { ask } from "../../prompts/b.ts";',
      "handlers/a.ts": 'import type { App } from "@slack/bolt";\nimport { card } from "../src/slack/card.ts";',
      "prompts/a.ts": 'import { z } from "zod";\nimport type { A } from "../src/metadata/a.ts";',
      "src/main.ts": 'import { a } from "./wiring/a.ts";\nimport { b } from "../jobs/b.ts";',
      "dev/a.ts": 'import pg from "pg";\nimport { b } from "./b.ts";',
    };
    expect(bad(allowed)).toEqual([]);
  });

  it.each([
    ["on several lines", 'import {\n  a,\n  b,\n} from "../vault/b.ts";'],
    ["for types", 'import type { A } from "../vault/b.ts";'],
    ["for its effect", 'import "../vault/b.ts";'],
    ["passed on", 'export * from "../vault/b.ts";'],
    ["passed on by name", 'export { a } from "../vault/b.ts";'],
    ["at run time", 'const b = await import("../vault/b.ts");'],
    ["with single quotes", "import { a } from '../vault/b.ts';"],
  ])("see an import %s", (_how, source) => {
    expect(bad({ "src/audit/a.ts": source })).toEqual(["src/audit/a.ts must not import src/vault/b.ts"]);
  });

  it("see circles, of types too, and a folder without a rule", () => {
    const circle = {
      "src/audit/a.ts": 'import { b } from "./b.ts";',
      "src/audit/b.ts": 'import type { C } from "./c.ts";',
      "src/audit/c.ts": 'export { a } from "./a.ts";',
    };
    expect(bad(circle)).toEqual([
      "these import each other in a circle: src/audit/a.ts > src/audit/b.ts > src/audit/c.ts > src/audit/a.ts",
    ]);
    expect(bad({ "src/utils/a.ts": "" })).toEqual(["src/utils/a.ts is in a place that the rules don't know"]);
  });
});
