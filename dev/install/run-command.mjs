import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

/** A step that failed, told so that a person can act: what failed, what did not happen, what to do next. */
export class StepError extends Error {
  constructor(what, nextStep, output = "") {
    super(what);
    this.nextStep = nextStep;
    this.output = output;
  }
}

const KEPT_LINES = 15;
const running = new Set();
process.on("exit", () => {
  for (const child of running) child.kill("SIGTERM");
});

/** One line on the terminal, with the step that it belongs to: several run side by side. */
export function say(step, text) {
  console.log(`[${step}] ${text}`);
}

/**
 * Runs a command; its output is kept for the case that it fails, not printed.
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, onLine?: (line: string) => void }} [options]
 * @returns {Promise<{ ok: boolean, code: number | null, output: string }>} `output`: the last lines, both streams.
 */
export function runCommand(command, args, { cwd, env, onLine } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd, env: env ?? process.env, stdio: ["ignore", "pipe", "pipe"] });
    running.add(child);
    const kept = [];
    const keep = (line) => {
      kept.push(line);
      if (kept.length > KEPT_LINES) kept.shift();
      onLine?.(line);
    };
    for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on("line", keep);
    child.on("error", (error) => keep(`${command}: ${error.message}`));
    child.on("close", (code) => {
      running.delete(child);
      resolve({ ok: code === 0, code, output: kept.join("\n") });
    });
  });
}

/** Says every `everyMs` how far a long step is, until `stop` is called. */
export function keepSaying(step, text, everyMs = 10_000) {
  const startedAt = Date.now();
  const seconds = () => Math.round((Date.now() - startedAt) / 1000);
  const timer = setInterval(() => say(step, `${text()}, ${seconds()} s so far`), everyMs);
  return { stop: () => clearInterval(timer), seconds };
}
