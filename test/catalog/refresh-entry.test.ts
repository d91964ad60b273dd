import { describe, expect, it } from "vitest";
import { crawlVault } from "../../src/catalog/crawl-vault.ts";
import { describeEntry, EntryUnknownError } from "../../src/catalog/describe-entry.ts";
import { findEntries } from "../../src/catalog/find-entries.ts";
import { refreshEntry } from "../../src/catalog/refresh-entry.ts";
import { PathHiddenError, SEES_ALL, type Viewer } from "../../src/catalog/visibility.ts";
import { type FakeVault, fakeCatalogSource, kvMount } from "../fakes/catalog-source.ts";
import { freshStore } from "../fresh-store.ts";

async function crawled(vault: FakeVault) {
  const { store } = await freshStore();
  const source = fakeCatalogSource(vault);
  await crawlVault({ store, source, now: () => new Date(), report: () => {} });
  const idOf = async (path: string): Promise<number> => {
    const found = await findEntries(store, path, SEES_ALL);
    if (found.kind !== "one") throw new Error(`${path} is not in the catalogue`);
    return found.entry.entryId;
  };
  return { store, idOf, refresh: (id: number) => refreshEntry({ store, source, now: () => new Date() }, id, SEES_ALL) };
}

describe("describeEntry", () => {
  it("says what the crawl found, and which other names look alike", async () => {
    const { store, idOf } = await crawled({
      mounts: [kvMount("secret")],
      entries: {
        secret: { "pay/db": { version: 3, keyNames: ["user"], customMetadata: { owner: "pay" } }, "Pay/db": {} },
      },
    });
    expect(await describeEntry(store, await idOf("secret/pay/db"), SEES_ALL)).toMatchObject({
      source: { namespace: "", mount: "secret", mountAccessor: "kv_secret", engine: "kv-v2", path: "pay/db" },
      currentVersion: 3,
      keyNames: ["user"],
      customMetadata: { owner: "pay" },
      isDeleted: false,
      twins: [{ path: "secret/Pay/db" }],
      requestId: null,
      facts: [],
    });
  });

  it("shows no twin that the viewer may not see, and refuses an entry that is hidden itself", async () => {
    const { store, idOf } = await crawled({
      mounts: [kvMount("secret")],
      entries: { secret: { "pay/db": {}, "Pay/db": {} } },
    });
    const rule = { paths: ["secret/Pay/**"], seenBy: { users: ["U0"], usergroups: [] }, ask: "#pay-help" };
    const viewer: Viewer = { hidden: [rule], seen: [], fault: null };
    expect((await describeEntry(store, await idOf("secret/pay/db"), viewer)).twins).toEqual([]);
    await expect(describeEntry(store, await idOf("secret/Pay/db"), viewer)).rejects.toThrow(PathHiddenError);
  });

  it("refuses an id that the catalogue does not hold", async () => {
    const { store } = await freshStore();
    await expect(describeEntry(store, 404, SEES_ALL)).rejects.toThrow(EntryUnknownError);
  });
});

describe("refreshEntry", () => {
  it("sees the version that was written after the crawl", async () => {
    const vault: FakeVault = { mounts: [kvMount("secret")], entries: { secret: { app: { keyNames: ["a"] } } } };
    const { idOf, refresh } = await crawled(vault);
    vault.entries.secret = { app: { version: 2, keyNames: ["a", "b"] } };
    expect(await refresh(await idOf("secret/app"))).toMatchObject({ currentVersion: 2, keyNames: ["a", "b"] });
  });

  it("sees that the current version was deleted", async () => {
    const vault: FakeVault = { mounts: [kvMount("secret")], entries: { secret: { app: {} } } };
    const { idOf, refresh } = await crawled(vault);
    vault.entries.secret = { app: { isDeleted: true } };
    expect(await refresh(await idOf("secret/app"))).toMatchObject({ isDeleted: true, keyNames: null, goneAt: null });
  });

  it.each([["kv-v1"], ["kv-v2"]])("marks a secret of %s that is no longer there as gone", async (engine) => {
    const vault: FakeVault = { mounts: [kvMount("secret", engine)], entries: { secret: { "f/app": {}, "f/b": {} } } };
    const { idOf, refresh } = await crawled(vault);
    const id = await idOf("secret/f/app");
    expect((await refresh(id)).goneAt).toBeNull();
    vault.entries.secret = { "f/b": {} };
    expect((await refresh(id)).goneAt).not.toBeNull();
  });

  it("looks a role of another engine up in its list, and knows it gone when it is not there", async () => {
    const vault: FakeVault = { mounts: [kvMount("db", "database")], entries: { db: { "static-roles/ledger": {} } } };
    const { idOf, refresh } = await crawled(vault);
    const id = await idOf("db/static-roles/ledger");
    expect(await refresh(id)).toMatchObject({ goneAt: null, currentVersion: null, keyNames: null });
    vault.entries.db = {};
    expect((await refresh(id)).goneAt).not.toBeNull();
  });

  it("shows the new accessor when the mount was replaced", async () => {
    const vault: FakeVault = { mounts: [kvMount("secret")], entries: { secret: { app: {} } } };
    const { idOf, refresh } = await crawled(vault);
    vault.mounts = [{ ...kvMount("secret"), accessor: "kv_other" }];
    expect((await refresh(await idOf("secret/app"))).source.mountAccessor).toBe("kv_other");
  });

  it("does not call a secret gone whose mount it can't see", async () => {
    const vault: FakeVault = { mounts: [kvMount("secret")], entries: { secret: { app: {} } } };
    const { store, idOf, refresh } = await crawled(vault);
    const id = await idOf("secret/app");
    vault.mounts = [];
    await expect(refresh(id)).rejects.toThrow("lacks list on secret/");
    expect((await describeEntry(store, id, SEES_ALL)).goneAt).toBeNull();
  });
});
