import { readdir, readFile } from "node:fs/promises";
import { sql } from "kysely";
import type { Store } from "./open-store.ts";

const FOLDER = new URL("./migrations/", import.meta.url);
const LOCK = 7_206_001; // any fixed number: two processes that start together migrate one after the other

/** Brings the schema up to date: each `migrations/*.sql` once, in the order of their names, all or nothing. */
export async function migrateStore(store: Store): Promise<string[]> {
  const files = (await readdir(FOLDER)).filter((name) => name.endsWith(".sql")).sort();
  return store.transaction().execute(async (tx) => {
    await sql`select pg_advisory_xact_lock(${sql.lit(LOCK)})`.execute(tx);
    await sql`create table if not exists schema_migration (name text primary key, applied_at timestamptz default now())`.execute(
      tx,
    );
    const applied = await sql<{ name: string }>`select name from schema_migration`.execute(tx);
    const done = new Set(applied.rows.map((row) => row.name));
    const pending = files.filter((name) => !done.has(name));
    for (const name of pending) {
      await sql.raw(await readFile(new URL(name, FOLDER), "utf8")).execute(tx);
      await sql`insert into schema_migration (name) values (${name})`.execute(tx);
    }
    return pending;
  });
}
