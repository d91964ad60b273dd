import { describe, expect, it } from "vitest";
import { CrawlUnderWayError } from "../../src/catalog/crawl/crawl-errors.ts";
import { crawlVault } from "../../src/catalog/crawl-vault.ts";
import { crawlStatusLines, unreadableForTerminal } from "../../src/cli/crawl-lines.ts";
import { watchCrawl } from "../../src/cli/watch-crawl.ts";
import { fakeCatalogSource, kvMount } from "../fakes/catalog-source.ts";
import { freshStore } from "../fresh-store.ts";
import { runCli } from "../world/run-cli.ts";

const quiet = { now: () => new Date("2026-06-01T12:00:00Z"), report: () => {} };

describe("one crawl at a time", () => {
  it("refuses a second one beside it, says how far the first is, and lets another begin when that has ended", async () => {
    const { store } = await freshStore();
    const source = fakeCatalogSource({ mounts: [kvMount("secret")], entries: { secret: { a: {}, b: {} } } });
    let second: Promise<unknown> = Promise.resolve();
    const phaseEnded = async (phase: string): Promise<void> => {
      if (phase !== "names") return;
      second = crawlVault({ store, source, ...quiet }).catch((error: unknown) => error);
      await second;
    };
    await crawlVault({ store, source, ...quiet, phaseEnded });
    const refused = await second;
    expect(refused).toBeInstanceOf(CrawlUnderWayError);
    expect((refused as CrawlUnderWayError).userMessage).toContain("metadata, 0 of 2 names so far");
    expect(await crawlVault({ store, source, ...quiet })).toMatchObject({ isResumed: false, newCount: 0 });
  });

  it("begins anew where what broke off is more than a day old", async () => {
    const { store } = await freshStore();
    const source = fakeCatalogSource({ mounts: [kvMount("secret")], entries: { secret: { a: {} } } });
    const readMetadata = (): Promise<never> => Promise.reject(new Error("no answer"));
    await expect(crawlVault({ store, source: { ...source, readMetadata }, ...quiet })).rejects.toThrow("no answer");
    const nextDay = { ...quiet, now: () => new Date("2026-06-02T12:00:01Z") };
    expect(await crawlVault({ store, source, ...nextDay })).toMatchObject({ isResumed: false, entryCount: 1 });
    expect(source.calls.filter((call) => call === "list secret/")).toHaveLength(2);
  });
});

describe("what a terminal shows of crawls", () => {
  it("says in the status what the last one found, what it could not read, and that one broke off", async () => {
    const { store } = await freshStore();
    expect(await crawlStatusLines(store)).toEqual(["  crawl      none has come to its end yet"]);
    expect((await unreadableForTerminal(store)).ok).toBe(false);
    const vault = {
      mounts: [kvMount("secret")],
      entries: { secret: { a: {}, "hr/b": {} } },
      forbidden: ["secret/hr/"],
    };
    const source = fakeCatalogSource(vault);
    await crawlVault({ store, source, ...quiet });
    expect(await crawlStatusLines(store)).toEqual([
      "  crawl      ended 2026-06-01 12:00 UTC: 1 new, 0 changed, 0 gone; 1 branch could not be read: `glovebox discover --unreadable`",
    ]);
    expect((await unreadableForTerminal(store)).lines).toEqual([
      "Crawl 1 ended 2026-06-01 12:00 UTC.",
      "1 branch could not be read:",
      "  secret/hr/  The catalog identity lacks `list` on `secret/metadata/hr/`.",
    ]);
    const readMetadata = (): Promise<never> => Promise.reject(new Error("no answer"));
    await crawlVault({ store, source: { ...source, readMetadata }, ...quiet }).catch(() => {});
    expect((await crawlStatusLines(store))[1]).toBe(
      "  crawl      under way or broken off: metadata, 0 of 1 names so far, written 2026-06-01 12:00 UTC",
    );
  });

  it("prints a plain line for each phase and now and then, with counts and the time left", () => {
    const lines: string[] = [];
    let now = 0;
    const watch = watchCrawl(
      false,
      (line) => void lines.push(line),
      () => now,
    );
    const at = { mount: "secret", unreadableCount: 2 };
    watch.show({ ...at, phase: "names", doneCount: 1_000, totalCount: null });
    now = 1_000;
    watch.show({ ...at, phase: "names", doneCount: 2_000, totalCount: null });
    watch.show({ ...at, phase: "metadata", doneCount: 0, totalCount: 3_000 });
    now = 11_000;
    watch.show({ ...at, phase: "metadata", doneCount: 1_000, totalCount: 3_000 });
    watch.stop();
    expect(lines).toEqual([
      "names: 1,000 so far, time left not known, 2 unreadable",
      "metadata: 0 of 3,000, time left not known, 2 unreadable",
      "metadata: 1,000 of 3,000, 20 s left, 2 unreadable",
    ]);
  });
});

describe("glovebox discover", () => {
  it("names every variable that is missing, and takes only a count for --calls-at-once", async () => {
    const missing = await runCli(["discover"], {});
    expect(missing.code).toBe(78);
    for (const name of ["DATABASE_URL", "VAULT_ADDR", "VAULT_CATALOG_ROLE_ID"]) expect(missing.stderr).toContain(name);
    const wrong = await runCli(["discover", "--calls-at-once", "many"], {});
    expect([wrong.code, wrong.stderr]).toEqual([1, expect.stringContaining("It takes a whole number from 1 to 999.")]);
  });
});
