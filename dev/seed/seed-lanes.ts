import type { Random } from "./random.ts";

export type SeedLane = "standard" | "complex" | "white-glove";

/** Who reads a secret of the invented bank, and how often. */
export interface Traffic {
  /** On a day, by all readers together; a fraction where it is read less than daily, 0 where nobody does. */
  readonly readsPerDay: number;
  /** Vault roles, the heaviest reader first: it makes at least half of the reads. */
  readonly roles: readonly string[];
  /** Different addresses, of all roles together. */
  readonly addressCount: number;
}

/** What makes a secret need more than a request and a yes. Most have none. */
export type Twist = "hot" | "many-clients" | "several-teams" | "file" | "many-keys" | "wildcard";

/** The practice rules of the lanes are set between what is usual here and what is not. */
export const HOT_READS_PER_DAY = { usual: 12, hotFrom: 80 } as const;
const MANY_KEYS = 24;

/** In a hundred; the rest is plain. What KV v1 does not tell (key names) can't make anybody's lane. */
const TWISTS = {
  "kv-v2": { hot: 1, "many-clients": 1, "several-teams": 1, file: 6, "many-keys": 5 },
  "kv-v1": { hot: 1, "many-clients": 1, "several-teams": 1, wildcard: 10 },
} as const;

export function drawTwist(engine: "kv-v1" | "kv-v2", type: string, random: Random): Twist | null {
  let left = random.int(100);
  for (const [twist, percent] of Object.entries(TWISTS[engine])) {
    // A wallet among mere settings would make them a secret.
    if (left < percent) return twist === "file" && type === "config-not-secret" ? null : (twist as Twist);
    left -= percent;
  }
  return null;
}

/** Keys that a twist adds to a secret's value, beside those of its type. */
export function twistedData(twist: Twist | null, random: Random): Record<string, unknown> {
  if (twist === "file") return { "wallet.zip": random.base64(200) };
  if (twist !== "many-keys") return {};
  const number = (index: number): string => String(index + 1).padStart(2, "0");
  return Object.fromEntries(Array.from({ length: MANY_KEYS }, (_, at) => [`route_${number(at)}_prefix`, `/v${at}`]));
}

const SENSITIVE_TYPES = new Set(["payment-key", "signing-or-encryption-key"]);

/** The lane that a secret's own name, keys and traffic lead to. White-glove beats complex. */
export function seedLane(secret: {
  readonly twist: Twist | null;
  readonly engine: string;
  readonly mount: string;
  readonly type: string;
  readonly app: string;
  readonly environment: string;
}): SeedLane {
  const { twist, engine, mount, type, app, environment } = secret;
  if (mount === "legacy" && app.startsWith("batch")) return "complex"; // by a rule over its path, whatever else is so
  if (twist === "hot" || twist === "many-clients" || twist === "several-teams") return "white-glove";
  if (environment === "prod" && SENSITIVE_TYPES.has(type)) return "white-glove";
  if (twist !== null) return "complex";
  return type === "mixed-bundle" && engine === "kv-v2" ? "complex" : "standard";
}

/** Of a role of another engine: what Vault rotates needs people at one moment, and nothing of it is a copy. */
export const roleLane = (path: string): SeedLane => (path.startsWith("static-") ? "white-glove" : "complex");

/** Few are hot, many are read now and then, one in five by nobody. */
export function drawTraffic(
  { twist, team, app }: { twist: Twist | null; team: string; app: string },
  { teams, apps }: { teams: readonly string[]; apps: readonly string[] },
  random: Random,
): Traffic {
  const own = `${team}-${app}`;
  if (twist === "hot") {
    return { readsPerDay: HOT_READS_PER_DAY.hotFrom + random.int(120), roles: [own], addressCount: 3 + random.int(4) };
  }
  if (twist === "many-clients") {
    const roles = [own, ...apps.map((other) => `${team}-${other}`).filter((other) => other !== own)];
    return { readsPerDay: HOT_READS_PER_DAY.usual, roles, addressCount: roles.length };
  }
  if (twist === "several-teams") {
    const others = teams.filter((other) => other !== team).slice(0, 3);
    const roles = [own, ...others.map((other) => `${other}-${app}`)];
    return { readsPerDay: HOT_READS_PER_DAY.usual, roles, addressCount: roles.length };
  }
  const share = random.int(100);
  if (share < 20) return { readsPerDay: 0, roles: [], addressCount: 0 };
  const roles = random.chance(15) ? [own, `${team}-portal`].filter((role, at) => at === 0 || role !== own) : [own];
  const addressCount = Math.max(roles.length, 1 + random.int(3));
  if (share < 85) return { readsPerDay: 0.2 + random.int(10) / 10, roles, addressCount };
  return { readsPerDay: 2 + random.int(HOT_READS_PER_DAY.usual - 2), roles, addressCount };
}
