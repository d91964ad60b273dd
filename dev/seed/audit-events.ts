import type { SeedSecret } from "./generate-estate.ts";
import { seededRandom, seedFor } from "./random.ts";

const DAY_MS = 24 * 60 * 60 * 1_000;

export interface AuditEvent {
  readonly atMs: number;
  readonly secret: Pick<SeedSecret, "mount" | "path" | "engine" | "versions">;
  readonly operation: "read" | "update";
  readonly role: string;
  readonly address: string;
}

export interface PastOrder {
  readonly secrets: readonly Pick<SeedSecret, "mount" | "path" | "engine" | "versions" | "team" | "traffic">[];
  readonly seed: number;
  readonly days: number;
  /** Where the past ends. */
  readonly until: Date;
}

/**
 * What the bank's applications did in the days before `until`, in the order of time, one day in memory: reads by each
 * secret's own traffic, and now and then a write by its team's deployment. The same for the same seed and `until`.
 */
export function* pastEvents({ secrets, seed, days, until }: PastOrder): Generator<AuditEvent> {
  for (let day = 0; day < days; day++) {
    const beginMs = until.getTime() - (days - day) * DAY_MS;
    const events: AuditEvent[] = [];
    for (const [index, secret] of secrets.entries()) {
      const random = seededRandom(seedFor(seed ^ 0x5eed, index * days + day));
      const { readsPerDay, roles, addressCount } = secret.traffic;
      const whole = Math.floor(readsPerDay);
      const reads = whole + (random.int(1_000) < (readsPerDay - whole) * 1_000 ? 1 : 0);
      for (let read = 0; read < reads; read++) {
        // The first role makes at least half of the reads; addresses come in turn, so that all are seen.
        const turn = day * Math.max(1, whole) + read;
        const place = roles.length === 1 || turn % 2 === 0 ? 0 : 1 + (Math.floor(turn / 2) % (roles.length - 1));
        const role = roles[place] ?? "somebody";
        const own = Math.max(1, Math.floor((addressCount - place + roles.length - 1) / roles.length));
        const address = addressOf(role, (place + roles.length * (Math.floor(turn / 2) % own)) % 200);
        events.push({ atMs: beginMs + random.int(DAY_MS), secret, operation: "read", role, address });
      }
      if (reads > 0 && random.int(40) === 0) {
        const role = `${secret.team ?? "platform"}-deploy`;
        events.push({
          atMs: beginMs + random.int(DAY_MS),
          secret,
          operation: "update",
          role,
          address: addressOf(role, 0),
        });
      }
    }
    yield* events.sort((a, b) => a.atMs - b.atMs);
  }
}

/** In a network for documentation and benchmarks, so that nobody's own is named. */
function addressOf(role: string, number: number): string {
  const host = [...role].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) >>> 0, 7);
  return `198.${18 + (host % 2)}.${(host >>> 3) % 250}.${1 + number}`;
}
