import { setTimeout as delay } from "node:timers/promises";
import { isAlive, type ProcessIdentity } from "./process-identity.ts";

/** Asks a process to end, and kills it when it is still there after `graceMs`. Quiet when it has gone already. */
export async function endProcess(
  identity: ProcessIdentity,
  { signal = "SIGTERM", graceMs = 5_000 }: { signal?: NodeJS.Signals; graceMs?: number } = {},
): Promise<void> {
  for (const [next, patienceMs] of [[signal, graceMs] as const, ["SIGKILL", 5_000] as const]) {
    if (!isAlive(identity)) return;
    sendSignal(identity.pid, next);
    for (const deadline = Date.now() + patienceMs; isAlive(identity) && Date.now() < deadline; ) await delay(20);
  }
}

/** Sends a signal to a process that may have ended in the meantime. */
export function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // it has ended already
  }
}
