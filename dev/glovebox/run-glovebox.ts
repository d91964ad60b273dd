import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { projectDir } from "../install/cache-places.mjs";
import type { RecordProcess, RunningProcess } from "../processes/start-process.ts";
import { startServer } from "../processes/start-server.ts";

const MAIN = join(projectDir, "src", "main.ts");

export type PracticeRole = "bot" | "worker" | "all";

export interface GloveboxProcess extends RunningProcess {
  readonly healthUrl: string;
}

/** Starts one role as its own process, as in production, and waits until its /healthz says that everything is up. */
export async function startGlovebox(
  role: PracticeRole,
  { env, logTo, record }: { env: NodeJS.ProcessEnv; logTo: string; record?: RecordProcess },
): Promise<GloveboxProcess> {
  const running = await startServer({
    process: (port) => ({
      name: `Glovebox (${role})`,
      command: process.execPath,
      args: ["--max-semi-space-size=16", MAIN, "start", "--role", role], // as docs/getting-started.md starts it
      env: { ...env, HEALTH_PORT: String(port) },
      logTo,
      record,
    }),
    isReady: async (port) => (await fetch(`http://127.0.0.1:${port}/healthz`)).ok,
    readyWithinMs: 30_000,
  });
  return { ...running, healthUrl: `http://127.0.0.1:${running.port}/healthz` };
}

/** Runs one command of the CLI to its end. @returns What it printed. @throws Its own words, when it fails. */
export async function runGlovebox(args: readonly string[], env: NodeJS.ProcessEnv): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [MAIN, ...args], { env, cwd: projectDir });
    return stdout;
  } catch (error) {
    const { stdout = "", stderr = "" } = error as { stdout?: string; stderr?: string };
    throw new Error(`glovebox ${args[0]} failed: ${stdout}${stderr}`);
  }
}
