import { randomUUID } from "node:crypto";
import { askGate } from "../../src/approvals/ask-gate.ts";
import { keyringFromPems, signerFromPem } from "../../src/audit/signing.ts";
import { secretsManagerClients } from "../../src/aws/secrets-manager-client.ts";
import { secretsManagerTarget } from "../../src/aws/secrets-manager-target.ts";
import type { AllowedTarget } from "../../src/migration/allowed-target.ts";
import type { MigrateDeps } from "../../src/migration/migrate-deps.ts";
import { digestKeyFromText } from "../../src/migration/value-digest.ts";
import { Secret } from "../../src/secret.ts";
import { openDoorbell } from "../../src/store/doorbell.ts";
import { openStore } from "../../src/store/open-store.ts";
import { vaultLeaseBroker } from "../../src/vault/lease-broker.ts";
import { approleLogin } from "../../src/vault/login/approle-login.ts";
import type { VaultNames } from "../../src/vault/vault-names.ts";

/** Everything that a worker process is given, as text: a test can hand it to a process that it will kill. */
export interface WorkerSettings {
  readonly databaseUrl: string;
  readonly vaultAddress: string;
  readonly names: VaultNames;
  readonly adminRoleId: string;
  readonly adminSecretId: string;
  readonly readerTtlSeconds: number;
  readonly awsEndpoint: string;
  readonly approvalPublicPem: string;
  readonly operatorPublicPem?: string;
  readonly receiptPrivatePem: string;
  readonly digestKey: string;
  readonly allowedTargets: readonly AllowedTarget[];
  readonly fenceSeconds: number;
  /** 3 s where absent. */
  readonly vaultTimeoutMs?: number;
  readonly awsTimeoutMs?: number;
}

export const PRACTICE_AWS = { accessKeyId: "practice", secretAccessKey: "practice" };

/** A worker on real servers: what src/wiring makes in production, with the settings of a test. */
export async function openWorker(
  settings: WorkerSettings,
  onThrottled: (retryAfterMs: number | null) => void = () => {},
): Promise<{ deps: MigrateDeps; close(): Promise<void> }> {
  const store = openStore(settings.databaseUrl, () => {});
  const doorbell = await openDoorbell(settings.databaseUrl, () => {});
  const clients = secretsManagerClients({
    endpoint: settings.awsEndpoint,
    credentials: PRACTICE_AWS,
    requestTimeoutMs: settings.awsTimeoutMs ?? 3_000,
  });
  const vault = { address: settings.vaultAddress, timeoutMs: settings.vaultTimeoutMs ?? 3_000, onThrottled };
  const now = (): Date => new Date();
  const signer = signerFromPem(settings.receiptPrivatePem);
  const deps: MigrateDeps = {
    store,
    keyring: keyringFromPems([settings.approvalPublicPem]),
    operatorKeys: keyringFromPems(settings.operatorPublicPem === undefined ? [] : [settings.operatorPublicPem]),
    signer,
    ownKeyring: signer.keyring,
    digestKey: digestKeyFromText(settings.digestKey),
    broker: vaultLeaseBroker({
      vault,
      names: settings.names,
      admin: approleLogin(vault, {
        mount: settings.names.authMount,
        roleId: settings.adminRoleId,
        secretId: new Secret(settings.adminSecretId),
      }),
      readerTtlMs: settings.readerTtlSeconds * 1_000,
      now,
    }),
    target: secretsManagerTarget(clients),
    allowedTargets: settings.allowedTargets,
    askGate: askGate({ store, doorbell, newId: randomUUID, timeoutMs: 5_000 }),
    installation: "practice",
    separation: "on",
    gate: "on",
    holder: `worker-${process.pid}`,
    fenceSeconds: settings.fenceSeconds,
    now,
    newId: randomUUID,
    log: { info: () => {}, warn: () => {} },
  };
  const close = async (): Promise<void> => {
    clients.close();
    await doorbell.close();
    await store.destroy();
  };
  return { deps, close };
}
