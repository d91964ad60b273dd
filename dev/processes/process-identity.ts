import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** A process by more than its number: pids are used again, a pid with its start time is not. */
export interface ProcessIdentity {
  readonly pid: number;
  /** As the system tells it, to be compared only; empty when it was gone already. */
  readonly startedAt: string;
}

export function identityOf(pid: number): ProcessIdentity {
  return { pid, startedAt: startTimeOf(pid) ?? "" };
}

/** Whether exactly this process still runs, and not another one that got its number. */
export function isAlive({ pid, startedAt }: ProcessIdentity): boolean {
  return startedAt !== "" && startTimeOf(pid) === startedAt;
}

/** The command line of a running process, or an empty string. */
export function commandLineOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();
  } catch {
    return process.platform === "linux" ? "" : ps(pid, "command=");
  }
}

function startTimeOf(pid: number): string | undefined {
  if (process.platform !== "linux") return ps(pid, "lstart=") || undefined;
  try {
    // Fields after the program's name, which is in brackets and may hold blanks: state is the first, start time the 20th.
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" ? undefined : fields[19]; // a zombie has ended, nobody has asked for its exit code yet
  } catch {
    return undefined;
  }
}

function ps(pid: number, column: string): string {
  try {
    return execFileSync("ps", ["-o", column, "-p", String(pid)], { encoding: "utf8", stdio: "pipe" }).trim();
  } catch {
    return "";
  }
}
