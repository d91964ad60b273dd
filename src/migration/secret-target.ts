import type { TargetRef } from "../approvals/content.ts";
import type { Secret } from "../secret.ts";

export interface PresentTarget {
  readonly status: "present";
  readonly arn: string;
  readonly tags: Readonly<Record<string, string>>;
  /** Version id to its staging labels. */
  readonly stagesByVersion: Readonly<Record<string, readonly string[]>>;
  /** The version with AWSCURRENT, or null. */
  readonly currentVersionId: string | null;
  /** Set when the target is scheduled for deletion (a tombstone). */
  readonly deletionDate: Date | null;
}
export type TargetState = { readonly status: "absent" } | PresentTarget;

/** AWS Secrets Manager in our words. Every call is safe to repeat; none retries a write with another token. */
export interface SecretTarget {
  /** Works on tombstones too. @throws {TargetAccessDeniedError} {TargetUnavailableError} */
  describe(target: TargetRef): Promise<TargetState>;
  /**
   * Creates the secret with its tags; the version's id is the request token (32-64 characters).
   * @throws {TargetTakenError} The name exists, or the token was used with another value.
   */
  create(
    target: TargetRef,
    value: Secret,
    options: { requestToken: string; tags: Readonly<Record<string, string>> },
  ): Promise<{ arn: string }>;
  /** Adds a version and moves AWSCURRENT to it. @throws {TargetTakenError} {TargetTombstonedError} */
  put(target: TargetRef, value: Secret, options: { requestToken: string }): Promise<void>;
  /** The value of exactly this version. Retries "not found" a few times, for AWS is eventually consistent. */
  read(target: TargetRef, versionId: string): Promise<Secret>;
  setTags(target: TargetRef, tags: Readonly<Record<string, string>>): Promise<void>;
  /** Undo of a create. Never forced: the recovery window is 7 to 30 days. */
  scheduleDeletion(target: TargetRef, recoveryDays: number): Promise<void>;
  restore(target: TargetRef): Promise<void>;
  /** Undo of a put: moves AWSCURRENT only if it still sits on `from`. @throws {TargetMovedOnError} */
  moveCurrent(target: TargetRef, move: { from: string; to: string }): Promise<void>;
}
