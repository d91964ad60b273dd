import { setTimeout as delay } from "node:timers/promises";
import cliProgress from "cli-progress";
import type { WaveState } from "../migration/waves/wave-state.ts";
import { paceWords, progressLine, time } from "./wave-lines.ts";

export interface Watched {
  readonly load: () => Promise<WaveState>;
  readonly isTerminal: boolean;
  readonly print: (line: string) => void;
  readonly everyMs: number;
  readonly signal: AbortSignal;
}

const OVER = ["done", "dropped", "expired", "ended"];

/**
 * Shows how a wave goes on until it is over or somebody stops looking: a bar on a terminal, elsewhere a plain line
 * whenever something has changed.
 */
export async function watchWave({ load, isTerminal, print, everyMs, signal }: Watched): Promise<void> {
  const show = isTerminal ? openBar() : plainLines(print);
  try {
    for (;;) {
      const wave = await load();
      show.update(wave);
      if (OVER.includes(wave.state) || signal.aborted) return;
      await delay(everyMs, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
    }
  } finally {
    show.stop();
  }
}

interface Show {
  update(wave: WaveState): void;
  stop(): void;
}

function openBar(): Show {
  const bar = new cliProgress.SingleBar({
    format: "{name} [{bar}] {percentage}% | {value} of {total} moved | {rest} | {pace} | {until}",
    stopOnComplete: false,
    hideCursor: true,
  });
  let isStarted = false;
  return {
    update(wave) {
      const payload = { name: wave.name, rest: restWords(wave), pace: paceWords(wave), until: untilWords(wave) };
      if (!isStarted) bar.start(wave.itemCount, wave.counts.moved, payload);
      else bar.update(wave.counts.moved, payload);
      isStarted = true;
    },
    stop: () => bar.stop(),
  };
}

function plainLines(print: (line: string) => void): Show {
  let last = "";
  return {
    update(wave) {
      const line = `${wave.name}  ${progressLine(wave)}  ${restWords(wave)}  ${wave.waits[0] ?? ""}`;
      if (line !== last) print(`${line}  ${untilWords(wave)}`.trimEnd());
      last = line;
    },
    stop: () => {},
  };
}

function restWords({ state, counts }: WaveState): string {
  return `${state}, ${counts.running} with the worker, ${counts.approved} approved, ${counts.failed} failed`;
}

function untilWords({ approvedUntil }: WaveState): string {
  return approvedUntil === null ? "" : `approved ones by ${time(approvedUntil)}`;
}
