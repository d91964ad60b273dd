import { randomUUID } from "node:crypto";
import pg from "pg";
import { migrateStore } from "../src/store/migrate.ts";
import { openStore } from "../src/store/open-store.ts";

/** Migrates one database, for all tests to copy: to migrate anew for each would take several times as long. */
export async function makeTemplate(serverUrl: string): Promise<{ name: string; drop(): Promise<void> }> {
  const name = databaseName();
  await onServer(serverUrl, `create database ${name}`);
  const store = openStore(databaseUrl(serverUrl, name), () => {});
  await migrateStore(store).finally(() => store.destroy()); // nobody may be connected to what is copied
  return { name, drop: () => dropDatabase(serverUrl, name) };
}

export const databaseName = (): string => `t_${randomUUID().replaceAll("-", "")}`;

export function databaseUrl(serverUrl: string, name: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.href;
}

export const dropDatabase = (serverUrl: string, name: string): Promise<void> =>
  onServer(serverUrl, `drop database if exists ${name} with (force)`);

export async function onServer(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(statement).finally(() => client.end());
}
