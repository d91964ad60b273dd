import { PLAIN_SETTINGS } from "../../src/approvals/content.ts";
import type { EntryDescription } from "../../src/catalog/describe-entry.ts";
import { showName } from "../../src/catalog/show-name.ts";
import type { EntryUsage } from "../../src/catalog/usage/usage-of-entry.ts";
import { identify } from "../../src/metadata/answer/identity.ts";
import type { SecretAnswer } from "../../src/metadata/answer/secret-answer.ts";
import type { MigrationProgress, RequestState } from "../../src/migration/request-state.ts";
import type { ViewSettings } from "../../src/slack/view-settings.ts";

export const NOW = new Date("2026-11-24T10:00:00Z");
const HOUR_MS = 3_600_000;

export const SETTINGS: ViewSettings = {
  gate: "on",
  limits: { namespace: "", prefixes: [] },
  fields: [
    { field: "purpose", label: "What is it?", tag: "purpose", required: true },
    { field: "ownerTeam", label: "Owner team", tag: "owner-team", required: true },
    { field: "application", label: "Application", tag: "application", required: true },
    {
      field: "environment",
      label: "Environment",
      tag: "environment",
      required: true,
      options: ["prod", "staging", "test", "dev", "unknown"],
    },
    {
      field: "classification",
      label: "Classification",
      tag: "classification",
      required: true,
      options: ["public", "internal", "confidential", "restricted"],
    },
    { field: "rotation", label: "Rotation", tag: "rotation", required: false, options: ["none", "90 days"] },
  ],
  targets: [
    {
      accountId: "111122223333",
      region: "eu-central-1",
      namePrefix: "bank/",
      kmsKeyIds: [],
      label: "Payments production",
    },
    { accountId: "444455556666", region: "eu-west-1", namePrefix: "bank/", kmsKeyIds: ["alias/bank"] },
  ],
  approvers: { users: [], usergroups: ["S0APPROVERS"] },
  customMetadata: { tags: "all", prefix: "vault-" },
};

export function sampleRequest(changes: Partial<RequestState> = {}): RequestState {
  return {
    id: "RQ-1001",
    version: 1,
    status: "waiting",
    entryId: 42,
    requester: "U0ENGINEER",
    content: {
      source: {
        namespace: "",
        mount: "secret",
        mountAccessor: "kv_1a2b3c4d",
        engine: "kv-v2",
        path: "payments/card-gateway/prod",
      },
      target: {
        accountId: "111122223333",
        region: "eu-central-1",
        name: "bank/payments/card-gateway/prod",
        kmsKeyId: null,
      },
      shape: { kind: "document" },
      olderVersions: 0,
      settings: PLAIN_SETTINGS,
      adopt: null,
      tags: {
        purpose: "card gateway login",
        "owner-team": "payments",
        application: "card-gateway",
        environment: "prod",
        classification: "restricted",
      },
      notBefore: null,
      reason: "The card gateway moves to AWS this sprint.",
      requester: "U0ENGINEER",
    },
    vaultVersion: 7,
    laneReasons: [],
    overflow: null,
    changes: [],
    createdAt: new Date(NOW.getTime() - 2 * HOUR_MS),
    changedAt: NOW,
    expiresAt: new Date(NOW.getTime() + 70 * HOUR_MS),
    decision: null,
    migration: null,
    nextStep: "An approver must approve or reject it by 27 Nov, 08:00 UTC.",
    ...changes,
  };
}

export function sampleMigration(changes: Partial<MigrationProgress> = {}): MigrationProgress {
  return {
    id: "0b0e7a52-6f5b-4b57-9c36-2f0f6f2f1a11",
    attempt: 1,
    state: "queued",
    causeCode: null,
    causeText: null,
    vaultVersion: null,
    targets: [],
    skippedVersions: 0,
    conflict: null,
    leaseOpenedAt: null,
    leaseClosedAt: null,
    startedAt: null,
    finishedAt: null,
    triesAgainAt: null,
    canUndo: false,
    canRetry: false,
    ...changes,
  };
}

export function sampleEntry(path = "payments/card-gateway/prod", changes: Partial<EntryDescription> = {}) {
  const fullPath = `secret/${path}`;
  const entry: EntryDescription = {
    entryId: 42,
    source: { namespace: "", mount: "secret", mountAccessor: "kv_1a2b3c4d", engine: "kv-v2", path },
    fullPath,
    name: showName(fullPath),
    currentVersion: 7,
    versions: [{ version: 7, createdTime: "2026-10-01T08:00:00Z", deletionTime: null, isDestroyed: false }],
    keyNames: ["username", "password"],
    customMetadata: { owner: "payments" },
    vaultCreatedAt: new Date("2024-03-01T08:00:00Z"),
    vaultUpdatedAt: new Date("2026-10-01T08:00:00Z"),
    seenAt: NOW,
    goneAt: null,
    isDeleted: false,
    twins: [],
    requestId: null,
    requestStatus: null,
    facts: [],
    judgedReasons: null,
    ...changes,
  };
  return entry;
}

/** No audit log was read. */
export const sampleUsage = (changes: Partial<EntryUsage> = {}): EntryUsage => ({
  ...{ coverage: null, lastReadAt: null, readCount: 0, readsPerDay: 0, lastWriteAt: null },
  ...{ clients: [], clientCount: 0, addressCount: 0, readers: [], writers: [] },
  ...changes,
});

export function sampleAnswer(
  entry: EntryDescription = sampleEntry(),
  changes: Partial<SecretAnswer> = {},
): SecretAnswer {
  return {
    entry,
    identity: identify(entry),
    usage: sampleUsage(),
    owner: {
      ...{ team: "payments", isConfirmed: false, because: "`owner` in Vault's custom metadata" },
      ...{ confirmedBy: null, contradictedBy: [] },
    },
    siblings: { inFolder: { count: 0, some: [] }, elsewhere: [] },
    at: NOW,
    ...changes,
  };
}
