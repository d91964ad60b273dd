import { existsSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { projectDir } from "./cache-places.mjs";
import { withLock } from "./install-lock.mjs";
import { keepSaying, runCommand, StepError, say } from "./run-command.mjs";

const STEP = "npm";

/** Brings node_modules to what package-lock.json says. */
export async function installNodeModules() {
  if (isUpToDate()) return;
  await withLock(STEP, join(projectDir, ".glovebox", "install.lock"), async (onStart) => {
    if (isUpToDate()) return; // the holder that we waited for did it
    const isStale = existsSync(join(projectDir, "node_modules"));
    say(STEP, isStale ? "node_modules does not match package-lock.json: npm ci" : "installing packages: npm ci");
    const progress = keepSaying(STEP, () => "npm ci is at work");
    const { command, args, env } = npm(["ci", "--no-audit", "--no-fund", "--loglevel=error"]);
    const { ok, code, output } = await runCommand(command, args, { cwd: projectDir, env, onStart });
    progress.stop();
    if (!ok) {
      const next = "Next step: check the network and `npm config get registry`, then run the same command again.";
      throw new StepError(`npm ci failed (exit code ${code}); node_modules is incomplete.`, next, output);
    }
    if (!areScriptsRun()) {
      const next = "Next step: `npm rebuild --ignore-scripts=false`, then run the same command again.";
      throw new StepError("npm ci left out the packages' install scripts (ignore-scripts is set?).", next, output);
    }
    say(STEP, `packages are installed (${progress.seconds()} s)`);
  });
}

/** npm writes node_modules/.package-lock.json last, so a killed npm ci never looks finished. */
function isUpToDate() {
  try {
    const wanted = packagesIn(join(projectDir, "package-lock.json"));
    const found = packagesIn(join(projectDir, "node_modules", ".package-lock.json"));
    const isThere = ([path, { version, integrity, optional }]) =>
      path === "" ||
      (found[path] === undefined
        ? optional === true // another platform's package
        : found[path].version === version && found[path].integrity === integrity);
    return Object.entries(wanted).every(isThere) && areScriptsRun();
  } catch {
    return false;
  }
}

function packagesIn(file) {
  return JSON.parse(readFileSync(file, "utf8")).packages;
}

/** The `node` package is empty until its install script has put a Node 24 into it. */
function areScriptsRun() {
  return existsSync(join(projectDir, "node_modules", ".bin", "node"));
}

/**
 * npm as it was called, on the system's Node: `npm run` puts node_modules/.bin first on PATH, and the Node in there
 * is the one that npm ci deletes and installs anew.
 */
function npm(args) {
  const own = join(projectDir, "node_modules", ".bin");
  const path = (process.env.PATH ?? "").split(delimiter).filter((folder) => folder !== own);
  const env = { ...process.env, PATH: path.join(delimiter) };
  const { npm_execpath: script, npm_node_execpath: node } = process.env;
  return script && node && existsSync(node) && !node.startsWith(own)
    ? { command: node, args: [script, ...args], env }
    : { command: "npm", args, env };
}
