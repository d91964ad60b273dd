import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { builtVaultServer, isRunnable } from "../install/cache-places.mjs";
import { vaultOnPath } from "../install/vault-on-path.mjs";
import type { RecordProcess } from "../processes/start-process.ts";
import { startServer } from "../processes/start-server.ts";

export interface PracticeVault {
  readonly address: string;
  readonly rootToken: string;
  /** The file audit device's log, readable by us alone. */
  readonly auditLogPath: string;
  readonly pid: number;
  stop(): Promise<void>;
}

export interface VaultOrder {
  /** Wanted port; another one is taken when it is not free. */
  readonly port?: number;
  /** Holds the audit log; without it a temporary folder, removed by `stop`. */
  readonly dataDir?: string;
  readonly logTo: string;
  readonly record?: RecordProcess;
}

const READY_WITHIN_MS = 30_000;
const CALL_TIMEOUT_MS = 5_000;

/**
 * Starts a real Vault server in dev mode: unsealed, in memory, gone when it stops, with a random root token and a
 * file audit device. KV v2 is mounted at `secret/`, as dev mode does.
 * @throws Error when there is no Vault server on this machine (with the next step), or when it does not start.
 */
export async function startVault({ port, dataDir, logTo, record }: VaultOrder): Promise<PracticeVault> {
  const { command, args } = await vaultServer();
  const folder = dataDir ?? (await mkdtemp(join(tmpdir(), "glovebox-vault-")));
  await mkdir(folder, { recursive: true });
  const rootToken = `practice-${randomBytes(16).toString("hex")}`;
  const running = await startServer({
    port,
    readyWithinMs: READY_WITHIN_MS,
    process: (chosen) => ({
      name: "Vault",
      command,
      args: [...args, "-dev", "-dev-no-store-token"], // or it writes the token to ~/.vault-token, over a person's own
      // By environment, not by flag: everybody on the machine can read a command line.
      env: {
        ...withoutVaultSettings(process.env),
        VAULT_DEV_ROOT_TOKEN_ID: rootToken,
        VAULT_DEV_LISTEN_ADDRESS: `127.0.0.1:${chosen}`,
      },
      logTo,
      record,
    }),
    isReady: async (chosen) => (await call(`http://127.0.0.1:${chosen}/v1/sys/health`)).ok,
  });
  const address = `http://127.0.0.1:${running.port}`;
  const auditLogPath = join(folder, "vault-audit.log");
  const stop = async (): Promise<void> => {
    await running.stop();
    if (!dataDir) await rm(folder, { recursive: true, force: true });
  };
  const enabled = await call(`${address}/v1/sys/audit/file`, {
    method: "PUT",
    headers: { "x-vault-token": rootToken },
    body: JSON.stringify({ type: "file", options: { file_path: auditLogPath, mode: "0600" } }),
  });
  if (!enabled.ok) {
    await stop();
    throw new Error(`Vault refused its audit device (HTTP ${enabled.status}) and was stopped. See ${logTo}.`);
  }
  return { address, rootToken, auditLogPath, pid: running.pid, stop };
}

/** A person's own goes before our build; `vault` takes a subcommand more. */
async function vaultServer(): Promise<{ command: string; args: string[] }> {
  const installed = await vaultOnPath();
  if (installed !== undefined) return { command: installed, args: ["server"] };
  const built = builtVaultServer();
  if (isRunnable(built)) return { command: built, args: [] };
  throw new Error(
    "There is no Vault server on this machine. Nothing was started. Next step: run `node dev/install.mjs`.",
  );
}

/** A person's VAULT_* settings are for their own Vault and would change ours. */
function withoutVaultSettings(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !/^(VAULT|BAO)_/.test(name)));
}

function call(url: string, init: RequestInit = {}): Promise<Response> {
  return fetch(url, { ...init, signal: AbortSignal.timeout(CALL_TIMEOUT_MS) });
}
