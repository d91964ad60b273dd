import type { ColumnType, Generated } from "kysely";

export interface UsageSourceTable {
  id: Generated<number>;
  kind: "file" | "socket";
  /** Of a file: the SHA-256 of its first line. Of a socket: of its own for each connection. */
  fingerprint: string;
  name: string;
  /** Whole lines, uncompressed. */
  readBytes: Generated<number>;
  lastLineHash: string | null;
  lastLineBytes: number | null;
  lineCount: Generated<number>;
  countedCount: Generated<number>;
  malformedCount: Generated<number>;
  overlongCount: Generated<number>;
  /** Lines of a socket that came faster than they could be counted. */
  droppedCount: Generated<number>;
  firstAt: Date | null;
  lastAt: Date | null;
  changedAt: Date;
}

export interface UsagePathTable {
  id: Generated<number>;
  namespace: string;
  mount: string;
  path: string;
  lastReadAt: Date | null;
  lastWriteAt: Date | null;
}

/** "" where the log does not tell. */
export interface UsageClientTable {
  id: Generated<number>;
  entityId: string;
  role: string;
  displayName: string;
  address: string;
}

export interface UsageDayTable {
  pathId: number;
  /** A day of UTC, as `2026-11-23`. */
  day: ColumnType<Date, string, string>;
  reads: number;
  writes: number;
}

export interface UsageByClientTable {
  pathId: number;
  clientId: number;
  reads: number;
  writes: number;
  lastReadAt: Date | null;
  lastWriteAt: Date | null;
}

export interface StragglerToldTable {
  requestId: string;
  reader: string;
  toldAt: Date;
}
