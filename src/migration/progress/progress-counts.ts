import { LANES, type Lane } from "../lanes/lane.ts";

/** How far a secret has come, in order. */
export const PROGRESS_STATES = [
  "found",
  "identified",
  "asked",
  "approved",
  "moving",
  "moved",
  "cleaned",
  "failed",
  "stopped",
] as const;
export type ProgressState = (typeof PROGRESS_STATES)[number];

/** What is counted apart. */
export const DIMENSIONS = ["team", "namespace", "type", "mount"] as const;
export type Dimension = (typeof DIMENSIONS)[number];

export type StateCounts = Readonly<Record<ProgressState, number>>;

/** Secrets of one team, one type, …, by lane and state. */
export interface GroupCounts {
  /** "" where it is not known; the root of the namespaces. */
  readonly name: string;
  readonly byLane: Readonly<Record<Lane, StateCounts>>;
  /** Found since the lanes were judged last. */
  readonly unjudged: StateCounts;
}

export interface CountRow {
  readonly lane: Lane | null;
  readonly state: ProgressState;
  readonly count: number;
}

/** @param rows Of one group; a pair of lane and state may come several times. */
export function groupCounts(name: string, rows: readonly CountRow[]): GroupCounts {
  const byLane = Object.fromEntries(LANES.map((lane) => [lane, zeros()])) as Record<Lane, ReturnType<typeof zeros>>;
  const unjudged = zeros();
  for (const { lane, state, count } of rows) (lane === null ? unjudged : byLane[lane])[state] += count;
  return { name, byLane, unjudged };
}

const zeros = () => Object.fromEntries(PROGRESS_STATES.map((state) => [state, 0])) as Record<ProgressState, number>;

export const laneCount = ({ byLane }: GroupCounts, lane: Lane): number => sumOf(byLane[lane]);

export const stateCount = ({ byLane, unjudged }: GroupCounts, state: ProgressState): number =>
  LANES.reduce((sum, lane) => sum + byLane[lane][state], unjudged[state]);

export const totalOf = (group: GroupCounts): number =>
  LANES.reduce((sum, lane) => sum + laneCount(group, lane), sumOf(group.unjudged));

/** Where the value is in AWS, whether or not Vault still has it. */
export const movedOf = (group: GroupCounts): number => stateCount(group, "moved") + stateCount(group, "cleaned");

const sumOf = (counts: StateCounts): number => PROGRESS_STATES.reduce((sum, state) => sum + counts[state], 0);

/** "4.9 %"; what is there and rounds to nothing is "under 0.1 %", and what is not whole is never "100 %". */
export function percent(part: number, whole: number): string {
  if (whole === 0 || part === 0) return "0 %";
  if (part === whole) return "100 %";
  const share = (part / whole) * 100;
  if (share < 0.1) return "under 0.1 %";
  return `${Math.min(99.9, share).toFixed(1)} %`;
}
