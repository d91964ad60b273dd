import { CamelCasePlugin, Kysely, PostgresDialect } from "kysely";
import pg from "pg";
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
    endWhenFatal(client);
  });
  return new Kysely<Tables>({
    dialect: new PostgresDialect({ pool }),
    plugins: [new CamelCasePlugin({ maintainNestedObjectKeys: true })],
  });
}

/**
 * After a FATAL error the server hangs up, and we may hear of that only after the connection went back to the pool: the
 * next statement would get it and fail as well. One that is ending is not given out again.
 */
function endWhenFatal(client: pg.PoolClient): void {
  const query = (...args: unknown[]): unknown => {
    const answer: unknown = Reflect.apply(pg.Client.prototype.query, client, args);
    if (answer instanceof Promise) {
      answer.catch((error: unknown) => {
        const isFatal = error instanceof Error && "severity" in error && error.severity === "FATAL";
        if (isFatal) (client as unknown as pg.Client).end().catch(() => {});
      });
    }
    return answer;
  };
  client.query = query as typeof client.query;
}
