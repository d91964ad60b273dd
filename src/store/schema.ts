import type { ColumnType, Generated, GeneratedAlways, JSONColumnType } from "kysely";

/** The tables of `migrations/`, in camel case. Dates are timestamptz; a `JSONColumnType` is written as JSON text. */
export interface Tables {
  mount: MountTable;
  entry: EntryTable;
  crawl: CrawlTable;
  metadataSuggestion: MetadataSuggestionTable;
  metadataConfirmation: MetadataConfirmationTable;
  tagOverflow: TagOverflowTable;
  request: RequestTable;
  decision: DecisionTable;
  statement: StatementTable;
  migration: MigrationTable;
  journal: JournalTable;
  finishedStatement: FinishedStatementTable;
  moveAgain: MoveAgainTable;
  driftWatch: DriftWatchTable;
  fence: FenceTable;
  control: ControlTable;
  gateAsk: GateAskTable;
  supportCase: SupportCaseTable;
  supportRelay: SupportRelayTable;
  wave: WaveTable;
  waveBatch: WaveBatchTable;
  waveItem: WaveItemTable;
  waveException: WaveExceptionTable;
  waveLook: WaveLookTable;
  intakeMessage: IntakeMessageTable;
  poisonedMessage: PoisonedMessageTable;
  card: CardTable;
  outbox: OutboxTable;
  inbox: InboxTable;
  auditEvent: AuditEventTable;
  auditCheckpoint: AuditCheckpointTable;
}

export type Engine = "kv-v1" | "kv-v2" | (string & {});

export interface MountTable {
  namespace: string;
  path: string;
  accessor: string;
  engine: Engine;
  seenAt: Date;
}

export interface EntryVersion {
  readonly version: number;
  readonly createdTime: string;
  readonly deletionTime: string | null;
  readonly isDestroyed: boolean;
}

export interface EntryTable {
  id: Generated<number>;
  namespace: string;
  mount: string;
  mountAccessor: string;
  engine: Engine;
  path: string;
  /** KV v2 only. */
  currentVersion: number | null;
  versions: JSONColumnType<readonly EntryVersion[]>;
  customMetadata: JSONColumnType<Readonly<Record<string, string>>>;
  /** null: the engine does not tell without reading (KV v1), or the version is deleted. */
  keyNames: JSONColumnType<readonly string[]> | null;
  vaultCreatedAt: Date | null;
  vaultUpdatedAt: Date | null;
  seenAt: Date;
  /** Set when a later crawl no longer found it. */
  goneAt: Date | null;
  /** `mount/path` as people type it, with the namespace in front where there is one. */
  fullPath: GeneratedAlways<string>;
  /** Equal for names that look alike; "" where the crawl has not set it. */
  lookKey: Generated<string>;
}

export interface CrawlTable {
  id: Generated<number>;
  startedAt: Date;
  finishedAt: Date | null;
  entryCount: ColumnType<number, number | undefined, number>;
  unreadable: JSONColumnType<readonly { readonly path: string; readonly reason: string }[]>;
}

export interface MetadataSuggestionTable {
  entryId: number;
  field: string;
  value: string;
  source: string;
  evidence: string;
  confidence: number;
  suggestedAt: Date;
}

export interface MetadataConfirmationTable {
  entryId: number;
  field: string;
  value: string;
  confirmedBy: string;
  confirmedAt: Date;
}

export type RequestStatus =
  | "waiting"
  | "approved"
  | "migrating"
  | "migrated"
  | "failed"
  | "undone"
  | "rejected"
  | "expired"
  | "withdrawn";

/** One visible difference between two content versions of a request, in people's words. */
export interface ContentChange {
  readonly field: string;
  readonly from: string;
  readonly to: string;
}

export interface TagOverflowTable {
  entryId: number;
  /** How many entries the rules chose. */
  total: number;
  leftOut: JSONColumnType<readonly { key: string; reason: string; value: string | null }[]>;
  notedAt: Date;
}

export interface RequestTable {
  id: string;
  envelopeId: string;
  version: Generated<number>;
  status: RequestStatus;
  entryId: number;
  requester: string;
  /** The producer's signed bytes: canonical JSON of an `Envelope`, whose `content` is the `RequestContent`. */
  content: string;
  /** The targets that the content names, so that no two requests for one name meet: see src/approvals/target-places.ts. */
  places: string[];
  signature: string;
  keyId: string;
  /** The version of the secret that the card shows; null for KV v1. */
  vaultVersion: number | null;
  changes: JSONColumnType<readonly ContentChange[]>;
  createdAt: Date;
  changedAt: Date;
  expiresAt: Date;
}

