import { describe, expect, it } from "vitest";
import { type ReportOptions, reportForTerminal } from "../../src/cli/report.ts";
import { freshStore } from "../fresh-store.ts";
import { addPracticeEstate, addSecrets, planMount } from "../migration/plan-world.ts";
import { addRequest, entryAt } from "../migration/progress/progress-world.ts";

const NOW = new Date("2026-06-01T10:00:00Z");
const limits = { namespace: "", prefixes: [] };

async function reportDesk() {
  const { store } = await freshStore();
  const report = async (options: ReportOptions = {}) => {
    const { ok, lines } = await reportForTerminal({ store, limits, now: () => NOW }, options);
    return { ok, lines, text: lines.join("\n") };
  };
  return { store, report };
}

describe("glovebox report", () => {
  it("prints lanes with their shares, each team, namespace, type and mount, and how old it is", async () => {
    const { store, report } = await reportDesk();
    await addPracticeEstate(store, 300);
    await addRequest(store, await entryAt(store, "secret/payments/checkout/prod/stripe"), "migrated", NOW);
    const { ok, text } = await report();
    expect(ok).toBe(true);
    for (const expected of [
      /^300 secrets and roles in the catalogue, 1 of them moved \(0\.3 %\), as of 2026-06-01 10:00 UTC\.$/m,
      /^No crawl of Vault has come to its end yet/m,
      /^Lanes were judged just now\. No audit log of Vault was read/m,
      /^300 were judged in \d+\.\d s, what is gone too\.$/m,
      /^ {2}standard +269 +89\.7 % {2}268 found, 1 moved$/m,
      /^ {2}complex +31 +10\.3 % {2}31 found$/m,
      /^ {2}white-glove +0 +0 %$/m,
      /^by team +all +standard +complex +white-glove +moved +under way +failed$/m,
      /^ {2}secret +129 +115 89% +14 11% +0 +1 1% +0 +0$/m,
      /^ {2}\(no owner known\) +180 .*\n\nby namespace.*\n {2}\(root\) +300 +269 90% +31 10% +0 +1 <1% +0 +0$/m,
      /^ {2}platform\/shared +42 /m,
    ]) {
      expect(text).toMatch(expected);
    }
  });

  it("counts by one thing alone where that is asked", async () => {
    const { store, report } = await reportDesk();
    await addSecrets(store, planMount("secret"), { a: {} });
    const { text } = await report({ by: "mount" });
    expect(text).toMatch(/^by mount/m);
    expect(text).not.toMatch(/^by team/m);
  });

  it("prints each count on a line of its own as CSV, with no cell that a spreadsheet would run", async () => {
    const { store, report } = await reportDesk();
    await addSecrets(store, planMount("=cmd"), { a: {}, "b*": {} });
    const { lines } = await report({ csv: true });
    expect(lines).toEqual([
      "by,name,lane,state,count",
      "all,,standard,found,1",
      "all,,complex,found,1",
      "team,,standard,found,1",
      "team,,complex,found,1",
      "namespace,,standard,found,1",
      "namespace,,complex,found,1",
      "type,,standard,found,1",
      "type,,complex,found,1",
      "mount,'=cmd,standard,found,1",
      "mount,'=cmd,complex,found,1",
    ]);
  });

  it("prints the same as JSON for a program", async () => {
    const { store, report } = await reportDesk();
    await addSecrets(store, planMount("secret"), { a: {} });
    const { lines } = await report({ json: true, by: "mount" });
    const parsed = JSON.parse(lines.join(""));
    expect(parsed).toMatchObject({ v: 1, asOf: NOW.toISOString(), judgement: { entryCount: 1, evidence: null } });
    expect(Object.keys(parsed.by)).toEqual(["mount"]);
    expect(parsed.by.mount[0]).toMatchObject({ name: "secret", byLane: { standard: { found: 1 } } });
  });

  it("says of an empty catalogue that there is nothing, and refuses two forms at once", async () => {
    const { report } = await reportDesk();
    expect((await report()).text).toContain("0 secrets and roles in the catalogue, 0 of them moved (0 %)");
    expect(await report({ csv: true, json: true })).toMatchObject({ ok: false });
  });
});
