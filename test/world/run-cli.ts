import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const MAIN = fileURLToPath(new URL("../../src/main.ts", import.meta.url));

export interface CliRun {
  /** null: it did not end by itself and was killed. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Both streams, for whoever looks for what must not be there. */
  readonly all: string;
}

/** Runs one command of the CLI with nothing but `env`, and kills it if it has not ended within `withinMs`. */
export async function runCli(args: readonly string[], env: NodeJS.ProcessEnv, withinMs = 20_000): Promise<CliRun> {
  const { PATH, HOME, NODE_COMPILE_CACHE } = process.env;
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd: ROOT,
    env: { PATH, HOME, NODE_COMPILE_CACHE, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const streams = { stdout: "", stderr: "" };
  child.stdout.on("data", (chunk) => {
    streams.stdout += chunk;
  });
  child.stderr.on("data", (chunk) => {
    streams.stderr += chunk;
  });
  const timer = setTimeout(() => child.kill("SIGKILL"), withinMs);
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  clearTimeout(timer);
  return { code, ...streams, all: streams.stdout + streams.stderr };
}
