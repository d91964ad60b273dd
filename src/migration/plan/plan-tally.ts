import { formatPath } from "../../catalog/secret-path.ts";
import { LANES, type Lane } from "../lanes/lane.ts";
import { type PlanReason, type PlanRow, VERDICTS, type Verdict } from "./plan-row.ts";

/** Secrets by verdict. */
export type VerdictCounts = Readonly<Record<Verdict, number>>;

export interface MountCount {
  /** With the namespace in front where there is one. */
  readonly mount: string;
  readonly engine: string;
  readonly byVerdict: VerdictCounts;
}

export interface ReasonCount {
  readonly code: string;
  readonly effect: PlanReason["effect"];
  /** Secrets with this reason. */
  readonly count: number;
  /** Of those, the secrets whose verdict is this reason's effect. A note never makes a verdict. */
  readonly decisive: number;
  /** The first few of the decisive, exactly as Vault has them. */
  readonly examples: readonly string[];
}

/** Mounts of other engines are listed with the number of their roles, and neither is counted as a secret. */
export interface PlanCounts {
  readonly secretCount: number;
  readonly byVerdict: VerdictCounts;
  readonly byLane: Readonly<Record<Lane, VerdictCounts>>;
  /** By name. */
  readonly byMount: readonly MountCount[];
  /** The most frequent first. */
  readonly reasons: readonly ReasonCount[];
  readonly otherEngines: readonly EngineCount[];
}

export interface EngineCount {
  /** With the namespace in front where there is one. */
  readonly mount: string;
  readonly engine: string;
  /** Roles that the crawl has seen and that are still there. */
  readonly roleCount: number;
}

const EXAMPLES = 3;

type Tally = Record<Verdict, number>;
interface ReasonTally {
  readonly code: string;
  readonly effect: PlanReason["effect"];
  count: number;
  decisive: number;
  readonly examples: string[];
}

/** Counts rows one by one; it grows with mounts and reasons, not with secrets. */
export function planTally(): { add(row: PlanRow): void; counts(): PlanCounts } {
  const byVerdict = zeros();
  const byLane = Object.fromEntries(LANES.map((lane) => [lane, zeros()])) as Record<Lane, Tally>;
  const byMount = new Map<string, { mount: string; engine: string; byVerdict: Tally }>();
  const reasons = new Map<string, ReasonTally>();
  const otherEngines: Omit<EngineCount, "roleCount">[] = [];
  const roleCounts = new Map<string, number>();
  let secretCount = 0;

  const addReason = (row: PlanRow, { code, effect }: PlanReason): void => {
    const tally = getOrAdd(reasons, `${effect} ${code}`, () => ({ code, effect, count: 0, decisive: 0, examples: [] }));
    tally.count += 1;
    if (row.verdict !== effect) return;
    tally.decisive += 1;
    if (tally.examples.length < EXAMPLES) tally.examples.push(formatPath(row));
  };
  return {
    add(row) {
      const mount = formatPath({ ...row, path: "" });
      if (row.kind === "mount") {
        otherEngines.push({ mount, engine: row.engine });
        return;
      }
      if (row.kind === "role") {
        if (row.reasons.every(({ code }) => code !== "SECRET_GONE"))
          roleCounts.set(mount, (roleCounts.get(mount) ?? 0) + 1);
        return;
      }
      secretCount += 1;
      byVerdict[row.verdict] += 1;
      byLane[row.lane][row.verdict] += 1;
      const { engine } = row;
      getOrAdd(byMount, `${mount} ${engine}`, () => ({ mount, engine, byVerdict: zeros() })).byVerdict[row.verdict] +=
        1;
      for (const reason of row.reasons) addReason(row, reason);
    },
    counts: () => ({
      secretCount,
      byVerdict,
      byLane,
      byMount: [...byMount.values()].toSorted((a, b) => (a.mount < b.mount ? -1 : 1)),
      reasons: [...reasons.values()].toSorted((a, b) => b.count - a.count || (a.code < b.code ? -1 : 1)),
      otherEngines: otherEngines.map((engine) => ({ ...engine, roleCount: roleCounts.get(engine.mount) ?? 0 })),
    }),
  };
}

function zeros(): Tally {
  return Object.fromEntries(VERDICTS.map((verdict) => [verdict, 0])) as Tally;
}

function getOrAdd<T>(map: Map<string, T>, key: string, make: () => T): T {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}
