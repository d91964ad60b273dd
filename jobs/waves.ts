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
    await runWaves(deps, report);
    await delay(AT_LEAST_MS);
  };
}
