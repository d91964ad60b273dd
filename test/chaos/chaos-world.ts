import { generateKeyPairSync, randomBytes, randomUUID } from "node:crypto";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import pg from "pg";
import { startAwsFront } from "../../dev/aws/strict-front/start-front.ts";
import { startVaultFront } from "../../dev/vault/fault-front.ts";
import type { DecideDeps } from "../../src/approvals/approve-request.ts";
import { keyringFromPems, signerFromPem } from "../../src/audit/signing.ts";
import { openQueues } from "../../src/queue/open-queues.ts";
import { migrateStore } from "../../src/store/migrate.ts";
import { openStore, type Store } from "../../src/store/open-store.ts";
import { applySetup } from "../../src/vault/setup/apply-setup.ts";
import { openVaultClient } from "../../src/vault/vault-client.ts";
import type { VaultNames } from "../../src/vault/vault-names.ts";
import { fakeMembership } from "../fakes/membership.ts";
import type { SharedStack } from "../global-setup.ts";
import { PRACTICE_AWS, type WorkerSettings } from "../migration/engine-worker.ts";
import { practiceCredentials } from "../vault/practice-credentials.ts";
import { FENCE_SECONDS } from "./pick-strike.ts";
import { MIGRATE_ONE_AT_A_TIME, QUEUE_LOCK_SECONDS } from "./process-talk.ts";
import { type RawVault, rawVault } from "./raw-vault.ts";

export const ENGINEER = "U0ENGINEER";
export const APPROVER = "U0APPROVER";
export const [ACCOUNT, REGION] = ["123456789012", "eu-central-1"]; // moto's own account

/** Lives of tokens that nobody could revoke: seconds here, as the judge waits for them. */
export const READER_TTL_SECONDS = 2;
export const ADMIN_TTL_SECONDS = 15;

export type ChaosWorld = Awaited<ReturnType<typeof openChaosWorld>>;

