import type { Generated } from "kysely";

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
