import { CamelCasePlugin, Kysely, PostgresDialect } from "kysely";
import pg from "pg";
import { preparedAs } from "./prepared.ts";
import type { Tables } from "./schema.ts";

export type Store = Kysely<Tables>;

/** bigint columns here are counters far below 2^53, so they come back as numbers. */
const types = {
  getTypeParser: ((oid: number, format?: "text" | "binary") =>
    oid === pg.types.builtins.INT8 ? Number : pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser,
};

/**
 * Opens a pool on Postgres.
 * @param onError Hears of connections that broke; without a listener Node would exit.
 */
export function openStore(url: string, onError: (error: Error) => void, maxConnections = 10): Store {
  const pool = new pg.Pool({ connectionString: url, max: maxConnections, types, connectionTimeoutMillis: 10_000 });
  pool.on("error", onError);
  // The pool listens to idle connections only: one that breaks while it is in use would end the whole process.
  pool.on("connect", (client) => {
    client.on("error", onError);
    watchStatements(client);
    client.query("set random_page_cost = 1.1").catch(onError); // our tables fit into memory: an index is never dear
  });
  return new Kysely<Tables>({
    dialect: new PostgresDialect({ pool }),
    plugins: [new CamelCasePlugin({ maintainNestedObjectKeys: true })],
  });
}

/**
 * After a FATAL error the server hangs up, and we may hear of that only after the connection went back to the pool: the
 * next statement would get it and fail as well. One that is ending is not given out again, nor is one whose prepared
 * statements are of tables that have changed.
 */
function watchStatements(client: pg.PoolClient): void {
  const query = (...args: unknown[]): unknown => {
    const [text, values] = args;
    const name = typeof text === "string" ? preparedAs(text) : null;
    const sent = name === null ? args : [{ name, text, values }];
    const answer: unknown = Reflect.apply(pg.Client.prototype.query, client, sent);
    if (answer instanceof Promise) {
      answer.catch((error: unknown) => {
        if (isOver(error)) (client as unknown as pg.Client).end().catch(() => {});
      });
    }
    return answer;
  };
  client.query = query as typeof client.query;
}

const PLAN_IS_OLD = "0A000";

const isOver = (error: unknown): boolean =>
  error instanceof Error &&
  (("severity" in error && error.severity === "FATAL") || ("code" in error && error.code === PLAN_IS_OLD));
