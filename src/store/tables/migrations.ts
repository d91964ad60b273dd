import type { Generated, JSONColumnType } from "kysely";

export type MigrationState =
  | "queued"
  | "leased"
  | "read"
  | "closed"
  | "written"
  | "verified"
  | "sealed"
  | "done"
  | "failed"
  | "undone";

/** Names of keys of two values, and nothing of what they hold. */
export interface ComparedKeys {
  readonly same: readonly string[];
  readonly different: readonly string[];
  readonly onlyInVault: readonly string[];
  readonly onlyInAws: readonly string[];
  /** How many further keys each of the lists has; absent: all are named. */
  readonly more?: Readonly<Record<"same" | "different" | "onlyInVault" | "onlyInAws", number>>;
}

/** A target that is somebody else's, as the engine met it. */
export interface TargetConflict {
  readonly targetName: string;
  readonly arn: string;
  /** The version with AWSCURRENT. */
  readonly versionId: string | null;
  /** As AWS shows them to everybody who may list secrets, cut, without what looks like a credential. */
  readonly tags: Readonly<Record<string, string>>;
  readonly isTombstone: boolean;
  /** Vault's value and the target's, where both are JSON objects; otherwise `whole` says how they compare. */
  readonly keys: ComparedKeys | null;
  readonly whole: "equal" | "different" | "unreadable" | null;
  /** Further targets of a split value that are somebody else's as well. */
  readonly others: readonly string[];
}

/** Content that the worker signed, as `Signed` in src/audit/signing.ts. */
export interface SignedContent {
  readonly bytes: string;
  readonly signature: string;
  readonly keyId: string;
}

export interface MigrationTable {
  id: string;
  requestId: string;
  statementId: string;
  attempt: number;
  state: MigrationState;
  /** Approved within a wave, and not its turn yet. */
  isHeld: Generated<boolean>;
  causeCode: string | null;
  causeText: string | null;
  /** Set while it waits for another attempt by itself: since when, how often for the same cause, and until when. */
  waitingSince: Date | null;
  waitCount: Generated<number>;
  dueAt: Date | null;
  adminAccessor: string | null;
  secretIdAccessor: string | null;
  readerAccessor: string | null;
  /** The version that was read; null for KV v1 and before the read. */
  vaultVersion: number | null;
  /** What this run writes to AWS, journaled before AWS hears of it: a signed `WriteList` (src/migration/write-list.ts). */
  writes: JSONColumnType<SignedContent> | null;
  /** The key of the digests in it. */
  digestKeyId: string | null;
  /** The ARNs of the targets that were written and verified. */
  targetArns: Generated<string[]>;
  /** The target that was met and is somebody else's. */
  comparison: JSONColumnType<TargetConflict> | null;
  leaseOpenedAt: Date | null;
  leaseClosedAt: Date | null;
  /** Signed bytes of the order to undo a finished migration. */
  undoOrder: string | null;
  undoSignature: string | null;
  undoKeyId: string | null;
  /** The signed receipt, as JSON text. */
  receipt: string | null;
  createdAt: Date;
  startedAt: Date | null;
  finishedAt: Date | null;
}

export interface JournalTable {
  seq: Generated<number>;
  migrationId: string;
  fence: number;
  step: string;
  detail: JSONColumnType<Readonly<Record<string, unknown>>>;
  at: Generated<Date>;
}

export interface FinishedStatementTable {
  statementId: string;
  migrationId: string;
  mountAccessor: string;
  path: string;
  vaultVersion: number | null;
  previousStatementId: string | null;
  bytes: string;
  signature: string;
  keyId: string;
}

export interface MoveAgainTable {
  statementId: string;
  bytes: string;
  signature: string;
  keyId: string;
  allowedAt: Date;
}

export interface DriftWatchTable {
  requestId: string;
  lookedAt: Date;
  offeredVersion: number | null;
}
