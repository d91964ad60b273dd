import type { Generated, JSONColumnType } from "kysely";

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
