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

// npm says what is wrong first and then explains its own usage, compilers say it last: so both ends are kept.
const KEPT_FIRST = 12;
const KEPT_LAST = 8;
const running = new Set();
process.on("exit", () => {
  for (const child of running) endGroup(child);
});

/** One line on the terminal, with the step that it belongs to: several run side by side. */
export function say(step, text) {
  console.log(`[${step}] ${text}`);
}

function endGroup(child) {
  try {
    process.kill(-child.pid, "SIGTERM");
  } catch {
    // it never started, or has ended
  }
}

/**
 * Runs a command in a process group of its own, so that it can be ended with all that it started; its output is kept for the case that it fails, not printed.
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, onLine?: (line: string) => void, onStart?: (pid: number) => void }} [options]
 * @returns {Promise<{ ok: boolean, code: number | null, output: string }>} `output`: first and last lines, both streams.
 */
export function runCommand(command, args, { cwd, env, onLine, onStart } = {}) {
  return new Promise((resolve) => {
    const stdio = ["ignore", "pipe", "pipe"];
    const child = spawn(command, args, { cwd, env: env ?? process.env, stdio, detached: true });
    running.add(child);
    if (child.pid !== undefined) onStart?.(child.pid);
    const first = [];
    const last = [];
    const keep = (line) => {
      if (first.length < KEPT_FIRST) first.push(line);
      else last.push(line);
      if (last.length > KEPT_LAST) last.shift();
      onLine?.(line);
    };
    for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on("line", keep);
    child.on("error", (error) => keep(`${command}: ${error.message}`));
    child.on("close", (code) => {
      running.delete(child);
      resolve({ ok: code === 0, code, output: [...first, ...last].join("\n") });
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
