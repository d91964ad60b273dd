import type { Findings } from "./findings.ts";
import type { ProcessCounts } from "./processes.ts";
import type { StrikeCounts } from "./strikes.ts";

/** What `--json` prints. No value is in it. */
export interface ChaosFigures extends ProcessCounts, StrikeCounts {
  readonly seed: number;
  readonly migrations: number;
  /** `done`: the right values are there; `undone`: all is as before; `refused`: the target was somebody else's, and still is. */
  readonly ends: Readonly<Record<"done" | "undone" | "refused" | "stuck", number>>;
  /** Turns of a worker with the fence in its hand. */
  readonly runs: number;
  readonly retries: number;
  /** The engine stopped the whole run, and an operator resumed it. */
  readonly engineStops: number;
  readonly seconds: number;
  readonly counts: Readonly<Record<keyof Findings, number>>;
  readonly findings: Findings;
  /** Of each migration with a finding. */
  readonly histories: readonly { readonly index: number; readonly plan: string; readonly history: readonly string[] }[];
}

export function hasFindings({ counts, crashes }: ChaosFigures): boolean {
  return crashes > 0 || Object.values(counts).some((count) => count > 0);
}

export function tableOf(figures: ChaosFigures): string {
  const { seed, migrations, ends, runs, retries, seconds, counts, findings, histories } = figures;
  const rows: [string, string | number][] = [
    ["seed", seed],
    ["migrations", migrations],
    ["  done", ends.done],
    ["  undone", ends.undone],
    ["  refused, the target was somebody else's", ends.refused],
    ["  stuck", ends.stuck],
    ["runs", runs],
    ["retries and take-overs by people", retries],
    ["stops by the engine, resumed", figures.engineStops],
    ["workers killed", figures.kills],
    ["workers stopped past the deadline", figures.stops],
    ["gates killed", figures.gateKills],
    ["faults of Vault", figures.vaultFaults],
    ["faults of AWS", figures.awsFaults],
    ["cuts of Postgres", figures.postgresCuts],
    ["pauses", figures.pauses],
    ["processes that ended by themselves", figures.crashes],
    ["seconds", seconds],
    ["", ""],
    ["leftover", counts.leftover],
    ["lost", counts.lost],
    ["doubled", counts.doubled],
    ["leaked", counts.leaked],
  ];
  const lines = rows.map(([what, figure]) => `${what.padEnd(44)}${figure}`);
  for (const [kind, found] of Object.entries(findings) as [string, string[]][]) {
    for (const finding of found) lines.push(`${kind}: ${finding}`);
  }
  for (const { index, plan, history } of histories) {
    lines.push("", `What was done to migration ${index} (--seed ${seed} --only ${index}): ${plan}`, ...history);
  }
  return lines.join("\n");
}
