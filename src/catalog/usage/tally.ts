import type { Client, Use } from "./use.ts";

interface Counts {
  reads: number;
  writes: number;
  lastReadMs: number;
  lastWriteMs: number;
}
export interface PathTally extends Counts {
  readonly namespace: string;
  readonly mount: string;
  readonly path: string;
  /** By days since the epoch, of UTC. */
  readonly days: Map<number, { reads: number; writes: number }>;
  readonly byClient: Map<Client, Counts>;
}

/** Uses of one stretch of a log, added up in memory: what they take depends on paths and clients, not on lines. */
export interface Tally {
  readonly paths: ReadonlyMap<string, PathTally>;
  /** How many rows it will write, about: the measure of its size. */
  size(): number;
  add(use: Use): void;
}

export const MS_PER_DAY = 24 * 60 * 60 * 1_000;
const NEVER = 0;

export function newTally(): Tally {
  const paths = new Map<string, PathTally>();
  const clients = new Map<string, Client>();
  let rows = 0;
  const pathOf = ({ namespace, mount, path }: Use): PathTally => {
    const key = `${namespace}\n${mount}\n${path}`; // no name holds a line break: Vault refuses control characters
    const known = paths.get(key);
    if (known !== undefined) return known;
    const fresh = { namespace, mount, path, ...noCounts(), days: new Map(), byClient: new Map() };
    paths.set(key, fresh);
    rows += 1;
    return fresh;
  };
  return {
    paths,
    size: () => rows,
    add(use) {
      const path = pathOf(use);
      const client = sameClient(clients, use.client);
      const day = Math.floor(use.atMs / MS_PER_DAY);
      let ofDay = path.days.get(day);
      if (ofDay === undefined) {
        ofDay = { reads: 0, writes: 0 };
        path.days.set(day, ofDay);
        rows += 1;
      }
      let ofClient = path.byClient.get(client);
      if (ofClient === undefined) {
        ofClient = noCounts();
        path.byClient.set(client, ofClient);
        rows += 1;
      }
      if (use.kind === "read") ofDay.reads += 1;
      else ofDay.writes += 1;
      count(path, use);
      count(ofClient, use);
    },
  };
}

const noCounts = (): Counts => ({ reads: 0, writes: 0, lastReadMs: NEVER, lastWriteMs: NEVER });

function count(counts: Counts, { kind, atMs }: Use): void {
  if (kind === "read") {
    counts.reads += 1;
    if (atMs > counts.lastReadMs) counts.lastReadMs = atMs;
  } else {
    counts.writes += 1;
    if (atMs > counts.lastWriteMs) counts.lastWriteMs = atMs;
  }
}

/** One object for each client, so that maps can be keyed by it. */
function sameClient(clients: Map<string, Client>, client: Client): Client {
  const key = `${client.entityId}\n${client.role}\n${client.displayName}\n${client.address}`;
  const known = clients.get(key);
  if (known !== undefined) return known;
  clients.set(key, client);
  return client;
}
