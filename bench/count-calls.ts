import { subscribe, unsubscribe } from "node:diagnostics_channel";
import pg from "pg";

export const VENDORS = ["vault", "aws", "postgres"] as const;
export type Vendor = (typeof VENDORS)[number];

export interface VendorUse {
  /** Requests, or for Postgres statements: round trips in both cases. */
  readonly calls: number;
  /** Time in which at least one call to this vendor was under way: calls side by side count once. */
  readonly ms: number;
}

export interface Measured {
  readonly totalMs: number;
  readonly use: Readonly<Record<Vendor, VendorUse>>;
  /** What was called, in order, for `--calls`. Never a body. */
  readonly calls: readonly string[];
}

export interface CallCounter {
  /** Runs `work` and says what it cost: all traffic of this process meanwhile. */
  measure(work: () => Promise<void>): Promise<Measured>;
  stop(): void;
}

/** Node's own channels: Vault is called by fetch, AWS by the SDK over node:http. */
const HTTP_CHANNELS = [
  ["vault", "undici:request:create", ["undici:request:trailers", "undici:request:error"]],
  ["aws", "http.client.request.start", ["http.client.response.finish", "http.client.request.error"]],
] as const;

/** Counts and times every call of this process to the three vendors, from outside of the code that makes them. */
export function countCalls(): CallCounter {
  const stopwatches = { vault: openStopwatch(), aws: openStopwatch(), postgres: openStopwatch() };
  const calls: string[] = [];
  const begin = (vendor: Vendor, name: string): void => {
    stopwatches[vendor].begin();
    calls.push(`${vendor} ${name}`);
  };
  const stops = HTTP_CHANNELS.flatMap(([vendor, start, ends]) => [
    listen(start, (message) => begin(vendor, callName(message))),
    ...ends.map((end) => listen(end, () => stopwatches[vendor].end())),
  ]);
  stops.push(wrapQuery((text) => begin("postgres", text), stopwatches.postgres.end));
  return {
    async measure(work) {
      for (const vendor of VENDORS) stopwatches[vendor].reset();
      calls.length = 0;
      const since = performance.now();
      await work();
      const totalMs = performance.now() - since;
      const { vault, aws, postgres } = stopwatches;
      return { totalMs, use: { vault: vault.use(), aws: aws.use(), postgres: postgres.use() }, calls: [...calls] };
    },
    stop() {
      for (const stop of stops) stop();
    },
  };
}

function listen(channel: string, onMessage: (message: unknown) => void): () => void {
  subscribe(channel, onMessage);
  return () => {
    unsubscribe(channel, onMessage);
  };
}

function callName(message: unknown): string {
  const { request } = message as { request: { method: string; path: string } };
  return `${request.method} ${request.path}`;
}

/** Postgres' client has no channel. Only the promise form is timed: Kysely and this folder use no other. */
function wrapQuery(begin: (text: string) => void, end: () => void): () => void {
  const prototype = pg.Client.prototype as unknown as { query: (...args: unknown[]) => unknown };
  const original = prototype.query;
  prototype.query = function query(this: unknown, ...args: unknown[]): unknown {
    const answer = original.apply(this, args);
    if (!(answer instanceof Promise)) return answer;
    begin(typeof args[0] === "string" ? args[0] : "");
    answer.then(end, end);
    return answer;
  };
  return () => {
    prototype.query = original;
  };
}

function openStopwatch() {
  let [calls, ms, running, since] = [0, 0, 0, 0];
  return {
    begin() {
      calls++;
      if (running++ === 0) since = performance.now();
    },
    end() {
      if (running > 0 && --running === 0) ms += performance.now() - since;
    },
    reset() {
      [calls, ms, running] = [0, 0, 0];
    },
    use: (): VendorUse => ({ calls, ms }),
  };
}
