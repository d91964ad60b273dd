import { z } from "zod";
import { readSigned, SignatureRefusedError } from "../approvals/read-signed.ts";
import type { Keyring, Signed, Signer } from "../audit/signing.ts";

export const CURRENT_STAGE = "AWSCURRENT";
/** What a new version carries until AWSCURRENT is moved to it by compare-and-swap. */
export const PENDING_STAGE = "glovebox-pending";

/** One version of the value, as it was to be written before AWS heard of it. */
const VersionWrite = z.strictObject({
  /** AWSCURRENT, or `vault-v<N>` for an older version. */
  stage: z.string(),
  /** null: KV v1. */
  vaultVersion: z.number().int().nullable(),
  /** The version's id in AWS. */
  requestToken: z.string(),
  /** Keyed: it tells nothing without the worker's digest key. */
  digest: z.string(),
  form: z.enum(["string", "binary"]),
  /** The version that had the label before. */
  previousVersionId: z.string().nullable(),
  /** The version that had the label already held this very value, so nothing was put. Known once it is written. */
  isKept: z.boolean(),
});
export type VersionWrite = z.output<typeof VersionWrite>;

const Before = z.strictObject({
  arn: z.string(),
  tags: z.record(z.string(), z.string()),
  description: z.string().nullable(),
  kmsKeyId: z.string().nullable(),
  replicaRegions: z.array(z.string()),
  /** Looked at only where the rules set one. */
  resourcePolicy: z.string().nullable(),
  /** It was scheduled for deletion, and is restored before the write. */
  isTombstone: z.boolean(),
});
/** What stood at the target before this run: what an undo goes back to. Never a value. */
export type TargetBefore = z.output<typeof Before>;

const TargetWrite = z.strictObject({
  name: z.string(),
  /** null: it is created, and AWS says then. */
  arn: z.string().nullable(),
  /** null: there was none, and it is created. */
  before: Before.nullable(),
  /** Somebody's own target that a person said to take over. */
  isAdopted: z.boolean(),
  /** The older versions first, the oldest at the top; AWSCURRENT last. */
  versions: z.array(VersionWrite).min(1),
  /** As AWS told at the end. */
  replicas: z.array(z.strictObject({ region: z.string(), status: z.string() })),
});
export type TargetWrite = z.output<typeof TargetWrite>;

export const SkippedVersion = z.strictObject({
  vaultVersion: z.number().int(),
  /** Deleted or destroyed; or Vault keeps fewer. */
  reason: z.enum(["deleted", "not kept"]),
});
export type SkippedVersion = z.output<typeof SkippedVersion>;

/** All that one run writes to AWS. The worker signs it, so that nobody with the database can send an undo elsewhere. */
export const WriteList = z.strictObject({
  v: z.literal(1),
  migrationId: z.string(),
  digestKeyId: z.string(),
  targets: z.array(TargetWrite).min(1),
  /** Older versions that were asked for and that Vault no longer has. */
  skipped: z.array(SkippedVersion),
  /** Every version was read back from AWS and was the same. */
  isVerified: z.boolean(),
});
export type WriteList = z.output<typeof WriteList>;

export type TargetWriteKind = "create" | "put" | "restore-and-put" | "keep";

export function kindOf({ before, versions }: Pick<TargetWrite, "before" | "versions">): TargetWriteKind {
  if (before === null) return "create";
  if (versions.every(({ isKept }) => isKept)) return "keep";
  return before.isTombstone ? "restore-and-put" : "put";
}

/** The version of the value that AWSCURRENT is to sit on. */
export function currentOf<V extends Pick<VersionWrite, "stage">>({ versions }: { versions: readonly V[] }): V {
  const current = versions.find(({ stage }) => stage === CURRENT_STAGE);
  if (!current) throw new TypeError("a target's writes have one for AWSCURRENT");
  return current;
}

/** Where the value is in AWS. */
export function versionIdOf({ isKept, previousVersionId, requestToken }: VersionWrite): string {
  return isKept && previousVersionId !== null ? previousVersionId : requestToken;
}

/** What is stored. */
export function signWrites(signer: Signer, list: WriteList): string {
  return JSON.stringify(signer.sign("writes", list));
}

/**
 * The writes that a process journaled before AWS heard of them, or null.
 * @throws {SignatureRefusedError} They are not as the worker wrote them, or of another run.
 */
export function journaledWrites(
  keyring: Keyring,
  { id, writes }: { id: string; writes: Signed | null },
): WriteList | null {
  if (writes === null) return null;
  const list = readSigned(keyring, "writes", writes, WriteList);
  if (list.migrationId !== id) throw new SignatureRefusedError("writes");
  return list;
}
