import { sql } from "kysely";
import { expect, it, onTestFinished } from "vitest";
import { openStore } from "../../src/store/open-store.ts";
import { prepared } from "../../src/store/prepared.ts";
import { freshDatabase } from "../fresh-store.ts";

/** One connection, so that each statement meets what the one before left there. */
async function oneConnection() {
  const { url, drop } = await freshDatabase();
  const store = openStore(url, () => {}, 1);
  onTestFinished(async () => {
    await store.destroy();
    await drop();
  });
  await sql`create table thing (id integer)`.execute(store);
  await sql`insert into thing values (7)`.execute(store);
  const pid = async () => (await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(store)).rows[0]?.pid;
  const keptNames = async () =>
    (await sql<{ name: string }>`select name from pg_prepared_statements`.execute(store)).rows.map(({ name }) => name);
  const things = (id: number) => sql`${prepared} select * from thing where id = ${id}`.execute(store);
  return { store, pid, keptNames, things };
}

it("keeps one plan for a statement that asks for it, whatever its parameters, and none for others", async () => {
  const { store, keptNames, things } = await oneConnection();
  expect((await things(7)).rows).toEqual([{ id: 7 }]);
  expect((await things(8)).rows).toEqual([]);
  await sql`select * from thing where id = ${7}`.execute(store);
  expect(await keptNames()).toHaveLength(1);
});

it("does not use a connection again whose plan is of a table that has changed", async () => {
  const { store, pid, things } = await oneConnection();
  const before = await pid();
  await things(7);
  await sql`alter table thing add column name text`.execute(store);
  await expect(things(7)).rejects.toThrow("cached plan must not change result type");
  expect((await things(7)).rows).toEqual([{ id: 7, name: null }]);
  expect(await pid()).not.toBe(before);
});
