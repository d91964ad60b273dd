import { type ApprovalStatement, PLAIN_SETTINGS } from "../../src/approvals/content.ts";
import { type ChainLink, linkHash } from "../../src/audit/append-event.ts";
import type { Signer } from "../../src/audit/signing.ts";
import { buildReceipt, type Receipt } from "../../src/migration/receipt.ts";
import type { TargetWrite, VersionWrite, WriteList } from "../../src/migration/write-list.ts";

const migrationId = "5f0c6a0e-7f3e-4f6e-9d9d-0a2b6f6f2c11";
export const sampleStatement: ApprovalStatement = {
  v: 1,
  statementId: "7a9de2a4-55a1-4a4e-8e3e-6d9a2b7cf001",
  requestId: "RQ-1001",
  requestVersion: 2,
  source: { namespace: "", mount: "secret", mountAccessor: "kv_1a2b", engine: "kv-v2", path: "team-a/stripe" },
  vaultVersion: 3,
  versionRule: "ask",
  target: { accountId: "111122223333", region: "eu-central-1", name: "prod/team-a/stripe", kmsKeyId: null },
  shape: { kind: "document" },
  olderVersions: 0,
  settings: PLAIN_SETTINGS,
  adopt: null,
  tags: { environment: "prod" },
  requester: "U0ENGINEER",
  approvers: ["U0APPROVER"],
  rule: "four-eyes",
  notBefore: null,
  issuedAt: "2026-11-23T10:00:00.000Z",
  expiresAt: "2026-11-24T10:00:00.000Z",
};

export const sampleProof = {
  call: "capabilities-self",
  aliveAt: "2026-11-23T10:05:00.100Z",
  refusedAt: "2026-11-23T10:05:00.400Z",
  refusedStatus: 403,
};

export function sampleLink(patch: Partial<ChainLink> = {}): ChainLink {
  const fact = {
    seq: 17,
    at: "2026-11-23T10:05:02.000Z",
    kind: "migration.done",
    actor: "worker",
    subject: `migration:${migrationId}`,
    content: { requestId: "RQ-1001" },
    previousHash: "ab".repeat(32),
    ...patch,
  };
  return { ...fact, hash: patch.hash ?? linkHash(fact) };
}

/** One new target with one version. */
export function sampleWrites(target: Partial<TargetWrite> = {}): WriteList {
  const version: VersionWrite = {
    stage: "AWSCURRENT",
    vaultVersion: 3,
    requestToken: "0e4e3a3e-1111-8222-9333-444455556666",
    digest: "d".repeat(64),
    form: "string",
    previousVersionId: null,
    isKept: false,
  };
  const write: TargetWrite = {
    name: "prod/team-a/stripe",
    arn: "arn:aws:secretsmanager:eu-central-1:111122223333:secret:prod/team-a/stripe-AbCdEf",
    before: null,
    isAdopted: false,
    versions: [version],
    replicas: [],
    ...target,
  };
  const digestKeyId = "0123456789abcdef";
  return { v: 1, migrationId, digestKeyId, targets: [write], skipped: [], isVerified: true };
}

/** @param approver The bot: signs the approval. @param approved What its approval says otherwise. */
export function sampleReceipt(approver: Signer, approved: Partial<ApprovalStatement> = {}): Receipt {
  const signed = { ...sampleStatement, ...approved };
  return buildReceipt({
    installation: "glovebox",
    separation: "on",
    gate: "on",
    migration: { id: migrationId, attempt: 1 },
    statement: signed,
    approval: approver.sign("approval", signed),
    vaultVersion: 3,
    writes: sampleWrites(),
    leaseOpenedAt: new Date("2026-11-23T10:05:00Z"),
    leaseClosedAt: new Date("2026-11-23T10:05:01Z"),
    readerProof: sampleProof,
    adminProof: sampleProof,
    finishedAt: new Date("2026-11-23T10:05:02Z"),
    link: sampleLink(),
  });
}