/** Everything under names of this run's own on real servers, with fronts that have faults on order before two of them. */
export async function openChaosWorld(servers: SharedStack) {
  const id = randomUUID().slice(0, 8);
  const closers: (() => Promise<unknown>)[] = [];
  const close = async (): Promise<void> => {
    for (let next = closers.pop(); next; next = closers.pop()) await next().catch(() => undefined);
  };
  try {
    const world = await build(servers, id, closers);
    return { ...world, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function build(servers: SharedStack, id: string, closers: (() => Promise<unknown>)[]) {
  const { url: databaseUrl, drop } = await makeDatabase(servers.postgres.url, `chaos_${id}`);
  closers.push(drop);
  const store = openStore(databaseUrl, () => {});
  closers.push(() => store.destroy());
  await migrateStore(store);
  const vault = rawVault(servers.vault.address, servers.vault.rootToken);
  const names: VaultNames = { authMount: `chaos${id}`, policyPrefix: `chaos${id}` };
  const mounts = await makeMounts(vault, id, closers);
  closers.push(() => vault("DELETE", `sys/auth/${names.authMount}`));
  const operator = openVaultClient({ address: servers.vault.address, timeoutMs: 10_000 }, servers.vault.rootToken);
  await applySetup(operator, {
    names,
    mounts: Object.values(mounts).map(({ path, engine }) => ({ path, engine })),
    readerTtlSeconds: READER_TTL_SECONDS,
    adminTtlSeconds: ADMIN_TTL_SECONDS,
    boundCidrs: [],
    gate: "on",
    otherLogins: [],
  });
  const credentials = await practiceCredentials(operator, names);
  const [vaultFront, gateVaultFront] = [
    await startVaultFront(servers.vault.address),
    await startVaultFront(servers.vault.address),
  ];
  const awsFront = await startAwsFront(servers.aws.endpointUrl);
  for (const front of [vaultFront, gateVaultFront, awsFront]) closers.push(() => front.stop());
  const aws = new SecretsManagerClient({
    endpoint: servers.aws.endpointUrl,
    region: REGION,
    credentials: PRACTICE_AWS,
  });
  closers.push(async () => aws.destroy());

  const prefix = `chaos-${id}`;
  const queues = openQueues({
    ...{ redisUrl: servers.redis.url, databaseUrl, log: { warn: () => {} }, prefix },
    ...{ oneAtATime: MIGRATE_ONE_AT_A_TIME, lockSeconds: QUEUE_LOCK_SECONDS },
  });
  closers.push(() => queues.close());
  const approvalKeys = pemPair();
  const settings: WorkerSettings = {
    databaseUrl: namedConnection(databaseUrl),
    vaultAddress: vaultFront.address,
    names,
    adminRoleId: credentials.admin.roleId,
    adminSecretId: credentials.admin.secretId.reveal(),
    readerTtlSeconds: READER_TTL_SECONDS,
    awsEndpoint: awsFront.url,
    approvalPublicPem: approvalKeys.publicPem,
    receiptPrivatePem: pemPair().privatePem,
    digestKey: randomBytes(32).toString("base64"),
    allowedTargets: [{ accountId: ACCOUNT, region: REGION, namePrefix: `${prefix}/`, kmsKeyIds: [] }],
    fenceSeconds: FENCE_SECONDS,
  };
  const gateOrder = {
    ...{ databaseUrl: namedConnection(databaseUrl), redisUrl: servers.redis.url, prefix, names, approver: APPROVER },
    vaultAddress: gateVaultFront.address,
    roleId: credentials.gate.roleId,
    secretId: credentials.gate.secretId.reveal(),
    approvalPublicPem: approvalKeys.publicPem,
  };
  return {
    ...{ servers, databaseUrl, store, vault, aws, names, mounts, prefix, queues, settings, gateOrder },
    ...{ vaultFront, gateVaultFront, awsFront },
    workerOrder: { settings, redisUrl: servers.redis.url, prefix },
    decide: decideDeps(store, approvalKeys),
  };
}

/** What the bot does when people decide. It rings nothing by itself: rings are part of the schedule. */
function decideDeps(store: Store, approvalKeys: { privatePem: string; publicPem: string }): DecideDeps {
  return {
    store,
    signer: signerFromPem(approvalKeys.privatePem),
    keyring: keyringFromPems([approvalKeys.publicPem]),
    now: () => new Date(),
    newId: randomUUID,
    membership: fakeMembership({ S0APPROVERS: [APPROVER] }),
    rules: {
      approvers: { users: [], usergroups: ["S0APPROVERS"] },
      rule: "four-eyes",
      validHours: 24,
      versionRule: "ask",
    },
    ringMigration: async () => {},
  };
}

async function makeMounts(vault: RawVault, id: string, closers: (() => Promise<unknown>)[]) {
  const make = async <E extends "kv-v1" | "kv-v2">(engine: E) => {
    const path = `chaos-${engine}-${id}`;
    await vault("POST", `sys/mounts/${path}`, { type: "kv", options: { version: engine === "kv-v2" ? "2" : "1" } });
    closers.push(() => vault("DELETE", `sys/mounts/${path}`));
    const { body } = await vault("GET", `sys/internal/ui/mounts/${path}`);
    return { engine, path, accessor: String(body.data?.accessor) };
  };
  return { "kv-v1": await make("kv-v1"), "kv-v2": await make("kv-v2") };
}

/** What connections of the processes under test are called in Postgres, so that they can be ended and ours not. */
export const UNDER_TEST = "chaos-under-test";
function namedConnection(url: string): string {
  const named = new URL(url);
  named.searchParams.set("application_name", UNDER_TEST);
  return named.href;
}

async function makeDatabase(server: string, name: string): Promise<{ url: string; drop(): Promise<void> }> {
  const onServer = async (statement: string): Promise<void> => {
    const client = new pg.Client({ connectionString: server });
    await client.connect();
    await client.query(statement).finally(() => client.end());
  };
  await onServer(`create database ${name}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => onServer(`drop database if exists ${name} with (force)`) };
}

function pemPair(): { privatePem: string; publicPem: string } {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  return {
    privatePem: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    publicPem: publicKey.export({ type: "spki", format: "pem" }).toString(),
  };
}
