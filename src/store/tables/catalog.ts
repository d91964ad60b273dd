import type { ColumnType, Generated, GeneratedAlways, JSONColumnType } from "kysely";

export type Engine = "kv-v1" | "kv-v2" | (string & {});

export interface MountTable {
  namespace: string;
  path: string;
  accessor: string;
  engine: Engine;
  seenAt: Date;
  /** The newest crawl that saw it. */
  seenIn: number | null;
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
  /** The newest crawl that listed it. */
  seenIn: number | null;
  /** The newest crawl that asked for its metadata, answered or not. */
  describedIn: number | null;
  /** The same for its key names. */
  keyedIn: number | null;
  /** Number and time of the version whose key names would be read; null: there is none to read. */
  versionMark: string | null;
  /** The same of the version whose key names are known. */
  keysMark: string | null;
}

export type CrawlPhase = "names" | "metadata" | "keys" | "done";
/** A count that grows while a crawl runs. */
type Count = ColumnType<number, number | undefined, number>;
/** One row for each entry that the identify pass has seen; kept up to date by the database itself. */
export interface EntryFactTable {
  entryId: number;
  /** The surest word on each field: a person's, else the surest suggestion. */
  ownerTeam: string | null;
  isOwnerConfirmed: Generated<boolean>;
  purpose: string | null;
  application: string | null;
  environment: string | null;
  classification: string | null;
  deletedAt: Date | null;
}

/** What the identify pass read of an entry. */
export interface EntryReadingTable {
  entryId: number;
  foundWords: string[];
  deletedAt: Date | null;
  inputs: string;
}

/** What else a fact is called; with the field `tag`, what a field is called as a tag of the target. */
export interface FactWordTable {
  field: string;
  value: string;
  words: string[];
}

/** Every word by which an entry may be found. */
export interface SearchWordTable {
  word: string;
  /** A misspelt word may be read as this one. */
  isSpellable: Generated<boolean>;
}

export interface CrawlTable {
  id: Generated<number>;
  startedAt: Date;
  finishedAt: Date | null;
  /** When it last wrote something. */
  reportedAt: ColumnType<Date, Date | undefined, Date>;
  phase: ColumnType<CrawlPhase, CrawlPhase | undefined, CrawlPhase>;
  isNamesOnly: ColumnType<boolean, boolean | undefined, boolean>;
  isFull: ColumnType<boolean, boolean | undefined, boolean>;
  mountCount: Count;
  entryCount: Count;
  newCount: Count;
  changedCount: Count;
  goneCount: Count;
  describedCount: Count;
  keyedCount: Count;
}

/** A folder that a crawl knows and has not listed yet. */
export interface CrawlFolderTable {
  crawlId: number;
  namespace: string;
  mount: string;
  folder: string;
}

export type UnreadableKind = "namespace" | "mount" | "folder" | "metadata" | "keys" | "name";

/** What a crawl could not see. */
export interface UnreadableBranchTable {
  crawlId: number;
  kind: UnreadableKind;
  namespace: string;
  mount: string;
  /** A folder; for the kind name, the name as it may be shown. */
  branch: string;
  /** As it would stand in a policy: "`list` on `secret/metadata/team-a/`". */
  missingRight: string | null;
  reason: string;
  secretCount: Count;
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

export interface OwnerContradictionTable {
  id: Generated<number>;
  entryId: number;
  team: string;
  kind: "not-ours" | "ours-too";
  saidBy: string;
  saidAt: Date;
  settledAt: Date | null;
  settledBy: string | null;
}
