import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { setPaused } from "../../src/approvals/set-paused.ts";
import { APPROVER, type ChaosWorld, UNDER_TEST } from "./chaos-world.ts";
import type { Strike } from "./pick-strike.ts";
import type { ToWorker } from "./process-talk.ts";
import type { Processes, WorkerProcess } from "./processes.ts";

export interface StrikeCounts {
  /** Calls that a front spoilt: faults that were ordered and that no call came for are not in it. */
  vaultFaults: number;
  awsFaults: number;
  postgresCuts: number;
  pauses: number;
}

export interface Striker {
  readonly counts: StrikeCounts;
  /** Carries out what is due to the run that says it holds the fence; ends what was ordered against the run before. */
  strike(worker: WorkerProcess, ask: number, strike: Strike | undefined): void;
  /** Waits for what is under way (a pause) and takes back what is in wait. */
  settle(): Promise<void>;
}

/** Everything that goes wrong, on order. */
export function openStriker(world: ChaosWorld, processes: () => Processes): Striker {
  const counts: StrikeCounts = { vaultFaults: 0, awsFaults: 0, postgresCuts: 0, pauses: 0 };
  const pending = new Set<Promise<unknown>>();
  let endFaults = (): void => {};

  const later = (ms: number, act: () => unknown): void => {
    const running: Promise<unknown> = sleep(ms)
      .then(act)
      .catch(() => {})
      .finally(() => pending.delete(running));
    pending.add(running);
  };
  const order = (on: "vault" | "aws", fault: Extract<Strike, { on: "vault" | "aws" }>): void => {
    const front = on === "vault" ? world.vaultFront : world.awsFront;
    const before = front.calls().length;
    const { on: _on, ...how } = fault;
    front.fault(how as never);
    endFaults = () => {
      const calls = front.calls().length - before;
      counts[on === "vault" ? "vaultFaults" : "awsFaults"] += Math.min(fault.times, Math.max(0, calls - fault.nth + 1));
      front.clearFaults();
      endFaults = () => {};
    };
  };
  const act = (worker: WorkerProcess, strike: Strike): Omit<ToWorker, "to"> => {
    if (strike.on === "worker") {
      if ("atPoint" in strike) return { atPoint: strike.atPoint, signal: strike.signal, wakeMs: strike.wakeMs };
      later(strike.afterMs, () => worker.signal(strike.signal, strike.wakeMs));
    }
    if (strike.on === "vault" || strike.on === "aws") order(strike.on, strike);
    if (strike.on === "gate") later(strike.afterMs, () => processes().killGate(strike.backMs));
    if (strike.on === "postgres") {
      later(strike.afterMs, async () => {
        await cutPostgres(world);
        counts.postgresCuts += 1;
      });
    }
    if (strike.on === "pause") {
      later(strike.afterMs, async () => {
        counts.pauses += 1;
        await pause(world, strike.resumeMs);
      });
    }
    return LET_RUN;
  };
  return {
    counts,
    strike: (worker, ask, strike) => {
      endFaults();
      worker.answer({ to: ask, ...(strike ? act(worker, strike) : LET_RUN) });
    },
    settle: async () => {
      endFaults();
      await Promise.all(pending);
    },
  };
}

const LET_RUN: Omit<ToWorker, "to"> = { atPoint: -1, signal: "SIGKILL", wakeMs: 0 };

async function cutPostgres({ databaseUrl }: ChaosWorld): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  await client
    .query(
      "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name = $1",
      [UNDER_TEST],
    )
    .finally(() => client.end());
}

async function pause({ store }: ChaosWorld, resumeMs: number): Promise<void> {
  const set = (isPaused: boolean) =>
    setPaused(store, { isPaused, by: APPROVER, reason: "chaos", at: new Date() }).catch(() => {});
  await set(true);
  await sleep(resumeMs);
  await set(false);
}
