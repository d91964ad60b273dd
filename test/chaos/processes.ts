import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { guard, unguard } from "../../dev/processes/guard.ts";
import type { ChaosWorld } from "./chaos-world.ts";
import type { Signal, ToWorker, WorkerSays } from "./process-talk.ts";

export interface WorkerProcess {
  readonly pid: number;
  answer(words: ToWorker): void;
  /** Comes from outside, wherever it is. A stopped one is woken after `wakeMs`. Nothing where it is dead already. */
  signal(signal: Signal, wakeMs: number): void;
  /** It has sent itself the signal. */
  signalled(signal: Signal): void;
}

export interface ProcessCounts {
  kills: number;
  stops: number;
  gateKills: number;
  /** Ended by themselves, with nothing done to them: a defect. */
  crashes: number;
}

export interface Processes {
  readonly counts: ProcessCounts;
  /** kill -9, and another one after `backMs`. */
  killGate(backMs: number): void;
  stop(): Promise<void>;
}

export interface ProcessesOrder {
  readonly world: ChaosWorld;
  readonly workerCount: number;
  readonly logDir: string;
  heard(worker: WorkerProcess, words: WorkerSays): void;
}

/** Workers and the gate, each a process of its own. One that dies is followed by another, as a supervisor would have it. */
export function startProcesses({ world, workerCount, logDir, heard }: ProcessesOrder): Processes {
  const counts: ProcessCounts = { kills: 0, stops: 0, gateKills: 0, crashes: 0 };
  const living = new Set<ChildProcess>();
  const timers = new Set<NodeJS.Timeout>();
  let isStopping = false;

  const later = (ms: number, act: () => void): void => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      act();
    }, ms);
    timers.add(timer);
  };
  const launch = (file: string, order: unknown, onExit: (code: number | null) => void): ChildProcess => {
    const log = openSync(join(logDir, `${file}.log`), "a", 0o600);
    const child = spawn(process.execPath, [new URL(`${file}.ts`, import.meta.url).pathname], {
      detached: true, // Ctrl-C reaches us alone, and we end them
      env: { ...process.env, CHAOS_ORDER: JSON.stringify(order) },
      stdio: ["ignore", "pipe", log, "ipc"],
    });
    closeSync(log);
    living.add(child);
    child.on("error", () => {}); // it is dead already
    const { pid = 0 } = child;
    guard(pid, "SIGKILL"); // a stopped process hears nothing else
    child.once("exit", (code) => {
      unguard(pid);
      living.delete(child);
      if (!isStopping) onExit(code);
    });
    return child;
  };

  const startWorker = (): void => {
    const child = launch("chaos-worker", world.workerOrder, (code) => {
      if (code !== null) counts.crashes += 1;
      startWorker();
    });
    const struck = (signal: Signal, wakeMs: number): void => {
      counts[signal === "SIGKILL" ? "kills" : "stops"] += 1;
      if (signal === "SIGSTOP") later(wakeMs, () => void child.kill("SIGCONT"));
    };
    let ordered: ToWorker | undefined;
    const worker: WorkerProcess = {
      pid: child.pid ?? 0,
      answer: (words) => {
        ordered = words;
        child.send(words, () => {});
      },
      signal: (signal, wakeMs) => {
        if (living.has(child) && child.kill(signal)) struck(signal, wakeMs);
      },
      signalled: (signal) => struck(signal, ordered?.wakeMs ?? 0),
    };
    createInterface({ input: child.stdout as NonNullable<ChildProcess["stdout"]> }).on("line", (line) => {
      heard(worker, JSON.parse(line) as WorkerSays);
    });
  };
  let [gate, gateBackMs] = [undefined as ChildProcess | undefined, 0];
  const startGate = (): void => {
    gate = launch("chaos-gate", world.gateOrder, (code) => {
      if (code !== null) counts.crashes += 1;
      later(gateBackMs, startGate);
    });
    gate.stdout?.resume();
  };

  startGate();
  for (let count = 0; count < workerCount; count += 1) startWorker();
  return {
    counts,
    killGate: (backMs) => {
      gateBackMs = backMs;
      if (gate?.kill("SIGKILL")) counts.gateKills += 1;
    },
    stop: async () => {
      isStopping = true;
      for (const timer of timers) clearTimeout(timer);
      const gone = [...living].map((child) => new Promise((resolve) => child.once("exit", resolve)));
      for (const child of living) child.kill("SIGKILL");
      await Promise.all(gone);
    },
  };
}
