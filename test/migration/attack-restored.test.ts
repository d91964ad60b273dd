import { randomUUID } from "node:crypto";
import { sql } from "kysely";
import pg from "pg";
import { describe, expect, inject, it, onTestFinished } from "vitest";
import { keepGate } from "../../src/approvals/keep-gate.ts";
import { migrateSecret } from "../../src/migration/migrate-secret.ts";
import { openStore, type Store } from "../../src/store/open-store.ts";
import { type CrashWorld, crashWorld, FINISHED } from "./crash-world.ts";
import { openWorker } from "./engine-worker.ts";
import { NOTHING_LEFT } from "./engine-world.ts";

/** Everything but the audit chain, which takes no change, and the catalogue. */
const NOT_REPLAYED = ["audit_event", "audit_checkpoint", "entry", "schema_migration"];

/** All rows of all tables as they are now. */
async function copyRows(store: Store): Promise<Map<string, string>> {
  const { rows: tables } = await sql<{ name: string }>`select table_name as name from information_schema.tables
    where table_schema = current_schema() and table_type = 'BASE TABLE' and table_name <> all(${NOT_REPLAYED})`.execute(
    store,
  );
  const rows = new Map<string, string>();
  for (const { name } of tables) {
    const { rows: found } = await sql<{
      rows: string;
    }>`select coalesce(jsonb_agg(to_jsonb(t)), '[]')::text as rows from ${sql.table(name)} t`.execute(store);
    rows.set(name, found[0]?.rows ?? "[]");
  }
  return rows;
}

/** Puts old rows back in the place of today's. */
async function replayRows(store: Store, old: ReadonlyMap<string, string>): Promise<void> {
  await store.transaction().execute(async (tx) => {
    await sql`set local session_replication_role = replica`.execute(tx); // no keys, no triggers
    for (const [table, rows] of old) {
      await sql`delete from ${sql.table(table)}`.execute(tx);
      await sql`insert into ${sql.table(table)} overriding system value
        select * from jsonb_populate_recordset(null::${sql.table(table)}, ${rows}::jsonb)`.execute(tx);
    }
  });
}

async function doneEvents({ store }: { store: Store }): Promise<number> {
  const events = await store.selectFrom("auditEvent").select("seq").where("kind", "=", "migration.done").execute();
  return events.length;
}

async function codeOfAttempt(migrate: () => Promise<void>, store: Store, id: string): Promise<string> {
  const thrown = await migrate().then(
    () => null,
    ({ code }: { code?: string }) => code ?? "threw",
  );
  const row = await store.selectFrom("migration").select("causeCode").where("id", "=", id).executeTakeFirstOrThrow();
  return thrown ?? row.causeCode ?? "said nothing";
}

describe("old rows put back", () => {
  it("from before the run: the move is not made again, and says that it was made", async () => {
    const world = await crashWorld({ fenceSeconds: 20 });
    const { path, id } = await world.orderNew();
    const approved = await copyRows(world.store);
    await world.migrate(id);
    await replayRows(world.store, approved);
    expect(await codeOfAttempt(() => world.migrate(id), world.store, id)).toBe("ALREADY_DONE");
    expect(await world.outcomeOf(id)).toMatchObject({
      versionCount: 1,
      target: "live",
      sealed: true,
      value: { value: path },
    });
    expect(await doneEvents(world)).toBe(1);
    expect(await world.leftovers()).toEqual(NOTHING_LEFT);
  });

  it("from just before its end, with nothing that says it ended: it is not ended a second time, nor taken back", async () => {
    const world = await crashWorld({ fenceSeconds: 2 });
    const { path, id } = await world.orderNew();
    await world.crash(id, { at: "target.sealed" });
    const unfinished = await copyRows(world.store);
    await world.takeOver(id);
    await replayRows(world.store, unfinished);
    // A run that finds nothing journaled would read and write again.
    await world.store.updateTable("migration").set({ writes: null }).where("id", "=", id).execute();
    expect(await codeOfAttempt(() => world.migrate(id), world.store, id)).toBe("ALREADY_DONE");
    expect(await world.outcomeOf(id)).toMatchObject({
      versionCount: 1,
      target: "live",
      sealed: true,
      value: { value: path },
    });
    expect(await doneEvents(world)).toBe(1);
  });
});

/** The database as it is now, as a backup would bring it back. */
async function backUp({ settings }: CrashWorld): Promise<{ url: string; store: Store }> {
  const server = new pg.Client({ connectionString: inject("stack").postgres.url });
  await server.connect();
  const url = new URL(settings.databaseUrl);
  const [from, to] = [url.pathname.slice(1), `t_${randomUUID().replaceAll("-", "")}`];
  await server.query(`alter database ${from} with allow_connections false`);
  await server.query("select pg_terminate_backend(pid) from pg_stat_activity where datname = $1", [from]);
  await server.query(`create database ${to} template ${from}`);
  await server.query(`alter database ${from} with allow_connections true`);
  await server.query(`alter database ${to} with allow_connections true`);
  url.pathname = `/${to}`;
  const store = openStore(url.href, () => {});
  onTestFinished(async () => {
    await store.destroy();
    await server.query(`drop database if exists ${to} with (force)`);
    await server.end();
  });
  return { url: url.href, store };
}

/** Everything goes on with the backup: the gate and a worker. */
async function restore(world: CrashWorld, { url, store }: { url: string; store: Store }) {
  await world.keepingGate.stop();
  const worker = await openWorker({ ...world.settings, databaseUrl: url });
  let isStopped = false;
  const gate = (async () => {
    while (!isStopped) {
      await keepGate({ ...world.gate, store }).catch(() => {});
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  })();
  onTestFinished(async () => {
    isStopped = true;
    await gate;
    await worker.close();
  });
  return (id: string) => codeOfAttempt(() => migrateSecret(worker.deps, id), store, id);
}

describe("an old backup restored", () => {
  it("opens nothing: Vault remembers more than it, whether a path was moved since or not", async () => {
    const world = await crashWorld({ fenceSeconds: 20 });
    const [moved, later, never] = [await world.orderNew(), await world.orderNew(), await world.orderNew()];
    const backup = await backUp(world);
    for (const { id } of [moved, later]) await world.takeOver(id);
    const attempt = await restore(world, backup);
    for (const { id } of [moved, never]) {
      expect(await attempt(id)).toBe("DATABASE_BEHIND");
      // It stops the whole run: only a person can say what was lost. Resumed all the same, the next is refused as well.
      const { isPaused } = await backup.store.selectFrom("control").select("isPaused").executeTakeFirstOrThrow();
      expect(isPaused).toBe(true);
      await backup.store.updateTable("control").set({ isPaused: false }).execute();
    }
    for (const { id, path } of [moved, later]) {
      expect(await world.outcomeOf(id)).toMatchObject({ ...FINISHED, value: { value: path } });
    }
    expect(await world.describe(await world.targetOf(never.id)).catch(() => "absent")).toBe("absent");
    expect(await doneEvents(backup)).toBe(0);
  });

  it("from just before the newest move writes no second version, and takes none back", async () => {
    const world = await crashWorld({ fenceSeconds: 20 });
    const { id, path } = await world.orderNew();
    const backup = await backUp(world);
    await world.takeOver(id);
    const attempt = await restore(world, backup);
    await attempt(id);
    expect(await world.outcomeOf(id)).toMatchObject({ ...FINISHED, value: { value: path } });
  });
});
