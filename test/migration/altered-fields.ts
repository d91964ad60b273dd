import { sql } from "kysely";
import type { Store } from "../../src/store/open-store.ts";

/** One column of one row altered by a thief with the database, and nothing else. */
export interface Alteration {
  readonly name: string;
  readonly table: string;
  readonly column: string;
  /** An SQL expression over the row, which is called `this`; null: the same column of another row. */
  readonly expression: string | null;
}

/** Tables that the engine or the gate reads and that name no migration. Those that do are found by themselves. */
const READ = ["migration", "statement", "request", "finished_statement", "fence", "control", "entry", "audit_event"];
/** They name a migration and are only ever written. */
const ONLY_WRITTEN = ["journal"];

/** Where the rows of the migration $id are. */
const ROWS_OF: Readonly<Record<string, string>> = {
  migration: "this.id = $id",
  statement: "this.id = (select statement_id from migration where id = $id)",
  finished_statement: "this.statement_id = (select statement_id from migration where id = $id)",
  request: "this.id = (select request_id from migration where id = $id)",
  entry: "this.id = (select r.entry_id from request r join migration m on m.request_id = r.id where m.id = $id)",
  fence: "true",
  control: "true",
  audit_event: "this.subject = 'migration:' || $id",
};

interface Column {
  readonly table: string;
  readonly column: string;
  readonly type: string;
  /** What a check lets stand there, where one does. */
  readonly values: readonly string[];
}

/** Wrong and plausible, by type. */
const MADE_UP: Readonly<Record<string, readonly string[]>> = {
  text: ["coalesce(this.%, '') || 'x'"],
  integer: ["coalesce(this.%, 0) + 1"],
  bigint: ["coalesce(this.%, 0) + 1"],
  boolean: ["not this.%"],
  ARRAY: ["array['x']"],
  uuid: ["gen_random_uuid()"],
  jsonb: [`'[{"field":"x","from":"a","to":"b"}]'::jsonb`],
  "timestamp with time zone": ["coalesce(this.%, now()) + interval '10 years'"],
};

/** Every column that is read, so also one that was added yesterday, with each way to alter it. */
export async function listAlterations(store: Store, only?: readonly string[]): Promise<Alteration[]> {
  const columns = (await readColumns(store)).filter(({ table }) => only?.includes(table) ?? true);
  return columns.flatMap(({ table, column, type, values }) => {
    const quoted = `"${column}"`;
    const madeUp = values.length > 0 ? values.map((value) => `'${value}'`) : (MADE_UP[type] ?? []);
    if (madeUp.length === 0) throw new Error(`${table}.${column}: nothing made up for the type ${type}`);
    const named = madeUp.map((expression) => ({
      name: `${table}.${column} made up${values.length > 0 ? ` as ${expression}` : ""}`,
      ...{ table, column, expression: expression.replaceAll("%", quoted) },
    }));
    const hasOthers = !["fence", "control"].includes(table);
    return [
      ...named,
      ...(hasOthers ? [{ name: `${table}.${column} of another`, table, column, expression: null }] : []),
    ];
  });
}

async function readColumns(store: Store): Promise<Column[]> {
  const { rows } = await sql<Column>`
    select c.table_name as "table", c.column_name as "column", c.data_type as type,
      coalesce((select array_agg(value[1]) from pg_constraint k
        cross join regexp_matches(pg_get_constraintdef(k.oid), '''([^'']+)''::text', 'g') as value
        where k.contype = 'c' and k.conrelid = c.table_name::regclass and k.conkey = array[c.ordinal_position::int2]),
        '{}') as values
    from information_schema.columns c
    where c.table_schema = current_schema() and c.is_generated = 'NEVER' and (c.table_name = any(${READ})
      or (c.table_name <> all(${ONLY_WRITTEN}) and exists (select from information_schema.columns m
        where m.table_schema = current_schema() and m.table_name = c.table_name and m.column_name = 'migration_id')))
    order by c.table_name, c.ordinal_position`.execute(store);
  return rows;
}

/** @returns False if the database itself refused: a key, a check, an index, a counted id. Then the row is as it was. */
export async function alter(
  store: Store,
  { table, column, expression }: Alteration,
  id: string,
  otherId: string,
): Promise<boolean> {
  const rowsOf = (migrationId: string): string =>
    (ROWS_OF[table] ?? "this.migration_id = $id").replaceAll("$id", `'${migrationId}'`);
  const value = expression ?? `(select this."${column}" from "${table}" this where ${rowsOf(otherId)} limit 1)`;
  const statement = `update "${table}" this set "${column}" = ${value} where ${rowsOf(id)}`;
  return sql
    .raw(statement)
    .execute(store)
    .then(
      () => true,
      ({ code }: { code?: string }) => {
        if (/^(23...|22P02|428C9)$/.test(code ?? "")) return false;
        throw new Error(`${statement}: ${code}`);
      },
    );
}

/** What a thief who owns the database would do first: the chain takes no change otherwise. */
export async function openChainForThieves(store: Store): Promise<void> {
  await sql`alter table audit_event disable trigger user`.execute(store);
}

/** Puts back what all runs share. */
export async function restoreShared(store: Store): Promise<void> {
  await store.updateTable("control").set({ isPaused: false }).execute();
  await store.updateTable("fence").set({ holder: null, deadline: null, adminAccessor: null }).execute();
}
