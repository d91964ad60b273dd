import type { ColumnType, Generated, GeneratedAlways, JSONColumnType } from "kysely";

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
