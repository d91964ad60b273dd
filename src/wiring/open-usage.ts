import { setInterval } from "node:timers";
import { startUsage } from "../../jobs/usage.ts";
import { forgetOldUsage } from "../catalog/usage/forget-old-usage.ts";
import { knownMounts } from "../catalog/usage/known-mounts.ts";
import { usageLog } from "../catalog/usage/usage-log.ts";
import { BadConfigError, type BotConfig } from "../config.ts";
import { codeOf } from "../errors.ts";
import { tellStragglers } from "../migration/tell-stragglers.ts";
import { auditLineReader } from "../vault/audit-log/audit-line.ts";
import { listenForAudit } from "../vault/audit-log/audit-socket.ts";
import { tailAuditFile } from "../vault/audit-log/tail-file.ts";
import type { Base } from "./open-base.ts";

const MOUNTS_EVERY_MS = 60_000;

/** Evidence of use: the logs that the environment names, and what comes of them. @throws {BadConfigError} */
export async function openUsage(base: Base, config: BotConfig): Promise<void> {
  const { store, queues, log, now, common, onClose } = base;
  const mounts = await knownMounts(store);
  const refreshing = setInterval(() => {
    mounts.refresh().catch((error: unknown) => log.warn({ code: codeOf(error) }, "the mounts were not looked at"));
  }, MOUNTS_EVERY_MS);
  onClose(async () => clearInterval(refreshing));
  const deps = {
    log: usageLog(store, now),
    readLine: auditLineReader({ mounts, ownAuthMount: common.VAULT_AUTH_MOUNT }),
    warn: (fact: object, words: string) => log.warn(fact, words),
  };
  if (config.VAULT_AUDIT_SOCKET !== undefined) {
    const socket = await listenForAudit(deps, config.VAULT_AUDIT_SOCKET).catch((error: unknown) => {
      throw new BadConfigError([`VAULT_AUDIT_SOCKET can't be listened on (${codeOf(error)}); choose another place`]);
    });
    onClose(() => socket.close());
  }
  const files = config.VAULT_AUDIT_FILE ?? [];
  const usage = await startUsage(queues, {
    follow: files.map((file) => (signal) => tailAuditFile(deps, file, signal)),
    forget: () => forgetOldUsage(store, config.USAGE_KEEP_DAYS, now()),
    tellStragglers: () => tellStragglers(store, now()),
  });
  onClose(() => usage.close());
}
