import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { SharedStack } from "../global-setup.ts";

export interface ChaosServers {
  readonly servers: SharedStack;
  /** Takes the logs of the processes under test. */
  readonly logDir: string;
  /** Logs of servers of our own. */
  readonly serverLogs: readonly string[];
  stop(): Promise<void>;
}

/** The servers of GLOVEBOX_TEST_STACK (JSON) if it is set, else a practice stack of this run's own. */
export async function openChaosServers(keptLogs: string | null, say: (line: string) => void): Promise<ChaosServers> {
  const runDir = await mkdtemp(join(tmpdir(), "glovebox-chaos-"));
  const logDir = resolve(keptLogs ?? join(runDir, "logs"));
  await mkdir(logDir, { recursive: true });
  const clear = () => rm(runDir, { recursive: true, force: true });
  const given = process.env.GLOVEBOX_TEST_STACK;
  if (given) return { servers: JSON.parse(given) as SharedStack, logDir, serverLogs: [], stop: clear };
  const { startStack } = await import("../../dev/stack.ts");
  const { PATH, HOME } = process.env; // nothing that a person's own environment names is used: this run breaks things
  const stack = await startStack({
    runDir,
    environment: { PATH, HOME },
    report: ({ service, text, ms }) => say(`${service}: ${text} (${(ms / 1_000).toFixed(1)} s)`),
  });
  return {
    servers: stack,
    logDir,
    serverLogs: [
      stack.vault.auditLogPath,
      ...["vault", "moto", "postgres", "redis"].map((name) => join(runDir, "logs", `${name}.log`)),
    ],
    stop: async () => {
      await stack.stop();
      await clear();
    },
  };
}
