import { generateKeyPairSync, randomBytes, randomUUID } from "node:crypto";
import { acceptEnvelope } from "../src/approvals/accept-envelope.ts";
import { approveRequest, type DecideDeps } from "../src/approvals/approve-request.ts";
import { PLAIN_SETTINGS, type RequestContent, type RequestSource } from "../src/approvals/content.ts";
import { sendRequest } from "../src/approvals/send-request.ts";
import { keyringFromPems, signerFromPem } from "../src/audit/signing.ts";
import { migrateSecret } from "../src/migration/migrate-secret.ts";
import { migrateStore } from "../src/store/migrate.ts";
import { openStore, type Store } from "../src/store/open-store.ts";
import { vaultGatePolicy } from "../src/vault/gate-policy.ts";
import { approleLogin } from "../src/vault/login/approle-login.ts";
import { standingClient } from "../src/vault/login/standing-client.ts";
import { applySetup } from "../src/vault/setup/apply-setup.ts";
import { openVaultClient, type VaultConnection } from "../src/vault/vault-client.ts";
import type { VaultNames } from "../src/vault/vault-names.ts";
import { fakeMembership } from "../test/fakes/membership.ts";
import { openWorker } from "../test/migration/engine-worker.ts";
import { practiceCredentials, type SetupCredentials } from "../test/vault/practice-credentials.ts";
import { keepBenchGate } from "./keep-bench-gate.ts";
import { makeDatabase } from "./make-database.ts";
import type { BenchServers } from "./open-servers.ts";

const REQUESTER = "U0ENGINEER";
const APPROVER = "U0APPROVER";
const [ACCOUNT, REGION] = ["123456789012", "eu-central-1"]; // moto's own account
const READER_TTL_SECONDS = 60;
const TAGS = { "owner-team": "team-a", application: "checkout", environment: "prod" };

/** Everything that one migration needs, on real servers, under names of our own. */
export interface BenchWorld {
  readonly servers: BenchServers;
  readonly databaseUrl: string;
  readonly store: Store;
  readonly vault: VaultConnection;
  readonly names: VaultNames;
  readonly credentials: SetupCredentials;
  readonly tags: Readonly<Record<string, string>>;
  readonly region: string;
  /** A secret that nobody moved yet, written to Vault. */
  addSecret(): Promise<RequestSource>;
  /** A target name that is free and allowed. */
  newTargetName(): string;
  /** A secret that is catalogued, requested and approved as people do it. @returns The queued migration's id. */
  order(): Promise<string>;
  /** What is measured: the engine, from the fence to the receipt. */
  migrate(migrationId: string): Promise<void>;
  /** @throws Error Unless it was brought to done. */
  assertDone(migrationId: string): Promise<void>;
  close(): Promise<void>;
}

