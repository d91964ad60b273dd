import { describe, expect, it } from "vitest";
import type { CrawlScope } from "../../src/catalog/crawl/crawl-row.ts";
import { listUnreadable } from "../../src/catalog/crawl/unreadable.ts";
import { type CrawlProgress, type CrawlSummary, crawlVault } from "../../src/catalog/crawl-vault.ts";
import { findEntries } from "../../src/catalog/find-entries.ts";
import { SEES_ALL } from "../../src/catalog/visibility.ts";
import { type FakeVault, fakeCatalogSource, kvMount } from "../fakes/catalog-source.ts";
import { freshStore } from "../fresh-store.ts";

/** A store and a crawl of `vault`, an hour after the one before. */
async function world(vault: FakeVault) {
  const { store } = await freshStore();
  let clock = Date.UTC(2026, 5, 1);
  const progress: CrawlProgress[] = [];
  const source = fakeCatalogSource(vault);
  const crawl = (options: { batchSize?: number; concurrency?: number; scope?: CrawlScope } = {}) => {
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

  it("makes each role of another engine an entry, and asks nothing but the lists of roles", async () => {
    const { crawl, store, source, paths } = await world({
      mounts: [kvMount("db", "database"), kvMount("hsm", "kmip")],
      entries: { db: { "static-roles/ledger": {}, "roles/reporting": {}, "config/main": {} }, hsm: { "scope/a": {} } },
    });
    await crawl();
    const mounts = await store.selectFrom("mount").select(["path", "engine"]).orderBy("path").execute();
    expect(mounts.map(({ path, engine }) => `${path} ${engine}`)).toEqual(["db database", "hsm kmip"]);
    expect(await paths()).toEqual(["db/roles/reporting", "db/static-roles/ledger"]);
    expect(source.calls.toSorted()).toEqual(["list db/roles/", "list db/static-roles/", "mounts"]);
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
          found ??= findEntries(store, "secret/f7/app", SEES_ALL);
          await found;
          return source.readMetadata(mount, path);
        },
      },
      now: () => new Date(),
      report: ({ phase, doneCount }) => phase === "names" && listed.push(doneCount),
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
    const { unreadable, crawlId } = await crawl();
    expect(unreadable).toEqual([
      {
        path: "secret/shut/",
        missingRight: "`list` on `secret/metadata/shut/`",
        reason: "The catalog identity lacks `list` on `secret/metadata/shut/`.",
        secretCount: 0,
      },
    ]);
    expect(await paths()).toEqual(["secret/open/a"]);
    expect(await listUnreadable(store, crawlId)).toEqual(unreadable);
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
    vault.hidesMounts = true;
    const { goneCount, unreadable } = await crawl();
    expect(goneCount).toBe(0);
    expect(unreadable.map(({ path }) => path)).toEqual(["the root namespace", "other", "secret/shut/"]);
    expect(await paths()).toEqual(["other/c", "secret/shut/b"]);
  });

  it("marks all of a mount as gone that is no more, where it sees every mount", async () => {
    const vault: FakeVault = {
      mounts: [kvMount("secret"), kvMount("other")],
      entries: { secret: { a: {} }, other: { b: {}, c: {} } },
    };
    const { crawl, paths, store } = await world(vault);
    await crawl();
    vault.mounts = [kvMount("secret")];
    expect(await crawl()).toMatchObject({ goneCount: 2, unreadableCount: 0 });
    expect(await paths()).toEqual(["secret/a"]);
    expect(await store.selectFrom("mount").select("path").execute()).toEqual([{ path: "secret" }]);
  });

  it("goes through every namespace, and keeps a path of one apart from the same path of another", async () => {
    const { crawl, paths } = await world({
      namespaces: ["", "emea"],
      mounts: [kvMount("secret"), { ...kvMount("secret"), namespace: "emea", accessor: "kv_emea" }],
      entries: { secret: { a: {} } },
    });
    expect(await crawl()).toMatchObject({ mountCount: 2, entryCount: 2 });
    expect(await paths()).toEqual(["emea/secret/a", "secret/a"]);
  });

  it("counts what is new, changed and gone, and nothing where nothing happened", async () => {
    const secret: FakeVault["entries"][string] = { a: {}, b: {}, "f/c": {} };
    const { crawl } = await world({ mounts: [kvMount("secret")], entries: { secret } });
    const counts = ({ entryCount, newCount, changedCount, goneCount, keyedCount }: CrawlSummary) => [
      entryCount,
      newCount,
      changedCount,
      goneCount,
      keyedCount,
    ];
    expect(counts(await crawl())).toEqual([3, 3, 0, 0, 3]);
    expect(counts(await crawl())).toEqual([3, 0, 0, 0, 0]);
    secret.a = { version: 2 };
    secret.b = { customMetadata: { owner: "pay" } };
    secret.d = {};
    delete secret["f/c"];
    expect(counts(await crawl())).toEqual([3, 1, 2, 1, 2]);
  });

  it("lists names alone where it is told to, and leaves what is known as it is", async () => {
    const secret: FakeVault["entries"][string] = { a: { version: 3 } };
    const { crawl, store, source } = await world({ mounts: [kvMount("secret")], entries: { secret } });
    await crawl();
    source.calls.length = 0;
    secret.b = {};
    const namesOnly = { namesOnly: true, full: false };
    expect(await crawl({ scope: namesOnly })).toMatchObject({ entryCount: 2, newCount: 1, describedCount: 0 });
    expect(source.calls).toEqual(["mounts", "list secret/"]);
    const rows = await store.selectFrom("entry").select(["path", "currentVersion"]).orderBy("path").execute();
    expect(rows).toEqual([
      { path: "a", currentVersion: 3 },
      { path: "b", currentVersion: null },
    ]);
  });

  it("asks for all key names again where a full crawl is wanted", async () => {
    const { crawl } = await world({ mounts: [kvMount("secret")], entries: { secret: { a: {}, b: {} } } });
    await crawl();
    expect(await crawl({ scope: { namesOnly: false, full: true } })).toMatchObject({ keyedCount: 2, changedCount: 0 });
  });

  it("asks for key names again when a path was erased and begins anew at version 1", async () => {
    const secret: FakeVault["entries"][string] = { a: { keyNames: ["old"] } };
    const { crawl, store } = await world({ mounts: [kvMount("secret")], entries: { secret } });
    await crawl();
    secret.a = { keyNames: ["new"], writtenAt: Date.UTC(2026, 3, 1) };
    await crawl();
    expect((await store.selectFrom("entry").select("keyNames").executeTakeFirstOrThrow()).keyNames).toEqual(["new"]);
  });

  it("says once for each folder which right on its secrets is missing, and of how many", async () => {
    const { crawl } = await world({
      mounts: [kvMount("secret")],
      entries: { secret: { "pay/a": {}, "pay/b": {}, c: {} } },
      hidesKeys: true,
    });
    const { unreadable } = await crawl();
    expect(unreadable.map(({ path, missingRight, secretCount }) => [path, missingRight, secretCount])).toEqual([
      ["secret", "`read` on `secret/subkeys/*`", 1],
      ["secret/pay/", "`read` on `secret/subkeys/pay/*`", 2],
    ]);
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
