import type { Generated } from "kysely";

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
