import type { TargetRef, TargetSettings } from "../approvals/content.ts";
import type { Secret } from "../secret.ts";

/** A value as AWS keeps it: text in SecretString, bytes in SecretBinary. */
export interface TargetValue {
  readonly form: "string" | "binary";
  /** For "binary" the bytes in canonical base64. */
  readonly secret: Secret;
}

export interface TargetReplica {
  readonly region: string;
  /** AWS's own word: InSync, InProgress or Failed. */
  readonly status: string;
}

export interface PresentTarget {
  readonly status: "present";
  readonly arn: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly description: string | null;
  /** null: the AWS-managed key. */
  readonly kmsKeyId: string | null;
  readonly replicas: readonly TargetReplica[];
  /** Version id to its staging labels. */
  readonly stagesByVersion: Readonly<Record<string, readonly string[]>>;
  /** The version with AWSCURRENT, or null. */
  readonly currentVersionId: string | null;
  /** Set when the target is scheduled for deletion (a tombstone). */
  readonly deletionDate: Date | null;
}
export type TargetState = { readonly status: "absent" } | PresentTarget;

export interface CreateOptions {
  /** The version's id, 32-64 characters. */
  readonly requestToken: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly settings: TargetSettings;
}
export interface PutOptions {
  readonly requestToken: string;
  /** The labels of the new version; AWSCURRENT then stays where it is. Absent: AWSCURRENT moves to the new version. */
  readonly stages?: readonly string[];
}

/** AWS Secrets Manager in our words. Every call is safe to repeat; none retries a write with another token. */
export interface SecretTarget {
  /** Works on tombstones too. @throws {TargetAccessDeniedError} {TargetUnavailableError} */
  describe(target: TargetRef): Promise<TargetState>;
  /**
   * Creates the secret with its tags and settings. The resource policy is judged first and set last: after a failure the
   * same call goes on where it stopped.
   * @throws {TargetTakenError} The name exists, or the token was used with another value.
   * @throws {TargetPolicyError} AWS refuses the resource policy; nothing was created.
   */
  create(target: TargetRef, value: TargetValue, options: CreateOptions): Promise<{ arn: string }>;
  /** Adds a version. @throws {TargetTakenError} {TargetTombstonedError} */
  put(target: TargetRef, value: TargetValue, options: PutOptions): Promise<void>;
  /** The value of exactly this version. Retries "not found" a few times, for AWS is eventually consistent. */
  read(target: TargetRef, versionId: string): Promise<TargetValue>;
  /**
   * Gives a target that is there, and open, the target's KMS key and these settings, and takes nothing away: what is null
   * stays as it is, and so do other replicas. The key counts for values written afterwards, so call it before `put`.
   * @throws {TargetPolicyError} AWS refuses the resource policy; nothing was changed.
   */
  applySettings(target: TargetRef, settings: TargetSettings): Promise<void>;
  /** The resource policy as JSON text, or null. */
  readPolicy(target: TargetRef): Promise<string | null>;
  removePolicy(target: TargetRef): Promise<void>;
  /** Regions that have no replica are left out. A target with replicas can't be scheduled for deletion. */
  removeReplicas(target: TargetRef, regions: readonly string[]): Promise<void>;
  setTags(target: TargetRef, tags: Readonly<Record<string, string>>): Promise<void>;
  removeTags(target: TargetRef, keys: readonly string[]): Promise<void>;
  /** Undo of a create. Never forced: the recovery window is 7 to 30 days. @throws {TargetRefusedError} It has replicas. */
  scheduleDeletion(target: TargetRef, recoveryDays: number): Promise<void>;
  restore(target: TargetRef): Promise<void>;
  /** Moves AWSCURRENT only if it still sits on `from` (null: on no version). @throws {TargetMovedOnError} */
  moveCurrent(target: TargetRef, move: { from: string | null; to: string }): Promise<void>;
  /** Takes a label off the version `from`; AWSCURRENT can only be moved. Done already or elsewhere: nothing happens. */
  removeStage(target: TargetRef, label: { stage: string; from: string }): Promise<void>;
}
