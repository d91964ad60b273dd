import { afterAll, beforeAll } from "vitest";
import { migrateStore } from "../../../src/store/migrate.ts";
import { openStore, type Store } from "../../../src/store/open-store.ts";
import { freshDatabase } from "../../fresh-store.ts";
import { fillEstate, type SearchedEntry } from "./fill-estate.ts";

/** One database for all tests of a file, which only look. */
export function searchedEstate(entries: () => readonly SearchedEntry[]): { readonly store: Store } {
  const opened: { store?: Store; close?: () => Promise<void> } = {};
  beforeAll(async () => {
    const { url, drop } = await freshDatabase();
    const store = openStore(url, () => {});
    opened.store = store;
    opened.close = async () => {
      await store.destroy();
      await drop();
    };
    await migrateStore(store);
    await fillEstate(store, entries());
  }, 120_000);
  afterAll(() => opened.close?.());
  return {
    get store() {
      if (opened.store === undefined) throw new Error("not before the tests run");
      return opened.store;
    },
  };
}
