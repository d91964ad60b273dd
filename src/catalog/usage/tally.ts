import type { Client, Use } from "./use.ts";

interface Counts {
  reads: number;
  writes: number;
  lastReadMs: number;
  lastWriteMs: number;
}
interface DayTally {
  /** Since the epoch, of UTC. */
  readonly day: number;
  reads: number;
  writes: number;
}
interface ClientTally extends Counts {
  readonly client: Client;
}
export interface PathTally extends Counts {
  readonly namespace: string;
  readonly mount: string;
  readonly path: string;
  readonly days: DayTally[];
  readonly clients: ClientTally[];
}

/** Uses of one stretch of a log, added up in memory: what they take depends on paths and clients, not on lines. */
export interface Tally {
  readonly paths: readonly PathTally[];
  /** How many rows it will write: the measure of its size. */
  size(): number;
  add(use: Use): void;
}

export const MS_PER_DAY = 24 * 60 * 60 * 1_000;
const NEVER = 0;
/** With more clients than that a path gets a map of them. Nearly all have a few, and a map for each would cost most. */
const SCANNED_AT_MOST = 8;

export function newTally(): Tally {
  const paths: PathTally[] = [];
  const byMount = new Map<string, Map<string, PathTally>>();
  const manyClients = new Map<PathTally, Map<Client, ClientTally>>();
  const sameClient = clientKeeper();
  let rows = 0;
  const pathOf = ({ namespace, mount, path }: Use): PathTally => {
    const place = namespace === "" ? mount : `${namespace}\n${mount}`; // no name holds a line break
    let ofMount = byMount.get(place);
    if (ofMount === undefined) {
      ofMount = new Map();
      byMount.set(place, ofMount);
    }
    let found = ofMount.get(path);
    if (found === undefined) {
      found = {
        namespace,
        mount,
        path,
        reads: 0,
        writes: 0,
        lastReadMs: NEVER,
        lastWriteMs: NEVER,
        days: [],
        clients: [],
      };
      ofMount.set(path, found);
      paths.push(found);
      rows += 1;
    }
    return found;
  };
  const dayOf = ({ days }: PathTally, day: number): DayTally => {
    for (let at = days.length - 1; at >= 0; at--) {
      const known = days[at];
      if (known?.day === day) return known; // nearly always the last one
    }
    const fresh = { day, reads: 0, writes: 0 };
    days.push(fresh);
    rows += 1;
    return fresh;
  };
  const clientOf = (path: PathTally, client: Client): ClientTally => {
    const { clients } = path;
    const many = clients.length > SCANNED_AT_MOST ? mapOf(manyClients, path) : null;
    const known = many ? many.get(client) : clients.find((each) => each.client === client);
    if (known !== undefined) return known;
    const fresh = { client, reads: 0, writes: 0, lastReadMs: NEVER, lastWriteMs: NEVER };
    clients.push(fresh);
    many?.set(client, fresh);
    rows += 1;
    return fresh;
  };
  return {
    paths,
    size: () => rows,
    add(use) {
      const path = pathOf(use);
      const day = dayOf(path, Math.floor(use.atMs / MS_PER_DAY));
      if (use.kind === "read") day.reads += 1;
      else day.writes += 1;
      count(path, use);
      count(clientOf(path, sameClient(use.client)), use);
    },
  };
}

function mapOf(maps: Map<PathTally, Map<Client, ClientTally>>, path: PathTally): Map<Client, ClientTally> {
  const known = maps.get(path);
  if (known !== undefined) return known;
  const fresh = new Map(path.clients.map((each) => [each.client, each]));
  maps.set(path, fresh);
  return fresh;
}

function count(counts: Counts, { kind, atMs }: Use): void {
  if (kind === "read") {
    counts.reads += 1;
    if (atMs > counts.lastReadMs) counts.lastReadMs = atMs;
  } else {
    counts.writes += 1;
    if (atMs > counts.lastWriteMs) counts.lastWriteMs = atMs;
  }
}

/** One object for each client, so that they can be told apart by it. */
function clientKeeper(): (client: Client) => Client {
  const byName = new Map<string, Client>();
  return (client) => {
    const key = `${client.entityId}\n${client.role}\n${client.displayName}\n${client.address}`;
    const known = byName.get(key);
    if (known !== undefined) return known;
    byName.set(key, client);
    return client;
  };
}
