import { type ChildProcess, spawn } from "node:child_process";
import { sendSignal } from "./end-process.ts";

/**
 * Servers of the practice stack die with the process that started them, however that one dies:
 * - it exits: an `exit` listener sends each server its signal;
 * - SIGINT, SIGTERM or SIGHUP: the same, unless someone else listens too, who then ends us in their own time;
 * - kill -9: a small shell in a session of its own reads our pipe, sees it close, and ends them.
 * What even the shell's death leaves behind is healed at the next start (leftovers.ts).
 */
const guarded = new Map<number, NodeJS.Signals>();
let shell: ChildProcess | undefined;
let isListening = false;

const GUARD_SCRIPT = `
pids=
while read -r verb pid signal; do
  rest=
  for entry in $pids; do [ "\${entry%%:*}" = "$pid" ] || rest="$rest $entry"; done
  pids=$rest
  [ "$verb" = watch ] && pids="$pids $pid:$signal"
done
for entry in $pids; do kill -s "\${entry##*:}" "\${entry%%:*}" 2>/dev/null; done
for wait in 1 2 3 4 5; do
  alive=
  for entry in $pids; do kill -0 "\${entry%%:*}" 2>/dev/null && alive="$alive \${entry%%:*}"; done
  [ -z "$alive" ] && exit 0
  sleep 1
done
kill -9 $alive 2>/dev/null
`;

/** From now on this process dies with ours. `signal` is the one that ends it in good order. */
export function guard(pid: number, signal: NodeJS.Signals): void {
  guarded.set(pid, signal);
  listen();
  tell(`watch ${pid} ${signal.slice("SIG".length)}`);
}

/** Call it when the process has ended, so that nobody else who gets its number is hit. */
export function unguard(pid: number): void {
  guarded.delete(pid);
  if (shell) tell(`forget ${pid}`);
}

/** The shell that outlives a kill -9 of ours, for a test that has to take it away. */
export function guardPid(): number | undefined {
  return shell?.pid;
}

function tell(line: string): void {
  if (!shell) {
    // Detached: Ctrl-C in a terminal goes to the whole group, and must not reach the guard before it reaches us.
    shell = spawn("sh", ["-c", GUARD_SCRIPT], { detached: true, stdio: ["pipe", "ignore", "ignore"], cwd: "/" });
    shell.on("error", () => undefined); // without a shell the other two ways remain
    shell.stdin?.on("error", () => undefined);
    shell.unref();
    if (shell.stdin && "unref" in shell.stdin && typeof shell.stdin.unref === "function") shell.stdin.unref();
  }
  shell.stdin?.write(`${line}\n`);
}

function listen(): void {
  if (isListening) return;
  isListening = true;
  process.on("exit", endAll);
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    const onSignal = (): void => {
      if (process.listenerCount(signal) > 1) return; // a drain of somebody's own: `exit` follows when it is done
      endAll();
      process.off(signal, onSignal);
      process.kill(process.pid, signal); // ends us the way the sender expects, with no listener left to stop it
    };
    process.on(signal, onSignal);
  }
}

function endAll(): void {
  for (const [pid, signal] of guarded) sendSignal(pid, signal);
}
