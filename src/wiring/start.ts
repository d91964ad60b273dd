import { sql } from "kysely";
import { BadConfigError, type Config } from "../config.ts";
import { codeOf } from "../errors.ts";
import type { Rules } from "../rules.ts";
import { openVaultClient } from "../vault/vault-client.ts";
import { type HealthCheck, startHealth } from "../web/health.ts";
import { findUnreachable } from "./find-unreachable.ts";
import { type Base, openBase } from "./open-base.ts";
import { openLog } from "./open-core.ts";
import { startBot } from "./start-bot.ts";
import { startWorker } from "./start-worker.ts";

export interface Running {
  readonly healthPort: number;
  /** Ends what is in hand or hands it over, then closes what was opened, last first. */
  stop(): Promise<void>;
}

/**
 * Starts the roles that the configuration names.
 * @throws {BadConfigError} Everything that can't be reached or is wrong, together.
 */
export async function start(config: Config, rules: Rules): Promise<Running> {
  const faults = [...separationFaults(config, rules), ...(await findUnreachable(config))];
  if (faults.length > 0) throw new BadConfigError(faults);
  const log = openLog(config.common.LOG_LEVEL);
  const { base, close } = await openBase(config.common, rules, log);
  try {
    // The bot first: its gate closes what an earlier run left, and answers the worker.
    const botChecks = config.bot ? await startBot(base, config.bot) : {};
    if (config.worker) await startWorker(base, config.worker, config.role);
    const health = await openHealth(config.common.HEALTH_PORT, { ...healthChecks(base), ...botChecks });
    base.onClose(health.close);
    log.info({ role: config.role, health: `http://127.0.0.1:${health.port}/healthz` }, "glovebox is up");
    return { healthPort: health.port, stop: close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** One process that can both approve and move must be wanted in so many words. */
function separationFaults({ role, bot }: Config, { separation }: Rules): string[] {
  if (role === "all" && bot?.MIGRATE_QUEUE_URL !== undefined) {
    return ["MIGRATE_QUEUE_URL rings a worker in Lambda: start `--role bot`, or leave it out"];
  }
  if (role !== "all" || separation === "off") return [];
  return [
    "one process with every role can both approve and move: start `--role bot` and `--role worker` apart, or say `separation: off` in the rules",
  ];
}

/** @throws {BadConfigError} The port is taken or not ours to take. */
async function openHealth(
  port: number,
  checks: Record<string, HealthCheck>,
): Promise<{ port: number; close(): Promise<void> }> {
  return startHealth({ port, checks }).catch((error: unknown) => {
    throw new BadConfigError([`HEALTH_PORT: ${port} can't be listened on (${codeOf(error)}); choose another, or 0`]);
  });
}

function healthChecks({ common, store, queues }: Base): Record<string, HealthCheck> {
  const vault = openVaultClient({ address: common.VAULT_ADDR, timeoutMs: common.VAULT_TIMEOUT_MS }, "");
  return {
    postgres: () => sql`select 1`.execute(store),
    queues: () => queues.ping(),
    vault: async () => {
      const health = (await vault.read("sys/health")) as { sealed?: boolean; standby?: boolean };
      if (health.sealed !== false || health.standby !== false) throw new Error("not active");
    },
  };
}
