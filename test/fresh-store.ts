import { inject, onTestFinished } from "vitest";
import { openStore, type Store } from "../src/store/open-store.ts";
import { databaseName, databaseUrl, dropDatabase, onServer } from "./store-template.ts";

/** A database of this test's own on the shared server, migrated; closed and dropped when the test ends. */
export async function freshStore(): Promise<{ store: Store; url: string }> {
  const { url, drop } = await createDatabase(` template ${inject("template")}`);
  const store = openStore(url, () => {});
  onTestFinished(async () => {
    await store.destroy();
    await drop();
  });
  return { store, url };
}

/** An empty database of its own. The caller drops it. */
export const freshDatabase = (): Promise<{ url: string; drop(): Promise<void> }> => createDatabase("");

async function createDatabase(from: string): Promise<{ url: string; drop(): Promise<void> }> {
  const server = inject("stack").postgres.url;
  const name = databaseName();
  await onServer(server, `create database ${name}${from}`);
  return { url: databaseUrl(server, name), drop: () => dropDatabase(server, name) };
}