export interface DecisionTable {
  id: Generated<number>;
  requestId: string;
  requestVersion: number;
  verdict: "approve" | "reject";
  decidedBy: string;
  reason: string | null;
  decidedAt: Date;
}

export interface StatementTable {
  id: string;
  requestId: string;
  requestVersion: number;
  bytes: string;
  signature: string;
  keyId: string;
  signedAt: Date;
}

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

export interface FenceTable {
  id: number;
  number: number;
  holder: string | null;
  deadline: Date | null;
  adminAccessor: string | null;
}

export interface ControlTable {
  id: number;
  isPaused: boolean;
  changedBy: string | null;
  reason: string | null;
  changedAt: Date | null;
}

export interface GateAskTable {
  id: string;
  kind: "open" | "write";
  migrationId: string;
  fence: number;
  askedAt: Generated<Date>;
  answeredAt: Date | null;
  refusalCode: string | null;
  refusalText: string | null;
  closedAt: Date | null;
}

export interface SupportCaseTable {
  id: string;
  entryId: number | null;
  requestId: string | null;
  topic: string;
  openedBy: string;
  openedAt: Date;
  status: "open" | "claimed" | "resolved";
  version: Generated<number>;
  claimedBy: string | null;
  resolvedBy: string | null;
  changedAt: Date;
}

export interface SupportRelayTable {
  caseId: string;
  messageTs: string;
  direction: "to-requester" | "to-thread";
  relayedAt: Date;
}

export type WavePhase = "draft" | "open" | "running" | "paused" | "done" | "dropped" | "expired" | "ending" | "ended";

export interface WaveTable {
  name: string;
  requester: string;
  createdBy: string;
  reason: string;
  selection: string;
  state: WavePhase;
  itemsDigest: string;
  confirmation: string | null;
  confirmationSignature: string | null;
  confirmationKeyId: string | null;
  stopAfter: number;
  pauseReason: string | null;
  endedBy: string | null;
  endReason: string | null;
  nextAllowed: Generated<number>;
  startedAt: Date | null;
  drawnAt: Date | null;
  drawnAs: string | null;
  createdAt: Date;
  changedAt: Date;
}

/** ended: everything in it is moved, failed, or went its own way. */
export type BatchPhase =
  | "planned"
  | "asking"
  | "waiting"
  | "approving"
  | "rejecting"
  | "approved"
  | "ended"
  | "rejected"
  | "expired"
  | "dropped";

export interface WaveBatchTable {
  wave: string;
  number: number;
  version: Generated<number>;
  state: BatchPhase;
  sampleSeed: string | null;
  decidedBy: string | null;
  decidedAt: Date | null;
  reason: string | null;
  decision: string | null;
  decisionSignature: string | null;
  decisionKeyId: string | null;
  askedAt: Date | null;
  changedAt: Date;
}

export interface WaveItemTable {
  envelopeId: string;
  wave: string;
  batch: number;
  position: number;
  entryId: number;
  content: string;
  notes: JSONColumnType<readonly string[]>;
  sentAt: Date | null;
  requestId: string | null;
  requestVersion: Generated<number>;
  leftCode: string | null;
  leftText: string | null;
  leftAt: Date | null;
}

export interface WaveExceptionTable {
  id: Generated<number>;
  wave: string;
  place: string;
  name: string;
  code: string;
  reason: string;
  nextStep: string;
}

export interface WaveLookTable {
  wave: string;
  batch: number;
  batchVersion: number;
  by: string;
  page: number;
  at: Date;
}

export interface IntakeMessageTable {
  envelopeId: string;
  kind: string;
  producer: string;
  requestId: string | null;
  refusalCode: string | null;
  refusalText: string | null;
  receivedAt: Date;
}

export interface PoisonedMessageTable {
  messageId: string;
  reason: string;
  sizeBytes: number;
  foundAt: Date;
  redrivenAt: Date | null;
}

export interface CardTable {
  id: Generated<number>;
  subject: string;
  kind: string;
  channel: string;
  ts: string;
}

export interface OutboxTable {
  id: Generated<number>;
  kind: string;
  subject: string;
  detail: JSONColumnType<Readonly<Record<string, unknown>>>;
  dedupeKey: string | null;
  createdAt: Generated<Date>;
  dueAt: Generated<Date>;
  deliveredAt: Date | null;
  attempts: Generated<number>;
  lastError: string | null;
}

export interface InboxTable {
  id: string;
  kind: string;
  actor: string;
  receivedAt: Date;
}

export interface AuditEventTable {
  seq: number;
  at: Date;
  kind: string;
  actor: string;
  subject: string;
  content: string;
  previousHash: string;
  hash: string;
}

export interface AuditCheckpointTable {
  seq: number;
  hash: string;
  keyId: string;
  signature: string;
  signedAt: Date;
}
