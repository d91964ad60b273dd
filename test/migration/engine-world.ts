import { generateKeyPairSync, randomBytes, randomUUID } from "node:crypto";
import {
  CreateSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  ListSecretVersionIdsCommand,
  SecretsManagerClient,
  type Tag,
} from "@aws-sdk/client-secrets-manager";
import { inject, onTestFinished } from "vitest";
import { acceptEnvelope } from "../../src/approvals/accept-envelope.ts";
import { approveRequest, type DecideDeps } from "../../src/approvals/approve-request.ts";
import { PLAIN_SETTINGS, type RequestContent, type RequestSource } from "../../src/approvals/content.ts";
import { keepGate } from "../../src/approvals/keep-gate.ts";
import type { KeepGateDeps } from "../../src/approvals/keep-gate-deps.ts";
import { sendRequest } from "../../src/approvals/send-request.ts";
import { keyringFromPems, signerFromPem } from "../../src/audit/signing.ts";
import { migrateSecret } from "../../src/migration/migrate-secret.ts";
import type { SettingsRule } from "../../src/migration/rule-settings.ts";
import { WriteList } from "../../src/migration/write-list.ts";
import { openDoorbell } from "../../src/store/doorbell.ts";
import { fakeMembership } from "../fakes/membership.ts";
import { freshStore } from "../fresh-store.ts";
import { practiceLease, READER_TTL_SECONDS } from "../vault/practice-lease.ts";
import { openWorker, PRACTICE_AWS, type WorkerSettings } from "./engine-worker.ts";

export const ENGINEER = "U0ENGINEER";
export const APPROVER = "U0APPROVER";
const ACCOUNT = "123456789012"; // moto's own
const REGION = "eu-central-1";

/** A pair of Ed25519 keys as the PEM files that `glovebox keys` writes. */
export function pemPair(): { privatePem: string; publicPem: string } {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  return {
    privatePem: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    publicPem: publicKey.export({ type: "spki", format: "pem" }).toString(),
  };
}

export interface EngineWorldOptions {
  /** A front before Vault or AWS that injects faults; the real servers otherwise. */
  readonly vaultAddress?: string;
  readonly awsEndpoint?: string;
  readonly onVaultThrottled?: (retryAfterMs: number | null) => void;
  /** A Vault of the test's own, that it may seal. */
  readonly vault?: { readonly address: string; readonly rootToken: string };
  readonly fenceSeconds?: number;
  /** What the worker's own rules set on every target. */
  readonly targetRule?: SettingsRule;
  /** The keys that its rules allow; the AWS-managed one where absent. */
  readonly kmsKeyIds?: readonly string[];
  /** How long the worker waits for an answer; 3 s where absent. */
  readonly vaultTimeoutMs?: number;
  readonly awsTimeoutMs?: number;
  /** An operator whose key a test must hold as a file. */
  readonly operatorPair?: ReturnType<typeof pemPair>;
}

