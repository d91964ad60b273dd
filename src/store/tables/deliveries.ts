import type { Generated, JSONColumnType } from "kysely";

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
