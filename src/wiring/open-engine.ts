import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { askGate } from "../approvals/ask-gate.ts";
import { ownGate } from "../approvals/own-gate.ts";
import { signCheckpoint } from "../audit/sign-checkpoint.ts";
import { secretsManagerClients } from "../aws/secrets-manager-client.ts";
import { secretsManagerTarget } from "../aws/secrets-manager-target.ts";
import { targetSessions } from "../aws/target-sessions.ts";
import type { Role, WorkerConfig } from "../config.ts";
import { codeOf } from "../errors.ts";
import { cleanUpAfterCrash } from "../migration/keep-fence.ts";
import type { MigrateDeps } from "../migration/migrate-deps.ts";
import { openPace, type Pace } from "../migration/pace.ts";
import type { SecretTarget } from "../migration/secret-target.ts";
import { type NextAttempt, takeUpMigration } from "../migration/take-up-migration.ts";
import { vaultLeaseBroker } from "../vault/lease-broker.ts";
import type { Core } from "./open-core.ts";
import { openOwnLogin, vaultOf } from "./open-login.ts";
import { readDigestKey, readKeyring, readOperatorKeys, readOwnKeyring, readSigner } from "./read-keys.ts";
import { rolesOf } from "./target-roles.ts";

/** The engine with this process's vendors behind it. It holds the admin identity and the writer, and no key that approves. */
export interface Engine {
  migrate(migrationId: string): Promise<NextAttempt | null>;
  /** Closes what an earlier run left. What can't be closed yet is closed before the next move. */
  cleanUp(): Promise<void>;
  /** Signs the end of the audit chain, so that an end that was cut off is noticed. */
  signCheckpoint(): Promise<void>;
  /** The process stops: a rest between two migrations ends now. */
  stopResting(): void;
}

export function openEngine(core: Core, config: WorkerConfig, role: Role): Engine {
  const { common, store, log, now, onClose } = core;
  const pace = openPace(log);
  const clients = secretsManagerClients({
    endpoint: common.AWS_ENDPOINT_URL,
    onThrottled: () => pace.slowDown("AWS throttles"),
  });
  onClose(async () => clients.close());
  const roles = rolesOf(config);
  const targetFor = (migrationId: string) => secretsManagerTarget(targetSessions(clients, roles, migrationId));
  const deps = engineDeps(core, { config, role, target: secretsManagerTarget(clients), pace });
  return {
    async migrate(migrationId) {
      await pace.rest();
      try {
        const next = await takeUpMigration({ ...deps, target: targetFor(migrationId) }, migrationId);
        if (next?.wasTried) pace.waitAwhile("a migration waits");
        return next;
      } finally {
        pace.passed();
      }
    },
    async cleanUp() {
      await cleanUpAfterCrash(deps).catch((error: unknown) =>
        log.warn({ code: codeOf(error) }, "could not clean up after an earlier run yet; the next move does it first"),
      );
    },
    async signCheckpoint() {
      await signCheckpoint(store, deps.signer, now);
    },
    stopResting: () => pace.stop(),
  };
}

interface EngineParts {
  readonly config: WorkerConfig;
  readonly role: Role;
  readonly target: SecretTarget;
  readonly pace: Pace;
}

function engineDeps(core: Core, { config, role, target, pace }: EngineParts): MigrateDeps {
  const { common, rules, store, doorbell, log, now } = core;
  const names = { authMount: common.VAULT_AUTH_MOUNT, policyPrefix: common.VAULT_POLICY_PREFIX };
  const keyring = readKeyring("APPROVAL_PUBLIC_KEY_FILES", config.APPROVAL_PUBLIC_KEY_FILES);
  const operatorKeys = readOperatorKeys(common);
  const signer = readSigner("RECEIPT_KEY_FILE", config.RECEIPT_KEY_FILE);
  return {
    store,
    keyring,
    operatorKeys,
    signer,
    ownKeyring: readOwnKeyring("RECEIPT_PUBLIC_KEY_FILES", signer, config.RECEIPT_PUBLIC_KEY_FILES),
    digestKey: readDigestKey(config.DIGEST_KEY_FILE),
    broker: vaultLeaseBroker({
      vault: { ...vaultOf(common), onThrottled: (retryAfterMs) => pace.slowDown("Vault throttles", retryAfterMs) },
      names,
      admin: openOwnLogin(common, config.adminLogin),
      readerTtlMs: config.VAULT_READER_TTL_SECONDS * 1_000,
      now,
      prefixes: rules.gate.prefixes,
    }),
    target,
    allowedTargets: rules.targets,
    askGate:
      rules.gate.mode === "off"
        ? ownGate({
            ...{ store, keyring, operatorKeys, ...rules.gate, now, newId: randomUUID },
            namespace: common.VAULT_NAMESPACE ?? "",
          })
        : askGate({ store, doorbell, newId: randomUUID, timeoutMs: config.GATE_TIMEOUT_MS }),
    installation: rules.installation,
    separation: role === "all" ? "off" : "on",
    gate: rules.gate.mode,
    holder: `${hostname()}:${process.pid}`,
    fenceSeconds: config.FENCE_SECONDS,
    now,
    newId: randomUUID,
    log,
  };
}
