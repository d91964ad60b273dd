import { setTimeout as delay } from "node:timers/promises";
import { type ReportWave, runWaves } from "../src/migration/waves/run-waves.ts";
import type { WaveDeps } from "../src/migration/waves/wave-deps.ts";

/** Each commit of the engine rings; we need not look at each. */
const AT_LEAST_MS = 300;

/**
 * One look at the waves, and then a short rest. It carries no state: what it has to do is in our tables, so any bot may
 * look at any time, and one that dies is replaced by the next look of another.
 */
export function lookAtWaves(deps: WaveDeps, report: ReportWave): () => Promise<void> {
  return async () => {
    const since = performance.now();
    await runWaves(deps, report);
    // A large wave takes longer to look at: three parts of the time belong to everything else.
    await delay(Math.max(AT_LEAST_MS, 3 * (performance.now() - since)));
  };
}
