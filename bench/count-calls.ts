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

export interface TimedCall {
  readonly vendor: Vendor;
  /** Method and path, or the statement. Never a body or a parameter. */
  readonly name: string;
  /** Milliseconds since the measuring began. */
  readonly startMs: number;
  /** NaN if it did not end in time. */
  endMs: number;
}

export interface Measured {
  readonly totalMs: number;
  readonly use: Readonly<Record<Vendor, VendorUse>>;
  /** In the order of their starts. */
  readonly calls: readonly TimedCall[];
}

export interface CallCounter {
  /** Runs `work` and says what it cost: all traffic of this process meanwhile. */
  measure(work: () => Promise<void>): Promise<Measured>;
  stop(): void;
}

/** Node's own channels: all of it goes by node:http. */
const [HTTP_START, ...HTTP_ENDS] = [
  "http.client.request.start",
  "http.client.response.finish",
  "http.client.request.error",
] as const;

/** Counts and times every call of this process to the three vendors, from outside of the code that makes them. */
export function countCalls(): CallCounter {
  let calls: TimedCall[] = [];
  let since = 0;
  const running = new WeakMap<object, TimedCall>();
  const begin = (key: object, vendor: Vendor, name: string): void => {
    const call = { vendor, name, startMs: performance.now() - since, endMs: Number.NaN };
    calls.push(call);
    running.set(key, call);
  };
  const end = (key: object): void => {
    const call = running.get(key);
    if (call) call.endMs = performance.now() - since;
  };
  const stops = [
    onRequest(HTTP_START, (request) => begin(request, vendorOf(request), `${request.method} ${request.path}`)),
    ...HTTP_ENDS.map((channel) => onRequest(channel, end)),
  ];
  stops.push(wrapQuery((query, text) => begin(query, "postgres", text), end));
  return {
    async measure(work) {
      calls = [];
      since = performance.now();
      await work();
      const totalMs = performance.now() - since;
      const use = { vault: useOf("vault", calls), aws: useOf("aws", calls), postgres: useOf("postgres", calls) };
      return { totalMs, use, calls };
    },
    stop() {
      for (const stop of stops) stop();
    },
  };
}

/** `calls` are sorted by their start. */
function useOf(vendor: Vendor, calls: readonly TimedCall[]): VendorUse {
  const own = calls.filter((call) => call.vendor === vendor);
  let [ms, doneUntil] = [0, 0];
  for (const { startMs, endMs } of own) {
    if (endMs > doneUntil) {
      ms += endMs - Math.max(startMs, doneUntil);
      doneUntil = endMs;
    }
  }
  return { calls: own.length, ms };
}

/** Vault's calls alone begin like this; what is left is AWS's. */
const vendorOf = ({ path }: HttpRequest): Vendor => (path.startsWith("/v1/") ? "vault" : "aws");

type HttpRequest = { readonly method: string; readonly path: string };

function onRequest(channel: string, listener: (request: HttpRequest) => void): () => void {
  const onMessage = (message: unknown): void => listener((message as { request: HttpRequest }).request);
  subscribe(channel, onMessage);
  return () => {
    unsubscribe(channel, onMessage);
  };
}

/** Postgres' client has no channel. Only the promise form is timed: Kysely and this folder use no other. */
function wrapQuery(begin: (query: object, text: string) => void, end: (query: object) => void): () => void {
  const prototype = pg.Client.prototype as unknown as { query: (...args: unknown[]) => unknown };
  const original = prototype.query;
  prototype.query = function query(this: unknown, ...args: unknown[]): unknown {
    const key = {};
    begin(key, typeof args[0] === "string" ? args[0] : "a statement");
    const answer = original.apply(this, args);
    if (answer instanceof Promise)
      answer.then(
        () => end(key),
        () => end(key),
      );
    return answer;
  };
  return () => {
    prototype.query = original;
  };
}