/** Makes a KV mount, the auth mount with its roles, and a database of this run's own, and starts a gate and a worker. */
export async function openBenchWorld(servers: BenchServers): Promise<BenchWorld> {
  const id = randomUUID().slice(0, 8);
  const [database, dropDatabase] = await makeDatabase(servers.postgres.url, `bench_${id}`);
  const store = openStore(database, () => {});
  await migrateStore(store);

  const vault = { address: servers.vault.address, timeoutMs: 5_000 };
  const operator = openVaultClient(vault, servers.vault.rootToken);
  const names: VaultNames = { authMount: `bench${id}`, policyPrefix: `bench${id}` };
  const mount = `bench-kv-${id}`;
  await operator.write(`sys/mounts/${mount}`, { type: "kv", options: { version: "2" } });
  await applySetup(operator, {
    names,
    mounts: [{ path: mount, engine: "kv-v2" }],
    readerTtlSeconds: READER_TTL_SECONDS,
    adminTtlSeconds: 120,
    boundCidrs: [],
    gate: "on",
    otherLogins: [],
  });
  const credentials = await practiceCredentials(operator, names);
  const mounted = (await operator.read(`sys/internal/ui/mounts/${mount}`)) as { data: { accessor: string } };

  const approvalKeys = pemPair();
  const signer = signerFromPem(approvalKeys.privatePem);
  const keyring = keyringFromPems([approvalKeys.publicPem]);
  const membership = fakeMembership({ S0APPROVERS: [APPROVER] });
  const approvers = { users: [], usergroups: ["S0APPROVERS"] };
  const now = (): Date => new Date();
  const prefix = `bench-${id}/`;
  const policy = vaultGatePolicy(
    standingClient(approleLogin(vault, { mount: names.authMount, ...credentials.gate })),
    names,
  );
  const gate = await keepBenchGate(
    { store, policy, keyring, membership, approvers, maxPerHour: 1_000_000, now },
    database,
  );
  const worker = await openWorker({
    databaseUrl: database,
    vaultAddress: vault.address,
    names,
    adminRoleId: credentials.admin.roleId,
    adminSecretId: credentials.admin.secretId.reveal(),
    readerTtlSeconds: READER_TTL_SECONDS,
    awsEndpoint: servers.aws.endpointUrl,
    approvalPublicPem: approvalKeys.publicPem,
    receiptPrivatePem: pemPair().privatePem,
    digestKey: randomBytes(32).toString("base64"),
    allowedTargets: [{ accountId: ACCOUNT, region: REGION, namePrefix: prefix, kmsKeyIds: [] }],
    fenceSeconds: 60,
  });
  const decide: DecideDeps = {
    store,
    signer,
    keyring,
    now,
    newId: randomUUID,
    membership,
    rules: { approvers, rule: "four-eyes", validHours: 24, versionRule: "ask" },
    ringMigration: async () => {},
  };

  const newTargetName = (): string => `${prefix}${randomUUID()}`;
  const addSecret = async (): Promise<RequestSource> => {
    const path = `payments/checkout/prod/${randomUUID()}`;
    await operator.write(`${mount}/data/${path}`, {
      data: { username: "svc", password: randomBytes(24).toString("hex") },
    });
    return { namespace: "", mount, mountAccessor: mounted.data.accessor, engine: "kv-v2", path };
  };
  return {
    servers,
    databaseUrl: database,
    store,
    vault,
    names,
    credentials,
    tags: TAGS,
    region: REGION,
    addSecret,
    newTargetName,
    async order() {
      const source = await addSecret();
      await store
        .insertInto("entry")
        .values({ ...source, currentVersion: 1, versions: "[]", customMetadata: "{}", seenAt: now() })
        .execute();
      const content: RequestContent = {
        source,
        target: { accountId: ACCOUNT, region: REGION, name: newTargetName(), kmsKeyId: null },
        shape: { kind: "document" },
        olderVersions: 0,
        settings: PLAIN_SETTINGS,
        adopt: null,
        tags: TAGS,
        notBefore: null,
        reason: "Measuring",
        requester: REQUESTER,
      };
      const requestId = await request(decide, content);
      return (await approveRequest(decide, { requestId, version: 1, by: APPROVER })).migrationId;
    },
    migrate: (migrationId) => migrateSecret(worker.deps, migrationId),
    async assertDone(migrationId) {
      const row = await store
        .selectFrom("migration")
        .select(["state", "causeCode"])
        .where("id", "=", migrationId)
        .executeTakeFirstOrThrow();
      if (row.state !== "done") throw new Error(`a migration ended ${row.state}: ${row.causeCode}`);
    },
    async close() {
      await gate.stop();
      await worker.close();
      await store.destroy();
      await operator.delete(`sys/mounts/${mount}`);
      await operator.delete(`sys/auth/${names.authMount}`);
      await dropDatabase();
    },
  };
}

/** From the form to the stored request, without the queue between them. */
async function request({ store, signer, keyring, now, newId }: DecideDeps, content: RequestContent): Promise<string> {
  const { envelopeId } = await sendRequest({ store, signer, now, newId }, { content, replaces: null });
  const { detail } = await store
    .selectFrom("outbox")
    .select("detail")
    .where("subject", "=", `envelope:${envelopeId}`)
    .executeTakeFirstOrThrow();
  const signed = { bytes: String(detail.bytes), signature: String(detail.signature), keyId: String(detail.keyId) };
  return (await acceptEnvelope({ store, keyring, now, rules: { expireAfterHours: 72 } }, signed)).requestId;
}

function pemPair(): { privatePem: string; publicPem: string } {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  return {
    privatePem: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    publicPem: publicKey.export({ type: "spki", format: "pem" }).toString(),
  };
}
