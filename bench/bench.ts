import type { BenchServers } from "./open-servers.ts";

/** What one run of a bench is given. */
export interface BenchRun {
  readonly servers: BenchServers;
  /** Migrations, or secrets that a crawl finds. */
  readonly items: number;
  /** How many go before the timed ones: they compile the code and open the connections, for a worker is a process that stays. */
  readonly warmUp: number;
  /** How many secrets the catalogue holds, where the bench has one. */
  readonly entries: number;
  /** Print every call of one migration as well. */
  readonly showCalls: boolean;
  /** Tells a person how far it is. */
  say(line: string): void;
}

/** What it saw: `figures` as one JSON object, `lines` for people. */
export interface BenchResult {
  readonly figures: { readonly ratio: number } & Readonly<Record<string, unknown>>;
  readonly lines: readonly string[];
}

export interface Bench {
  readonly what: string;
  readonly items: number;
  run(run: BenchRun): Promise<BenchResult>;
}
