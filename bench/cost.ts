import { type Measured, VENDORS, type Vendor } from "./count-calls.ts";

/** Medians over several runs. */
export interface Cost {
  readonly ms: number;
  /** Without the time in which AWS was waited for. */
  readonly msWithoutAws: number;
  readonly msByVendor: Readonly<Record<Vendor, number>>;
  /** Requests, for Postgres statements: each is a round trip. */
  readonly callsByVendor: Readonly<Record<Vendor, number>>;
}

export function costOf(runs: readonly Measured[]): Cost {
  const over = (pick: (run: Measured) => number): number => median(runs.map(pick));
  const byVendor = (pick: (run: Measured, vendor: Vendor) => number): Record<Vendor, number> => ({
    vault: over((run) => pick(run, "vault")),
    aws: over((run) => pick(run, "aws")),
    postgres: over((run) => pick(run, "postgres")),
  });
  return {
    ms: over(({ totalMs }) => totalMs),
    msWithoutAws: over(({ totalMs, use }) => totalMs - use.aws.ms),
    msByVendor: byVendor(({ use }, vendor) => use[vendor].ms),
    callsByVendor: byVendor(({ use }, vendor) => use[vendor].calls),
  };
}

/** How many times `floor` `cost` is, with and without AWS. */
export function ratiosOf(cost: Cost, floor: Cost): { ratio: number; ratioWithoutAws: number } {
  return { ratio: cost.ms / floor.ms, ratioWithoutAws: cost.msWithoutAws / floor.msWithoutAws };
}

/** A table of costs for people, and the two ratios below it. */
export function costLines(costs: Readonly<Record<string, Cost>>, ratios: ReturnType<typeof ratiosOf>): string[] {
  const title = ["", "all", ...VENDORS, "calls (vault, aws, postgres)"];
  const rows = Object.entries(costs).map(([name, { ms, msByVendor, callsByVendor }]) => [
    name,
    ...[ms, ...VENDORS.map((vendor) => msByVendor[vendor])].map((each) => `${each.toFixed(1)} ms`),
    VENDORS.map((vendor) => callsByVendor[vendor]).join(", "),
  ]);
  const lines = [title, ...rows].map(
    ([name = "", ...cells]) => name.padEnd(8) + cells.map((cell) => cell.padStart(10)).join(" "),
  );
  return [...lines, `ratio ${ratios.ratio.toFixed(3)}, without AWS ${ratios.ratioWithoutAws.toFixed(3)}`];
}

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}