/** Real Vault, Postgres and Secrets Manager; a gate that answers; a worker; requests made and approved as people do. */
export async function engineWorld(options: EngineWorldOptions = {}) {
  const stack = inject("stack");
  const lease = await practiceLease(options.vaultAddress, options.vault);
  const { store, url } = await freshStore();
  const [approvalKeys, operatorPair] = [pemPair(), options.operatorPair ?? pemPair()];
  const operator = signerFromPem(operatorPair.privatePem);
  const operatorKeys = operator.keyring;
  const signer = signerFromPem(approvalKeys.privatePem);
  const keyring = keyringFromPems([approvalKeys.publicPem]);
  const prefix = `t-${randomUUID().slice(0, 8)}/`;
  const settings: WorkerSettings = {
    databaseUrl: url,
    vaultAddress: lease.vault.address,
    names: lease.names,
    adminRoleId: lease.credentials.admin.roleId,
    adminSecretId: lease.credentials.admin.secretId.reveal(),
    readerTtlSeconds: READER_TTL_SECONDS,
    awsEndpoint: options.awsEndpoint ?? stack.aws.endpointUrl,
    approvalPublicPem: approvalKeys.publicPem,
    operatorPublicPem: operatorPair.publicPem,
    receiptPrivatePem: pemPair().privatePem,
    digestKey: randomBytes(32).toString("base64"),
    allowedTargets: [
      {
        accountId: ACCOUNT,
        region: REGION,
        namePrefix: prefix,
        kmsKeyIds: options.kmsKeyIds ?? [],
        ...options.targetRule,
      },
    ],
    fenceSeconds: options.fenceSeconds ?? 20,
    vaultTimeoutMs: options.vaultTimeoutMs ?? 3_000,
    awsTimeoutMs: options.awsTimeoutMs ?? 3_000,
  };
  const membership = fakeMembership({ S0APPROVERS: [APPROVER] });
  const now = (): Date => new Date();
  const approvers = { users: [], usergroups: ["S0APPROVERS"] };
  const gate: KeepGateDeps = {
    store,
    policy: lease.gate,
    keyring,
    operatorKeys,
    membership,
    approvers,
    maxPerHour: 600,
    now,
  };
  const keepingGate = await startGate(gate, url);
  const worker = await openWorker(settings, options.onVaultThrottled);
  onTestFinished(async () => {
    await keepingGate.stop();
    await worker.close();
  });
  const rung: string[] = [];
  const decide: DecideDeps = {
    store,
    signer,
    keyring,
    now,
    newId: randomUUID,
    membership,
    rules: { approvers, rule: "four-eyes", validHours: 24, versionRule: "ask" },
    ringMigration: async (migrationId) => {
      rung.push(migrationId);
    },
  };
  const aws = new SecretsManagerClient({ endpoint: stack.aws.endpointUrl, region: REGION, credentials: PRACTICE_AWS });

  /** Catalogues the source and asks for its migration, as the Slack form does. */
  const request = async (source: RequestSource, patch: Partial<RequestContent> = {}): Promise<string> => {
    const currentVersion = source.engine === "kv-v2" ? 1 : null;
    await store
      .insertInto("entry")
      .values({ ...source, currentVersion, versions: "[]", customMetadata: "{}", seenAt: now() })
      .onConflict((conflict) => conflict.columns(["namespace", "mount", "path"]).doNothing())
      .execute();
    const content: RequestContent = {
      source,
      target: { accountId: ACCOUNT, region: REGION, name: `${prefix}${randomUUID()}`, kmsKeyId: null },
      shape: { kind: "document" },
      olderVersions: 0,
      settings: PLAIN_SETTINGS,
      adopt: null,
      tags: { "owner-team": "team-a" },
      notBefore: null,
      reason: "The service moves to AWS",
      requester: ENGINEER,
      ...patch,
    };
    const { envelopeId } = await sendRequest({ store, signer, now, newId: randomUUID }, { content, replaces: null });
    const { detail } = await store
      .selectFrom("outbox")
      .select("detail")
      .where("subject", "=", `envelope:${envelopeId}`)
      .executeTakeFirstOrThrow();
    const signed = { bytes: String(detail.bytes), signature: String(detail.signature), keyId: String(detail.keyId) };
    return (await acceptEnvelope({ store, keyring, operatorKeys, now, rules: { expireAfterHours: 72 } }, signed))
      .requestId;
  };
  const approve = (requestId: string, version = 1) => approveRequest(decide, { requestId, version, by: APPROVER });
  /** A request that is approved and queued. */
  const order = async (source: RequestSource, patch: Partial<RequestContent> = {}): Promise<string> =>
    (await approve(await request(source, patch))).migrationId;
  const rowOf = (migrationId: string) =>
    store.selectFrom("migration").selectAll().where("id", "=", migrationId).executeTakeFirstOrThrow();
  const targetOf = async (migrationId: string): Promise<string> => {
    const { bytes } = await store
      .selectFrom("migration")
      .innerJoin("statement", "statement.id", "migration.statementId")
      .select("bytes")
      .where("migration.id", "=", migrationId)
      .executeTakeFirstOrThrow();
    return JSON.parse(bytes).target.name;
  };
  /** What a migration journaled that it writes. */
  const writesOf = async (migrationId: string): Promise<WriteList> => {
    const { writes } = await rowOf(migrationId);
    return WriteList.parse(JSON.parse(writes?.bytes ?? "null"));
  };
  const migrate = (migrationId: string) => migrateSecret(worker.deps, migrationId);
  return {
    lease,
    store,
    settings,
    signer,
    operator,
    prefix,
    decide,
    gate,
    keepingGate,
    worker,
    membership,
    aws,
    rung,
    request,
    approve,
    order,
    migrate,
    rowOf,
    writesOf,
    targetOf,
    statusOf: async (requestId: string) =>
      (await store.selectFrom("request").select("status").where("id", "=", requestId).executeTakeFirstOrThrow()).status,
    valueOf: async (migrationId: string) => {
      const SecretId = await targetOf(migrationId);
      return (await aws.send(new GetSecretValueCommand({ SecretId, VersionStage: "AWSCURRENT" }))).SecretString;
    },
    createByHand: async (name: string, value: string, tags: Tag[] = []) =>
      aws.send(new CreateSecretCommand({ Name: name, SecretString: value, Tags: tags })),
    describe: async (name: string) => aws.send(new DescribeSecretCommand({ SecretId: name })),
    versionsOf: async (name: string) =>
      (await aws.send(new ListSecretVersionIdsCommand({ SecretId: name, IncludeDeprecated: true }))).Versions ?? [],
    /** What a crash or a thief could still use: must be empty whenever nothing runs. */
    leftovers: async () => {
      const { operator, names, kv2, kv1 } = lease;
      const ids = await Promise.all(
        [kv2, kv1].map(({ path }) => operator.list(`auth/${names.authMount}/role/reader-${slug(path)}/secret-id`)),
      );
      const accessors = await operator.list("auth/token/accessors");
      const live: string[] = [];
      for (const accessor of accessors) {
        const path = await operator.write("auth/token/lookup-accessor", { accessor }).then(
          (answer) => (answer as { data: { path: string; meta: { role_name?: string } | null } }).data,
          () => null, // it ended meanwhile
        );
        const role = path?.meta?.role_name ?? "";
        if (path?.path === `auth/${names.authMount}/login` && (role === "admin" || role.startsWith("reader-"))) {
          live.push(role);
        }
      }
      return { gateOpen: await lease.gate.isOpen(), secretIds: ids.flat().length, liveTokens: live };
    },
  };
}

export const NOTHING_LEFT = { gateOpen: false, secretIds: 0, liveTokens: [] };

function slug(mount: string): string {
  return mount.replaceAll(/[^a-z0-9]/g, (character) => `_${character.charCodeAt(0).toString(16)}`);
}

/** The bot's part: answers at every ring and looks every 500 ms. */
async function startGate(gate: KeepGateDeps, url: string): Promise<{ stop(): Promise<void> }> {
  const doorbell = await openDoorbell(url, () => {});
  let isStopped = false;
  const loop = (async () => {
    while (!isStopped) {
      const ring = doorbell.wait("gate_ask", 500);
      await keepGate(gate).catch(() => {});
      await ring;
    }
  })();
  return {
    async stop() {
      isStopped = true;
      await loop;
      await doorbell.close();
    },
  };
}
