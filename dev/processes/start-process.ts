import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { endProcess } from "./end-process.ts";
import { guard, unguard } from "./guard.ts";
import { identityOf, type ProcessIdentity } from "./process-identity.ts";

/** Called as soon as a server runs, before it is ready, so that a kill -9 in between leaves a trace. */
export type RecordProcess = (name: string, identity: ProcessIdentity) => void;

export interface ProcessOrder {
  /** What people call it: "Vault". */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  /** The user to run as, where we are root and the server will not be. */
  readonly user?: { readonly uid: number; readonly gid: number };
  /** Fed to standard input: keeps passwords off the command line, which every user of the machine can read. */
  readonly input?: string;
  /** File that its output is appended to, made with mode 0600. */
  readonly logTo: string;
  readonly stopSignal?: NodeJS.Signals;
  readonly record?: RecordProcess | undefined;
}

export interface RunningProcess {
  readonly pid: number;
  hasExited(): boolean;
  /** Ends it and waits for that; may be called twice. */
  stop(): Promise<void>;
}

/**
 * Starts a server of the practice stack. It dies with our process (guard.ts).
 * @throws Error when the program cannot be run at all.
 */
export async function startProcess(order: ProcessOrder): Promise<RunningProcess> {
  const { name, command, args, env, user, input, logTo, stopSignal = "SIGTERM", record } = order;
  const log = openSync(logTo, "a", 0o600);
  const child = spawn(command, args, {
    detached: true, // a group of its own: Ctrl-C reaches us alone, and we stop the servers after what uses them
    cwd: "/", // the user it runs as may not read our folder
    stdio: [input === undefined ? "ignore" : "pipe", log, log],
    env: env ?? process.env,
    ...user,
  });
  closeSync(log);
  const isGone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  await new Promise<void>((resolve, reject) => {
    child.once("spawn", resolve);
    child.once("error", (error: NodeJS.ErrnoException) => {
      reject(new Error(`${name} could not be started: ${command}: ${error.code ?? error.message}`));
    });
  });
  const pid = child.pid ?? 0;
  const identity = identityOf(pid);
  record?.(name, identity);
  guard(pid, stopSignal);
  child.once("exit", () => unguard(pid));
  child.stdin?.on("error", () => undefined); // it ended before it read: seen as "has exited"
  child.stdin?.end(input);
  child.unref(); // a program that forgets to stop us still ends, and takes the server with it

  const hasExited = (): boolean => child.exitCode !== null || child.signalCode !== null;
  const stop = async (): Promise<void> => {
    if (hasExited()) return;
    child.ref(); // or the loop could run empty before the exit is told
    await endProcess(identity, { signal: stopSignal });
    await isGone;
  };
  return { pid, hasExited, stop };
}
