import type { Generated, JSONColumnType } from "kysely";

export interface StoredLaneReason {
  readonly code: string;
  readonly lane: "complex" | "white-glove";
  readonly text: string;
  readonly nextStep: string;
  readonly stops: boolean;
}

export interface EntryLaneTable {
  entryId: number;
  lane: "standard" | "complex" | "white-glove";
  reasons: JSONColumnType<readonly StoredLaneReason[]>;
  type: string | null;
  team: string | null;
}

export interface LaneJudgementTable {
  isLatest: Generated<true>;
  judgedAt: Date;
  entryCount: number;
  tookMs: number;
  evidenceFrom: Date | null;
  evidenceTo: Date | null;
}
