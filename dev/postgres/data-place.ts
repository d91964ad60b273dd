import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chownSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { ROOT_PLACE, type ServerUser } from "./postgres-binaries.ts";

const MARKER = "data-is-elsewhere.txt";
const OWNER = "belongs-to.txt";

/**
 * The folder that Postgres' files go to: `dataDir`, or, where we are root and the postgres user cannot get there (a
 * clone in root's home, a folder of mkdtemp), one below ROOT_PLACE. That one lives as long as `dataDir` does:
 * whoever removes `dataDir` gets an empty database at the next start, as if the data had been in it.
 */
export function placeForData(dataDir: string, user: ServerUser | undefined): string {
  const wanted = resolve(dataDir);
  mkdirSync(wanted, { recursive: true });
  if (!user) return wanted;
  const elsewhere = join(ROOT_PLACE, "data");
  removeAbandoned(elsewhere);
  const marker = join(wanted, MARKER);
  const place = join(elsewhere, createHash("sha256").update(wanted).digest("hex").slice(0, 16));
  if (!existsSync(marker) && canEnter(wanted, user)) {
    chownSync(wanted, user.uid, user.gid);
    return wanted;
  }
  writeFileSync(marker, place); // before the place itself: without it the place counts as abandoned
  mkdirSync(place, { recursive: true, mode: 0o755 });
  writeFileSync(join(place, OWNER), wanted);
  chownSync(place, user.uid, user.gid);
  return place;
}

function canEnter(folder: string, user: ServerUser): boolean {
  return (
    spawnSync("sh", ["-c", `cd "$1"`, "sh", join(folder, "..")], { ...user, cwd: "/", stdio: "ignore" }).status === 0
  );
}

/** Data whose own folder was removed, by people or by the end of a test. */
function removeAbandoned(elsewhere: string): void {
  if (!existsSync(elsewhere)) return;
  for (const name of readdirSync(elsewhere)) {
    const owner = join(elsewhere, name, OWNER);
    if (!existsSync(owner)) continue; // another run is making it right now
    if (!existsSync(join(readFileSync(owner, "utf8"), MARKER))) {
      rmSync(join(elsewhere, name), { recursive: true, force: true });
    }
  }
}
