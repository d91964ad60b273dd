import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { migrateWorker } from "../../jobs/migrate.ts";
import { askGate } from "../approvals/ask-gate.ts";
import { signCheckpoint } from "../audit/sign-checkpoint.ts";
import { secretsManagerClients } from "../aws/secrets-manager-client.ts";
import { secretsManagerTarget } from "../aws/secrets-manager-target.ts";
import { targetSessions } from "../aws/target-sessions.ts";
import type { Role, WorkerConfig } from "../config.ts";
import { codeOf } from "../errors.ts";
import { cleanUpAfterCrash } from "../migration/keep-fence.ts";
import type { MigrateDeps } from "../migration/migrate-deps.ts";
import { migrateSecret } from "../migration/migrate-secret.ts";
import type { SecretTarget } from "../migration/secret-target.ts";
import { vaultLeaseBroker } from "../vault/lease-broker.ts";
import type { Base } from "./open-base.ts";
import { openOwnLogin, vaultOf } from "./open-login.ts";
import { readDigestKey, readKeyring, readSigner } from "./read-keys.ts";
import { rolesOf } from "./target-roles.ts";

/** Signs the end of the audit chain now and then, so that an end that was cut off is noticed. */
const CHECKPOINT_QUEUE = "checkpoint";
const CHECKPOINT_EVERY_SECONDS = 600;

/** The role that moves: it holds the admin identity and the writer, and no key that approves. */
export async function startWorker(base: Base, config: WorkerConfig, role: Role): Promise<void> {
  const clients = secretsManagerClients({ endpoint: base.common.AWS_ENDPOINT_URL });
  base.onClose(async () => clients.close());
  const roles = rolesOf(config);
  const targetFor = (migrationId: string) => secretsManagerTarget(targetSessions(clients, roles, migrationId));
  const deps = workerDeps(base, config, role, secretsManagerTarget(clients));
  await cleanUpAfterCrash(deps).catch((error: unknown) =>
    base.log.warn({ code: codeOf(error) }, "could not clean up after an earlier run yet; the next move does it first"),
  );
  const worker = migrateWorker(base.queues, (migrationId) =>
    migrateSecret({ ...deps, target: targetFor(migrationId) }, migrationId),
  );
  base.onClose(() => worker.close()); // waits for the migration in hand
  const signing = base.queues.worker(CHECKPOINT_QUEUE, async () => {
    await signCheckpoint(base.store, deps.signer, base.now);
  });
  base.onClose(() => signing.close());
  await base.queues.every(CHECKPOINT_QUEUE, CHECKPOINT_EVERY_SECONDS);
}

function workerDeps(base: Base, config: WorkerConfig, role: Role, target: SecretTarget): MigrateDeps {
  const { common, rules, store, doorbell, log, now } = base;
  const names = { authMount: common.VAULT_AUTH_MOUNT, policyPrefix: common.VAULT_POLICY_PREFIX };
  return {
    store,
    keyring: readKeyring("APPROVAL_PUBLIC_KEY_FILES", config.APPROVAL_PUBLIC_KEY_FILES),
    signer: readSigner("RECEIPT_KEY_FILE", config.RECEIPT_KEY_FILE),
    digestKey: readDigestKey(config.DIGEST_KEY_FILE),
    broker: vaultLeaseBroker({
      vault: vaultOf(common),
      names,
      admin: openOwnLogin(common, config.adminLogin),
      readerTtlMs: config.VAULT_READER_TTL_SECONDS * 1_000,
      now,
    }),
    target,
    allowedTargets: rules.targets,
    askGate: askGate({ store, doorbell, newId: randomUUID, timeoutMs: config.GATE_TIMEOUT_MS }),
    installation: rules.installation,
    separation: role === "all" ? "off" : "on",
    holder: `${hostname()}:${process.pid}`,
    fenceSeconds: config.FENCE_SECONDS,
    now,
    newId: randomUUID,
    log,
  };
}
