import type { Generated, JSONColumnType } from "kysely";

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
