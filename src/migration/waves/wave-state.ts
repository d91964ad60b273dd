import type { BatchPhase, WavePhase } from "../../store/tables/waves.ts";
import type { ItemCounts } from "./item-states.ts";

/** All that a card or a terminal shows of a wave, read from our tables. */
export interface WaveState {
  readonly name: string;
  readonly requester: string;
  readonly createdBy: string;
  readonly reason: string;
  readonly selection: string;
  readonly state: WavePhase;
  readonly pauseReason: string | null;
  readonly endedBy: string | null;
  readonly endReason: string | null;
  readonly stopAfter: number;
  readonly createdAt: Date;
  readonly startedAt: Date | null;
  readonly counts: ItemCounts;
  readonly itemCount: number;
  readonly batches: readonly BatchState[];
  /** What the selection named and could not take in, and what left a batch since. */
  readonly exceptionCount: number;
  /** Of a draft: a few of its items, drawn at random. */
  readonly examples: readonly WaveExample[];
  /** The newest failures, up to twenty. */
  readonly failures: readonly WaveFailure[];
  /** Measured, from one end to the next; null: nothing is measured yet. */
  readonly secondsEach: number | null;
  /** When what is approved is moved. null: nothing is left of it, or no pace is measured. */
  readonly approvedUntil: Date | null;
  /** The same for everything, should the approvals come in time. */
  readonly allUntil: Date | null;
  /** An operator has paused all moves. */
  readonly isAllPaused: boolean;
  /** What waits for whom, one sentence each. Never empty. */
  readonly waits: readonly string[];
}

export interface BatchState {
  readonly number: number;
  readonly version: number;
  readonly state: BatchPhase;
  readonly decidedBy: string | null;
  readonly decidedAt: Date | null;
  readonly reason: string | null;
  readonly counts: ItemCounts;
  readonly itemCount: number;
}

export interface WaveExample {
  /** `mount/path`, exactly. */
  readonly name: string;
  readonly targetName: string;
  readonly notes: readonly string[];
}

export interface WaveFailure {
  readonly requestId: string;
  /** `mount/path`, exactly. */
  readonly name: string;
  readonly causeCode: string;
  readonly causeText: string;
  readonly nextStep: string;
}
