import { randomUUID } from "node:crypto";
import pg from "pg";
import { inject, onTestFinished } from "vitest";
import { migrateStore } from "../src/store/migrate.ts";
import { openStore, type Store } from "../src/store/open-store.ts";

/** A database of this test's own on the shared server, migrated; closed and dropped when the test ends. */
export async function freshStore(): Promise<{ store: Store; url: string }> {
  const { url, drop } = await freshDatabase();
  const store = openStore(url, () => {});
  onTestFinished(async () => {
    await store.destroy();
    await drop();
  });
  await migrateStore(store);
  return { store, url };
}

/** An empty database of its own. The caller drops it. */
export async function freshDatabase(): Promise<{ url: string; drop(): Promise<void> }> {
  const server = inject("stack").postgres.url;
  const name = `t_${randomUUID().replaceAll("-", "")}`;
  await onServer(server, `create database ${name}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => onServer(server, `drop database if exists ${name} with (force)`) };
}

async function onServer(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(statement).finally(() => client.end());
}
