import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { z } from "zod";
import { endProcess } from "./end-process.ts";
import { commandLineOf, identityOf, isAlive, type ProcessIdentity } from "./process-identity.ts";

const Identity = z.object({ pid: z.int().positive(), startedAt: z.string() });
const Pids = z.object({
  /** The run that the processes belong to: while it lives, they are no leftovers. */
  owner: Identity,
  processes: z.array(Identity.extend({ name: z.string(), command: z.string() })),
});
type Pids = z.infer<typeof Pids>;

/** Notes a server in `<runDir>/pids.json`. Synchronous, so that no kill -9 fits between start and note. */
export function recordProcess(runDir: string, name: string, identity: ProcessIdentity): void {
  const pids = readPids(runDir);
  const command = programOf(identity.pid);
  const processes = pids && isOurs(pids) ? pids.processes.filter(isAlive) : [];
  writePids(runDir, { owner: identityOf(process.pid), processes: [...processes, { ...identity, name, command }] });
}

/** Takes the note away after everything was stopped in good order. */
export function forgetProcesses(runDir: string): void {
  const pids = readPids(runDir);
  if (!pids || !isOurs(pids)) return;
  const left = pids.processes.filter(isAlive);
  if (left.length === 0) rmSync(pidsFile(runDir), { force: true });
  else writePids(runDir, { ...pids, processes: left });
}

/**
 * Ends the servers that a killed run left behind, and nothing else: a process counts as ours only if its number,
 * start time and program are those we noted.
 * @returns The names of what was ended.
 * @throws Error when the run that started them is still alive: they are not leftovers then.
 */
export async function healLeftovers(runDir: string): Promise<string[]> {
  const pids = readPids(runDir);
  if (!pids || isOurs(pids)) return [];
  if (isAlive(pids.owner)) {
    throw new Error(
      `Another run (process ${pids.owner.pid}) uses ${runDir}. Nothing was started. ` +
        "Next step: stop that run with Ctrl-C, or give this one a folder of its own.",
    );
  }
  const left = pids.processes.filter((each) => isAlive(each) && programOf(each.pid) === each.command);
  await Promise.all(left.map((each) => endProcess(each)));
  rmSync(pidsFile(runDir), { force: true });
  return left.map(({ name }) => name);
}

function isOurs({ owner }: Pids): boolean {
  return owner.pid === process.pid && isAlive(owner);
}

/** The program's name alone: a server may rewrite the rest of its command line (Redis does). */
function programOf(pid: number): string {
  return basename(commandLineOf(pid).split(" ")[0] ?? "");
}

function pidsFile(runDir: string): string {
  return join(runDir, "pids.json");
}

/** What cannot be read (no such file, cut off by a crash) names no process that could be ended safely. */
function readPids(runDir: string): Pids | undefined {
  try {
    return Pids.parse(JSON.parse(readFileSync(pidsFile(runDir), "utf8")));
  } catch {
    return undefined;
  }
}

function writePids(runDir: string, pids: Pids): void {
  mkdirSync(runDir, { recursive: true });
  const partial = `${pidsFile(runDir)}.partial`;
  writeFileSync(partial, JSON.stringify(pids, null, 2));
  renameSync(partial, pidsFile(runDir));
}
