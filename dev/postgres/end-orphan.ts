import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { endProcess } from "../processes/end-process.ts";
import { commandLineOf, identityOf, isAlive, type ProcessIdentity } from "../processes/process-identity.ts";

const STARTER = "started-by.json";

/** Notes who runs the server on these data, so that a later start can tell an orphan from somebody's server. */
export function noteStarter(place: string): void {
  writeFileSync(join(place, STARTER), JSON.stringify(identityOf(process.pid)));
}

/**
 * Ends the Postgres that a killed run left on these data, and removes a pid file whose number now belongs to some
 * other process (Postgres would take that one for its own server and refuse to start).
 * @throws Error when the run that started it is still alive.
 */
export async function endOrphan(place: string, cluster: string): Promise<void> {
  const pidFile = join(cluster, "postmaster.pid");
  const pid = Number(readOr(pidFile, "").split("\n")[0]);
  if (!pid) return;
  if (!commandLineOf(pid).includes(cluster)) {
    rmSync(pidFile, { force: true });
    return;
  }
  const starter = JSON.parse(readOr(join(place, STARTER), "null")) as ProcessIdentity | null;
  if (starter && isAlive(starter)) {
    throw new Error(
      `Process ${starter.pid} runs a Postgres on ${place}. Nothing was started. ` +
        "Next step: stop that run, or give this one a folder of its own.",
    );
  }
  await endProcess(identityOf(pid), { signal: "SIGINT" }); // fast shutdown: breaks off clients, keeps what was committed
}

function readOr(file: string, otherwise: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return otherwise;
  }
}
