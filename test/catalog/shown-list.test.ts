import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { lookKey } from "../../src/catalog/look-key.ts";
import { keepList, readList } from "../../src/catalog/search/shown-list.ts";
import { SEES_ALL, type Viewer } from "../../src/catalog/visibility.ts";
import { migrateStore } from "../../src/store/migrate.ts";
import { openStore, type Store } from "../../src/store/open-store.ts";
import { freshDatabase } from "../fresh-store.ts";

const NOW = new Date("2026-11-24T10:00:00Z");
const members = { users: ["U0TREASURER"], usergroups: [] };
const HIDES: Viewer = {
  hidden: [{ paths: ["secret/treasury/**"], seenBy: members, ask: "#treasury-help" }],
  ...{ seen: [], fault: null },
};

let store: Store;
let drop: () => Promise<void>;
let ids: number[];
beforeAll(async () => {
  const database = await freshDatabase();
  drop = database.drop;
  store = openStore(database.url, () => {});
  await migrateStore(store);
  const paths = ["a/1", "a/2", "treasury/x", "a/3", "a/4"];
  const rows = paths.map((path) => ({
    ...{ namespace: "", mount: "secret", mountAccessor: "kv_1", engine: "kv-v2", path, seenAt: NOW },
    ...{ versions: "[]", customMetadata: "{}", lookKey: lookKey(`secret/${path}`) },
  }));
  const written = await store.insertInto("entry").values(rows).returning(["id", "path"]).execute();
  ids = paths.map((path) => written.find((row) => row.path === path)?.id ?? 0);
});
afterAll(async () => {
  await store.destroy();
  await drop();
});

const pageOf = async (viewer: Viewer, part: { id: string; askedBy?: string; offset?: number }) => {
  const page = await readList(store, { askedBy: "U0ENGINEER", offset: 0, limit: 3, ...part }, viewer);
  return page && { paths: page.hits.map(({ path }) => path), hasMore: page.hasMore };
};

describe("the pages of a list of names", () => {
  it("come in the order in which the list was kept", async () => {
    await keepList(store, { id: "one", askedBy: "U0ENGINEER", entryIds: [...ids].reverse(), at: NOW });
    const first = { paths: ["secret/a/4", "secret/a/3", "secret/treasury/x"], hasMore: true };
    expect(await pageOf(SEES_ALL, { id: "one" })).toEqual(first);
    expect(await pageOf(SEES_ALL, { id: "one", offset: 3 })).toEqual({
      paths: ["secret/a/2", "secret/a/1"],
      hasMore: false,
    });
  });

  it("leave out what the asker may no longer see", async () => {
    await keepList(store, { id: "two", askedBy: "U0ENGINEER", entryIds: ids, at: NOW });
    expect((await pageOf(HIDES, { id: "two" }))?.paths).toEqual(["secret/a/1", "secret/a/2"]);
  });

  it("are nobody else's, and are forgotten after an hour", async () => {
    await keepList(store, { id: "three", askedBy: "U0ENGINEER", entryIds: ids, at: NOW });
    expect(await pageOf(SEES_ALL, { id: "three", askedBy: "U0OTHER" })).toBeNull();
    const later = new Date(NOW.getTime() + 3_601_000);
    await keepList(store, { id: "four", askedBy: "U0ENGINEER", entryIds: ids, at: later });
    expect(await pageOf(SEES_ALL, { id: "three" })).toBeNull();
  });
});
