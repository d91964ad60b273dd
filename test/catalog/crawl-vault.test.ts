import { describe, expect, it } from "vitest";
import { type CrawlProgress, crawlVault } from "../../src/catalog/crawl-vault.ts";
import { findEntries } from "../../src/catalog/find-entries.ts";
import { type FakeVault, fakeCatalogSource, kvMount } from "../fakes/catalog-source.ts";
import { freshStore } from "../fresh-store.ts";

/** A store and a crawl of `vault`, an hour after the one before. */
async function world(vault: FakeVault) {
  const { store } = await freshStore();
  let clock = Date.UTC(2026, 5, 1);
  const progress: CrawlProgress[] = [];
  const source = fakeCatalogSource(vault);
  const crawl = (options: { batchSize?: number; concurrency?: number } = {}) => {
    clock += 3_600_000;
    const now = (): Date => new Date(clock);
    return crawlVault({ store, source, now, report: (step) => progress.push(step), ...options });
  };
  const paths = async (): Promise<string[]> => {
    const rows = await store.selectFrom("entry").select("fullPath").where("goneAt", "is", null).execute();
    return rows.map(({ fullPath }) => fullPath).sort();
  };
  return { store, source, crawl, progress, paths };
}

describe("crawlVault", () => {
  it("finds every secret of every KV mount, in folders of any depth, and a secret named like a folder", async () => {
    const { crawl, paths } = await world({
      mounts: [kvMount("secret"), kvMount("legacy", "kv-v1")],
      entries: { secret: { a: {}, "a/b": {}, "a/b/c/d": {} }, legacy: { x: {} } },
    });
    const summary = await crawl();
    expect(await paths()).toEqual(["legacy/x", "secret/a", "secret/a/b", "secret/a/b/c/d"]);
    expect(summary).toMatchObject({ mountCount: 2, entryCount: 4, goneCount: 0, unreadableCount: 0 });
  });

  it("records mounts of other engines without looking into them", async () => {
    const { crawl, store, source } = await world({ mounts: [kvMount("db", "database")], entries: {} });
    await crawl();
    expect(await store.selectFrom("mount").select(["path", "engine"]).execute()).toEqual([
      { path: "db", engine: "database" },
    ]);
    expect(source.calls).toEqual(["mounts"]);
  });

  it("lists all names before it reads the first details", async () => {
    const { crawl, source } = await world({
      mounts: [kvMount("one"), kvMount("two")],
      entries: { one: { a: {} }, two: { b: {} } },
    });
    await crawl();
    const verbs = source.calls.map((call) => call.split(" ")[0]);
    expect(verbs.lastIndexOf("list")).toBeLessThan(verbs.indexOf("metadata"));
  });

  it("keeps no more calls under way than it was allowed", async () => {
    const entries = Object.fromEntries(Array.from({ length: 60 }, (_, n) => [`team-${n % 9}/app-${n}`, {}]));
    const { crawl, source } = await world({ mounts: [kvMount("secret")], entries: { secret: entries } });
    await crawl({ concurrency: 3 });
    expect(source.mostAtOnce()).toBe(3);
  });

  it("answers from each batch while the crawl still runs", async () => {
    const entries = Object.fromEntries(Array.from({ length: 30 }, (_, n) => [`f${n}/app`, {}]));
    const vault = { mounts: [kvMount("secret")], entries: { secret: entries } };
    const { store } = await freshStore();
    const source = fakeCatalogSource(vault);
    let found: Promise<unknown> | null = null;
    const listed: number[] = [];
    await crawlVault({
      store,
      source: {
        ...source,
        readMetadata: async (mount, path) => {
          found ??= findEntries(store, "secret/f7/app");
          await found;
          return source.readMetadata(mount, path);
        },
      },
      now: () => new Date(),
      report: ({ phase, entryCount }) => phase === "names" && listed.push(entryCount),
      batchSize: 10,
    });
    expect(await found).toMatchObject({ kind: "one", entry: { path: "secret/f7/app" } });
    expect(listed.length).toBeGreaterThan(2);
    expect(listed.at(-1)).toBe(30);
  });

  it("names the missing right for a branch that it may not list, and finds the rest", async () => {
    const { crawl, paths, store } = await world({
      mounts: [kvMount("secret")],
      entries: { secret: { "open/a": {}, "shut/b": {} } },
      forbidden: ["secret/shut/"],
    });
    const { unreadable } = await crawl();
    const expected = [
      { path: "secret/shut/", reason: "The catalog identity lacks `list` on `secret/metadata/shut/`." },
    ];
    expect(unreadable).toEqual(expected);
    expect(await paths()).toEqual(["secret/open/a"]);
    expect((await store.selectFrom("crawl").select("unreadable").executeTakeFirstOrThrow()).unreadable).toEqual(
      expected,
    );
  });

  it.each([["a//b"], ["a/../b"], ["./a"], ["a/\u0007bell"]])(
    "lists %j as unreadable and never asks Vault for it",
    async (path) => {
      const { crawl, paths, source } = await world({
        mounts: [kvMount("secret")],
        entries: { secret: { [path]: {}, good: {} } },
      });
      const { unreadable, unreadableCount } = await crawl();
      expect(unreadableCount).toBe(1);
      expect(unreadable[0]?.reason).toContain("Vault would answer for another path");
      expect(JSON.stringify(unreadable)).not.toContain("\\u0007");
      expect(await paths()).toEqual(["secret/good"]);
      expect(source.calls.filter((call) => call.startsWith("metadata"))).toEqual(["metadata secret/good"]);
    },
  );

  it("marks what is no longer listed as gone, and takes that back when it returns", async () => {
    const secret: FakeVault["entries"][string] = { a: {}, b: {} };
    const { crawl, paths } = await world({ mounts: [kvMount("secret")], entries: { secret } });
    await crawl();
    delete secret.b;
    expect(await crawl()).toMatchObject({ entryCount: 1, goneCount: 1 });
    expect(await paths()).toEqual(["secret/a"]);
    secret.b = {};
    expect(await crawl()).toMatchObject({ goneCount: 0 });
    expect(await paths()).toEqual(["secret/a", "secret/b"]);
  });

  it("marks nothing as gone below a folder that it can no longer list, nor in a mount it no longer sees", async () => {
    const vault: FakeVault = {
      mounts: [kvMount("secret"), kvMount("other")],
      entries: { secret: { "shut/b": {} }, other: { c: {} } },
      forbidden: [],
    };
    const { crawl, paths } = await world(vault);
    await crawl();
    vault.forbidden = ["secret/shut/"];
    vault.mounts = [kvMount("secret")];
    const { goneCount, unreadable } = await crawl();
    expect(goneCount).toBe(0);
    expect(unreadable.map(({ path }) => path)).toEqual(["other", "secret/shut/"]);
    expect(await paths()).toEqual(["other/c", "secret/shut/b"]);
  });

  it("asks for key names again only when the secret has changed", async () => {
    const secret: FakeVault["entries"][string] = { a: { keyNames: ["old"] } };
    const { crawl, store, source } = await world({ mounts: [kvMount("secret")], entries: { secret } });
    await crawl();
    await crawl();
    expect(source.calls.filter((call) => call === "keys secret/a")).toHaveLength(1);
    secret.a = { version: 2, keyNames: ["new", "nul\u0000name"], customMetadata: { owner: "payments" } };
    await crawl();
    const [row] = await store.selectFrom("entry").selectAll().execute();
    expect(row).toMatchObject({
      currentVersion: 2,
      keyNames: ["new", "nul␀name"],
      customMetadata: { owner: "payments" },
    });
  });

  it("leaves the key names of a deleted version unknown and does not ask for them", async () => {
    const { crawl, store, source } = await world({
      mounts: [kvMount("secret")],
      entries: { secret: { a: { isDeleted: true } } },
    });
    await crawl();
    expect((await store.selectFrom("entry").select("keyNames").executeTakeFirstOrThrow()).keyNames).toBeNull();
    expect(source.calls).not.toContain("keys secret/a");
  });

  it("forgets what it knew when another mount stands under the same name", async () => {
    const vault: FakeVault = { mounts: [kvMount("secret")], entries: { secret: { a: { keyNames: ["old"] } } } };
    const { crawl, store } = await world(vault);
    await crawl();
    vault.mounts = [{ ...kvMount("secret", "kv-v1"), accessor: "kv_replaced" }];
    await crawl();
    const row = await store.selectFrom("entry").selectAll().executeTakeFirstOrThrow();
    expect(row).toMatchObject({ mountAccessor: "kv_replaced", engine: "kv-v1", keyNames: null, currentVersion: null });
  });

  it("keeps what it found when Vault stops answering half-way, and says that it failed", async () => {
    const { store } = await freshStore();
    const source = fakeCatalogSource({ mounts: [kvMount("secret")], entries: { secret: { a: {}, "f/b": {} } } });
    const readMetadata = async (): Promise<never> => {
      throw new Error("no answer");
    };
    const crawl = crawlVault({ store, source: { ...source, readMetadata }, now: () => new Date(), report: () => {} });
    await expect(crawl).rejects.toThrow("no answer");
    expect(await store.selectFrom("entry").select("fullPath").orderBy("fullPath").execute()).toHaveLength(2);
    expect((await store.selectFrom("crawl").select("finishedAt").executeTakeFirstOrThrow()).finishedAt).toBeNull();
  });
});
