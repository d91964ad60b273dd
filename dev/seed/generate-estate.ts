import { oddities, type Place } from "./oddities.ts";
import { type Random, seededRandom, seedFor } from "./random.ts";
import { SHAPES, type Shape, type ShapeName } from "./secret-shapes.ts";
import { drawTraffic, drawTwist, type SeedLane, seedLane, type Traffic, twistedData } from "./seed-lanes.ts";

export { ODDITIES, type Place } from "./oddities.ts";

export interface SeedSecret extends Place {
  engine: "kv-v1" | "kv-v2";
  /** A type of the classifier's list. */
  type: string;
  /** JSON text of each version, oldest first; KV v1 has one. */
  versions: string[];
  customMetadata?: Record<string, string>;
  isCurrentDeleted?: boolean;
  /** Whose it is in the bank, whether or not anything says so; null of the oddities. */
  team: string | null;
  lane: SeedLane;
  traffic: Traffic;
  /** Every secret value in any of its versions, where a canary may search for it. */
  planted: string[];
}

export const MOUNTS = {
  secret: "kv-v2",
  kv: "kv-v1",
  payments: "kv-v2",
  "platform/shared": "kv-v2",
  legacy: "kv-v1",
} as const satisfies Record<string, SeedSecret["engine"]>;
export type Mount = keyof typeof MOUNTS;

/** The secret of the README and of the tour. */
export const FRIENDLY: Place = { mount: "secret", path: "payments/checkout/prod/stripe" };

export const TEAMS = [
  "payments",
  "loans",
  "cards",
  "treasury",
  "risk",
  "onboarding",
  "fraud",
  "mobile",
  "markets",
  "reporting",
] as const;
const APPS = ["checkout", "ledger", "gateway", "scoring", "statements", "portal", "batch", "limits", "pricing"];
const ENVS = ["prod", "staging", "test", "dev"];
const REGIONS = ["eu-west-2", "eu-central-1", "us-east-1"];
const THINGS = Object.keys(SHAPES) as ShapeName[];

/** What one path says; `thing` decides what lies there. */
interface Named {
  team: string;
  app: string;
  env: string;
  region: string;
  thing: ShapeName;
}
const flat = (text: string): string => text.replaceAll("-", "_").toUpperCase();

/** How each mount names its secrets: four grammars that grew side by side. */
const GRAMMARS: Record<Mount, (named: Named) => string> = {
  secret: ({ team, app, env, thing }) => `${team}/${app}/${env}/${thing}`,
  kv: ({ team, app, env, thing }) => `${team}-${app}-${env}/${thing}`,
  payments: ({ team, app, env, region, thing }) => `${region}/${team}-${app}/${env}/${thing}`,
  "platform/shared": ({ team, app, env, thing }) => `${thing}/${team}/${app}-${env}`,
  legacy: ({ team, app, env, thing }) => `${flat(team)}_${flat(app)}_${flat(env)}_${flat(thing)}`,
};
// In twenty secrets: eight, three, three, three, three.
const ROTA: readonly Mount[] = Object.entries({
  secret: 8,
  kv: 3,
  payments: 3,
  "platform/shared": 3,
  legacy: 3,
}).flatMap(([mount, share]) => Array.from({ length: share }, () => mount as Mount));

/**
 * The estate of an invented bank, one secret at a time, so that any number streams through in constant memory.
 * The same seed gives the same estate, and a larger estate begins with the smaller one.
 * @param secrets How many in all, the friendly one and the oddities included; these come first and are always there.
 */
export function* generateEstate({ secrets, seed }: { secrets: number; seed: number }): Generator<SeedSecret> {
  let index = 0;
  yield friendlySecret(seededRandom(seedFor(seed, index++)));
  for (const { mount, path, versions, type = "unknown", lane = "standard", ...rest } of oddities) {
    const random = seededRandom(seedFor(seed, index++));
    const engine = MOUNTS[mount as Mount];
    const known = { type, team: null, lane, traffic: NO_TRAFFIC };
    yield { mount, path, engine, ...known, versions: versions(random), planted: random.planted, ...rest };
  }
  const taken: Record<Mount, number> = { secret: 0, kv: 0, payments: 0, "platform/shared": 0, legacy: 0 };
  for (; index < secrets; index++) {
    const mount = ROTA[index % ROTA.length] ?? "secret";
    const named = nameNumber(taken[mount]++, seed);
    yield ordinarySecret(mount, named, seededRandom(seedFor(seed, index)), seededRandom(seedFor(~seed, index)));
  }
}

/** Every secret value of an estate, for the canary test. */
export function plantedValues(seed: number, secrets = 300): string[] {
  return [...generateEstate({ secrets, seed })].flatMap(({ planted }) => planted);
}

const NO_TRAFFIC: Traffic = { readsPerDay: 0, roles: [], addressCount: 0 };

function friendlySecret(random: Random): SeedSecret {
  const data = { api_key: random.secret(32, "sk_practice_"), webhook_secret: random.secret(32, "whsec_practice_") };
  const customMetadata = { owner: "team-payments", contact: "#payments-help" };
  const versions = [JSON.stringify(data)];
  const traffic = { readsPerDay: 40, roles: ["payments-api"], addressCount: 3 };
  const known = { type: "payment-key", team: "payments", lane: "white-glove", traffic } as const;
  return { ...FRIENDLY, engine: "kv-v2", ...known, versions, customMetadata, planted: random.planted };
}

/** The nth name of a mount: each combination once, in an order that looks shuffled, then again with app numbers. */
function nameNumber(n: number, seed: number): Named {
  const count = TEAMS.length * APPS.length * ENVS.length * THINGS.length;
  // A prime that does not divide the count walks through all of it before it repeats.
  let rest = ((n % count) * 4969 + (seed % count)) % count;
  const digit = <T>(from: readonly T[]): T => {
    const at = rest % from.length;
    rest = Math.floor(rest / from.length);
    return from[at] as T;
  };
  const [thing, team, env, app] = [digit(THINGS), digit(TEAMS), digit(ENVS), digit(APPS)];
  const round = Math.floor(n / count);
  const region = REGIONS[n % REGIONS.length] ?? "eu-west-2";
  return { team, env, thing, region, app: round > 0 ? `${app}-${round + 1}` : app };
}

/** @param life Decides lane and traffic apart from the values, so that these stay what they are. */
function ordinarySecret(mount: Mount, named: Named, random: Random, life: Random): SeedSecret {
  const { team, app, env } = named;
  const engine = MOUNTS[mount];
  const shape: Shape = SHAPES[named.thing];
  const isVersioned = engine === "kv-v2";
  const twist = drawTwist(engine, shape.type, life);
  const lane = seedLane({ twist, engine, mount, type: shape.type, app, environment: env });
  const traffic = drawTraffic({ twist, team, app }, { teams: TEAMS, apps: APPS }, life);
  const count = isVersioned && random.chance(20) ? 2 + random.int(3) : 1;
  const value = (): string => JSON.stringify({ ...shape.data(random, app, env), ...twistedData(twist, random) });
  const path = `${GRAMMARS[mount](named)}${twist === "wildcard" ? "*" : ""}`;
  const versions = Array.from({ length: count }, value);
  const known = { type: shape.type, team, lane, traffic };
  const secret = { mount, path, engine, ...known, versions, planted: random.planted };
  if (!isVersioned || !random.chance(40)) return secret;
  return { ...secret, customMetadata: { owner: `team-${team}`, contact: `#${team}-help` } };
}
