import { randomUUID } from "node:crypto";
import { chmod, rm } from "node:fs/promises";
import { createServer, type Server, type Socket } from "node:net";
import type { LogPlace, Stretch, UsageLog } from "../../catalog/usage/usage-log.ts";
import { codeOf } from "../../errors.ts";
import type { LineReading } from "./audit-line.ts";
import { lineSplitter } from "./split-lines.ts";
import { stretchCounter } from "./stretch-counter.ts";

/** Where Vault's socket device connects to: a TCP port or a Unix socket. */
export type SocketPlace = { readonly host: string; readonly port: number } | { readonly path: string };

export interface AuditSocketDeps {
  readonly log: UsageLog;
  readonly readLine: (text: string) => LineReading;
  warn(fact: { readonly code: string }, words: string): void;
  readonly everyMs?: number;
  /** More rows than that don't wait in memory: further lines are dropped, and counted as dropped. */
  readonly rowsMax?: number;
}

export interface AuditSocket {
  /** The port that was taken, of a place with port 0. */
  readonly port: number | null;
  /** Writes what was heard, and hangs up. */
  close(): Promise<void>;
}

const EVERY_MS = 1_000;
const ROWS_MAX = 50_000;
const CONNECTIONS_MAX = 64;

/**
 * Listens to Vault's `socket` audit device. Vault waits for its audit devices, so a line is never left lying in the
 * connection: where Postgres is slower than Vault, or away, lines are counted in memory, and dropped beyond a bound.
 * @throws Error With a code of the system's: the place is taken, or not ours to take.
 */
export async function listenForAudit(deps: AuditSocketDeps, place: SocketPlace): Promise<AuditSocket> {
  const hearings = new Set<{ socket: Socket; ended: Promise<void> }>();
  const server = createServer((socket) => {
    const hearing = { socket, ended: hear(deps, socket, nameOf(place)) };
    hearings.add(hearing);
    void hearing.ended.finally(() => hearings.delete(hearing));
  });
  server.maxConnections = CONNECTIONS_MAX;
  if ("path" in place) await rm(place.path, { force: true }); // left by a killed run
  await listen(server, place);
  if ("path" in place) await chmod(place.path, 0o660); // Vault runs as somebody else: by the folder's group
  const address = server.address();
  return {
    port: typeof address === "object" ? (address?.port ?? null) : null,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const { socket } of hearings) socket.destroy();
      await Promise.all([...hearings].map(({ ended }) => ended));
      await closed;
    },
  };
}

const nameOf = (place: SocketPlace): string => ("path" in place ? place.path : `${place.host}:${place.port}`);

function listen(server: Server, place: SocketPlace): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen("path" in place ? { path: place.path } : { ...place, exclusive: true }, () => {
      server.off("error", reject);
      server.on("error", () => {});
      resolve();
    });
  });
}

/** Counts one connection until it ends, a log of its own. */
async function hear(deps: AuditSocketDeps, socket: Socket, name: string): Promise<void> {
  const { readLine, everyMs = EVERY_MS, rowsMax = ROWS_MAX } = deps;
  const counter = stretchCounter(readLine);
  const splitter = lineSplitter({
    line: (buffer, start, end) =>
      counter.size() < rowsMax ? counter.line(buffer, start, end) : counter.drop(end - start),
    overlong: counter.overlong,
  });
  socket.on("data", (chunk) => splitter.push(chunk)); // never paused
  socket.on("error", () => {}); // "close" follows
  const isClosed = new Promise<true>((resolve) => socket.once("close", () => resolve(true)));
  const writer = stretchWriter(deps, name);
  for (let isOver = false; !isOver; ) {
    isOver = await Promise.race([isClosed, pause(everyMs)]);
    if (!writer.isWaiting() && counter.lineCount() > 0) writer.take(counter.take());
    await writer.write();
  }
  if (counter.lineCount() > 0 && !writer.isWaiting()) {
    writer.take(counter.take());
    await writer.write();
  }
}

function pause(ms: number): Promise<false> {
  return new Promise((resolve) => {
    setTimeout(() => resolve(false), ms).unref();
  });
}

/** Holds one stretch until Postgres has taken it. */
function stretchWriter({ log, warn }: AuditSocketDeps, name: string) {
  const fingerprint = `socket:${randomUUID()}`;
  let place: LogPlace | null = null;
  let waiting: Stretch | null = null;
  return {
    isWaiting: () => waiting !== null,
    take(stretch: Stretch) {
      waiting = stretch;
    },
    async write(): Promise<void> {
      if (waiting === null) return;
      try {
        place ??= await log.open({ kind: "socket", fingerprint, name });
        // null: an earlier try got through after all, although its answer was lost. Nobody else has this log.
        const next = (await log.record(place, waiting)) ?? (await log.open({ kind: "socket", fingerprint, name }));
        [place, waiting] = [next, null];
      } catch (error) {
        warn({ code: codeOf(error) }, "what Vault's audit socket said is not written yet");
      }
    },
  };
}
