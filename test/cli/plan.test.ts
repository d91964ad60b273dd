import { mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, inject, it, onTestFinished } from "vitest";
import { PLAIN_SETTINGS } from "../../src/approvals/content.ts";
import { secretsManagerClients } from "../../src/aws/secrets-manager-client.ts";
import { secretsManagerTarget } from "../../src/aws/secrets-manager-target.ts";
import { type PlanCommand, type PlanOptions, planForTerminal } from "../../src/cli/plan.ts";
import { csvHead, csvLine, PLAN_COLUMNS } from "../../src/cli/plan-csv.ts";
import { REASON_WORDS } from "../../src/migration/plan/reason-words.ts";
import { parseRules } from "../../src/rules.ts";
import { textValue } from "../fakes/secret-target.ts";
import { freshStore } from "../fresh-store.ts";
import { addPracticeEstate, addSecrets, planMount } from "../migration/plan-world.ts";

const RULES = `
approvals: { channel: C1, approvers: { users: [U1] } }
support: { channel: C2, staff: { users: [U1] } }
operators: { users: [U1] }
targets: [{ accountId: "123456789012", region: eu-central-1, namePrefix: "PREFIX" }]
`;

/** A store of its own, a folder for files, and the command as a person types it. */
async function planDesk({ prefix = "vault/", accountId = "123456789012" } = {}) {
  const { store } = await freshStore();
  const folder = await mkdtemp(join(tmpdir(), "plan-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const rules = parseRules(RULES.replace("PREFIX", prefix).replace("123456789012", accountId), "glovebox.yaml");
  const openAws: PlanCommand["openAws"] = () =>
    secretsManagerClients({
      endpoint: inject("stack").aws.endpointUrl,
      credentials: { accessKeyId: "practice", secretAccessKey: "practice" },
    });
  const command: PlanCommand = {
    store,
    rules,
    limits: { namespace: "", prefixes: [] },
    now: () => new Date("2026-06-01T10:00:00Z"),
    openAws,
    report: () => {},
  };
  const path = (name: string) => join(folder, name);
  const plan = (options: PlanOptions = {}) => planForTerminal(command, options);
  return { store, folder, path, plan, command };
}

describe("glovebox plan", () => {
  it("prints counts by verdict, lane, mount and reason, and what a person must decide", async () => {
    const { store, plan } = await planDesk();
    await addPracticeEstate(store, 300);
    await addSecrets(store, planMount("corp-ad", "ldap"), {});
    const { ok, lines } = await plan();
    const text = lines.join("\n");
    expect(ok).toBe(true);
    for (const expected of [
      /^300 secrets in the catalogue at 2026-06-01 10:00 UTC, judged without a value\. No crawl has come to its end/,
      /Names in AWS were not looked at/,
      /^secrets +264 +24 +12 +0 +300$/m,
      /^ +complex +0 +20 +11 +0 +31$/m,
      /^ +platform\/shared \(kv-v2\) +37 +5 +0 +0 +42$/m,
      /PATH_NOT_GRANTABLE +blocked +11 /,
      /A person must decide about 24 secrets:\n +\d+ x It seems to hold a file/,
      /secret\/odd\/caf\u00e9 +\(`\u00e9` is U\+00E9\)/,
      /and 1 more with LOOKS_ALIKE/,
      /Mounts of other engines.*\n +corp-ad \(ldap\)/,
      /Every verdict with its reasons: --csv FILE or --json FILE\./,
    ]) {
      expect(text).toMatch(expected);
    }
  });

  it("counts in a line what it does not show", async () => {
    const { store, plan } = await planDesk();
    for (let n = 0; n < 43; n += 1) await addSecrets(store, planMount(`mount-${n}`), { a: {} });
    const text = (await plan()).lines.join("\n");
    expect(text.match(/^ {2}mount-\d+ /gm)).toHaveLength(40);
    expect(text).toContain("and 3 more mounts; --json has them all");
  });

  it("writes the same rows to both files, whole, for their owner alone", async () => {
    const { store, path, plan, folder } = await planDesk();
    await addPracticeEstate(store, 1_200);
    const [csv, json] = [path("plan.csv"), path("plan.json")];
    await writeFile(csv, "an older plan");
    const { lines } = await plan({ csv, json });
    const table = parseCsv(await readFile(csv, "utf8"));
    const { v, rows, summary } = JSON.parse(await readFile(json, "utf8"));
    expect(lines.at(-1)).toContain("(1,200 rows)");
    expect([v, rows.length, table.length, summary.secretCount]).toEqual([1, 1_200, 1_201, 1_200]);
    expect(table[0]).toEqual(PLAN_COLUMNS.map(([name]) => name));
    const pathColumn = table[0]?.indexOf("path") ?? -1;
    expect(table.slice(1).map((cells) => cells[pathColumn])).toEqual(rows.map((row: { path: string }) => row.path));
    expect((await stat(json)).mode & 0o777).toBe(0o600);
    expect((await readdir(folder)).toSorted()).toEqual(["plan.csv", "plan.json"]);
  });

  it("leaves no file and the older one as it was when the plan breaks off", async () => {
    const { store, path, folder, command } = await planDesk();
    await addPracticeEstate(store, 50);
    await writeFile(path("plan.csv"), "an older plan");
    await store.schema.dropTable("metadataConfirmation").execute();
    const options = { csv: path("plan.csv"), json: path("plan.json") };
    await expect(planForTerminal(command, options)).rejects.toThrow("metadata_confirmation");
    expect(await readdir(folder)).toEqual(["plan.csv"]);
    expect(await readFile(path("plan.csv"), "utf8")).toBe("an older plan");
  });

  it.each([
    ["a folder that is not there", "missing/plan.csv", "ENOENT"],
    ["a folder itself", ".", "it is no regular file"],
    ["a device", "device", "it is no regular file"],
  ])("makes no plan for %s, and says why", async (_what, name, reason) => {
    const { plan, path } = await planDesk();
    await symlink("/dev/null", path("device"));
    const { ok, lines } = await plan({ csv: path(name) });
    expect([ok, lines.length, lines[0]]).toEqual([false, 1, expect.stringContaining(reason)]);
  });

  it("refuses one file for both", async () => {
    const { plan, path, folder } = await planDesk();
    const { ok, lines } = await plan({ csv: path("plan"), json: path("./plan") });
    expect([ok, lines[0]]).toEqual([false, expect.stringContaining("the same file")]);
    expect(await readdir(folder)).toEqual([]);
  });

  it("says on --look-up what AWS answered", async () => {
    const prefix = `plan-test/${crypto.randomUUID()}/`;
    const { store, plan, command } = await planDesk({ prefix });
    await addSecrets(store, planMount("secret"), { free: {}, taken: {} });
    const clients = command.openAws();
    const target = { accountId: "123456789012", region: "eu-central-1", name: `${prefix}secret/taken`, kmsKeyId: null };
    const options = { requestToken: crypto.randomUUID(), tags: {}, settings: PLAIN_SETTINGS };
    await secretsManagerTarget(clients).create(target, textValue("v"), options);
    clients.close();
    const text = (await plan({ lookUp: true })).lines.join("\n");
    expect(text).toContain("AWS was asked about 2 names and answered 2.");
    expect(text).toMatch(/1 x Its name is taken in AWS.*\n +secret\/taken/);
  });

  it("does not look names up in another account, where all would look free", async () => {
    const { plan } = await planDesk({ accountId: "999988887777" });
    const { ok, lines } = await plan({ lookUp: true });
    expect([ok, lines[0]]).toEqual([false, expect.stringContaining("belong to account 123456789012")]);
  });
});

describe("glovebox plan --look-up without AWS", () => {
  it("makes no plan, and says that AWS did not answer", async () => {
    const { command } = await planDesk();
    const credentials = { accessKeyId: "practice", secretAccessKey: "practice" };
    const openAws = () => secretsManagerClients({ endpoint: "http://127.0.0.1:1", credentials });
    const { ok, lines } = await planForTerminal({ ...command, openAws }, { lookUp: true });
    expect([ok, lines[0]]).toEqual([false, expect.stringContaining("(TARGET_UNAVAILABLE)")]);
  });
});

describe("the CSV", () => {
  const cell = fc.oneof(
    fc.string({
      unit: fc.constantFrom("=", "+", "-", "@", "\t", " ", '"', ",", "\r", "\n", "'", "a", "\uFF1D"),
      maxLength: 6,
    }),
    fc.string({ unit: "grapheme", maxLength: 12 }),
  );

  it("gives every text back, but for an apostrophe before what a spreadsheet would run", () => {
    fc.assert(
      fc.property(fc.array(fc.array(cell, { minLength: 2, maxLength: 4 }), { minLength: 1, maxLength: 4 }), (rows) => {
        const read = parseCsv(rows.map(csvLine).join(""));
        expect(read.map((cells) => cells.length)).toEqual(rows.map((cells) => cells.length));
        for (const [at, cells] of rows.entries()) {
          for (const [column, text] of cells.entries()) {
            const got = read[at]?.[column] ?? "";
            expect([text, `'${text}`]).toContain(got);
            expect(got).not.toMatch(/^\s*[=+\-@\uFF1D]/);
            if (/^\w/.test(text)) expect(got).toBe(text);
          }
        }
      }),
    );
  });

  it("begins with the mark by which Excel knows UTF-8", () => {
    expect(csvHead()).toMatch(/^\uFEFFentry_id,kind,/);
  });
});

describe("docs/plan.md", () => {
  const page = () => readFile(new URL("../../docs/plan.md", import.meta.url), "utf8");
  const firstCells = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map(([, name = ""]) => name);

  it("describes every column, in order", async () => {
    const [, columns = ""] = (await page()).split("## Columns of the CSV");
    expect(firstCells(columns, /^\| `(\w+)` \|/gm)).toEqual(PLAN_COLUMNS.map(([name]) => name));
  });

  it("describes every reason, and no other", async () => {
    expect(firstCells(await page(), /^\| ([A-Z_]+) \|/gm).toSorted()).toEqual(Object.keys(REASON_WORDS).toSorted());
  });
});

/** RFC 4180, strictly: commas, CRLF, doubled quotes. */
function parseCsv(text: string): string[][] {
  const rows: string[][] = [[]];
  const cells = text.replace(/^\uFEFF/, "").matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/gy);
  let length = text.startsWith("\uFEFF") ? 1 : 0;
  for (const [whole, quoted, plain = "", end] of cells) {
    rows.at(-1)?.push(quoted?.replaceAll('""', '"') ?? plain);
    if (end === "\r\n") rows.push([]);
    length += whole.length;
  }
  if (length !== text.length) throw new Error(`not RFC 4180 at ${length}`);
  return rows.slice(0, -1);
}
