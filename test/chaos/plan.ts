import type { AwsFaultKind } from "../../dev/aws/strict-front/start-front.ts";
import { type Random, seededRandom, seedFor } from "../../dev/seed/random.ts";
import type { VaultFaultKind } from "../../dev/vault/fault-front.ts";

/** One thing that is done to a run, from the moment in which it holds the fence. Times count from there. */
export type Strike =
  /** The worker sends itself the signal right after its so-many-th outside effect. */
  | { readonly on: "worker"; readonly signal: "SIGKILL" | "SIGSTOP"; readonly atPoint: number; readonly wakeMs: number }
  /** The signal comes from outside, wherever the worker is then. */
  | { readonly on: "worker"; readonly signal: "SIGKILL" | "SIGSTOP"; readonly afterMs: number; readonly wakeMs: number }
  | { readonly on: "gate"; readonly afterMs: number; readonly backMs: number }
  | {
      readonly on: "vault";
      readonly kind: VaultFaultKind;
      readonly nth: number;
      readonly times: number;
      readonly retryAfterSeconds?: number;
    }
  | { readonly on: "aws"; readonly kind: AwsFaultKind; readonly nth: number; readonly times: number }
  /** Every connection of the worker and the gate to Postgres is ended. */
  | { readonly on: "postgres"; readonly afterMs: number }
  | { readonly on: "pause"; readonly afterMs: number; readonly resumeMs: number };

/** How the queue is rung for an order: a doorbell may be lost, doubled, or come behind another. */
export type Ringing = "once" | "thrice" | "never" | "behind others";

/** One order of people, in turn. Each of its runs takes the next strike; the runs after the last go in peace. */
export interface Act {
  /** `move` what Vault has now; `move-next`: a newer version is put into Vault first; `undo` the move before. */
  readonly does: "move" | "move-next" | "undo";
  /** Vault's version moves between the approval and the run, so the approvers are asked again. */
  readonly isVersionMoved: boolean;
  readonly ringing: Ringing;
  readonly strikes: readonly Strike[];
}

export interface MigrationPlan {
  readonly index: number;
  readonly engine: "kv-v1" | "kv-v2";
  readonly shape: "document" | "single";
  /** `foreign`: somebody else's secret has the target's name. */
  readonly target: "free" | "foreign";
  readonly acts: readonly Act[];
}

/** What comes how often, of 100. */
const STRIKES: readonly (readonly [weight: number, make: (random: Random) => Strike])[] = [
  [16, (random) => ({ on: "worker", signal: "SIGKILL", atPoint: 1 + random.int(34), wakeMs: 0 })],
  [6, (random) => ({ on: "worker", signal: "SIGKILL", afterMs: random.int(300), wakeMs: 0 })],
  [7, (random) => ({ on: "worker", signal: "SIGSTOP", atPoint: 1 + random.int(34), wakeMs: pastDeadline(random) })],
  [3, (random) => ({ on: "worker", signal: "SIGSTOP", afterMs: random.int(300), wakeMs: pastDeadline(random) })],
  [8, (random) => ({ on: "gate", afterMs: random.int(150), backMs: random.int(3_000) })],
  [26, vaultStrike],
  [20, awsStrike],
  [8, (random) => ({ on: "postgres", afterMs: random.int(250) })],
  [6, (random) => ({ on: "pause", afterMs: random.int(250), resumeMs: 100 + random.int(1_500) })],
];

/** The fence's deadline in these runs; a stopped worker sleeps longer. */
export const FENCE_SECONDS = 2;
const pastDeadline = (random: Random): number => FENCE_SECONDS * 1_000 + random.int(3_000);

function vaultStrike(random: Random): Strike {
  const kind = random.pick<VaultFaultKind>([
    ...(["throttle", "sealed", "server-error", "precondition", "slow", "cut", "lost-answer", "access-denied"] as const),
  ]);
  const isAsked = kind === "throttle" && random.chance(50);
  return {
    ...{ on: "vault", kind, nth: 1 + random.int(18), times: timesOf(random) },
    ...(isAsked && { retryAfterSeconds: 1 }),
  };
}

function awsStrike(random: Random): Strike {
  const kind = random.pick<AwsFaultKind>(["throttle", "server-error", "slow", "cut", "lost-answer", "access-denied"]);
  return { on: "aws", kind, nth: 1 + random.int(6), times: timesOf(random) };
}

/** Mostly one call; now and then so many that no patience outlasts them. */
const timesOf = (random: Random): number => (random.chance(80) ? 1 : 2 + random.int(12));

/** The schedule of one migration: all of it follows from the two numbers. */
export function planMigration(seed: number, index: number): MigrationPlan {
  const random = seededRandom(seedFor(seed, index));
  const engine = random.chance(25) ? "kv-v1" : "kv-v2";
  const shape = random.chance(20) ? "single" : "document";
  if (random.chance(6)) return { index, engine, shape, target: "foreign", acts: [actOf(random, "move")] };
  const first = { ...actOf(random, "move"), isVersionMoved: engine === "kv-v2" && random.chance(8) };
  const acts = [first, ...(random.chance(25) ? moreActs(random, engine) : [])];
  return { index, engine, shape, target: "free", acts };
}

/** Nothing is done to it: the last of a run, which shows that everything works again. */
export function planCalm(index: number): MigrationPlan {
  const act: Act = { does: "move", isVersionMoved: false, ringing: "once", strikes: [] };
  return { index, engine: "kv-v2", shape: "document", target: "free", acts: [act] };
}

function moreActs(random: Random, engine: MigrationPlan["engine"]): Act[] {
  const ofBoth: readonly Act["does"][][] = [["undo"], ["undo", "move"]];
  const ofVersions: readonly Act["does"][][] = [["move-next"], ["move-next", "undo"]]; // KV v1 counts none
  const orders = random.pick<Act["does"][]>([["undo"], ...ofBoth, ...(engine === "kv-v2" ? ofVersions : [])]);
  return orders.map((does) => actOf(random, does));
}

function actOf(random: Random, does: Act["does"]): Act {
  const ringing = random.pick<Ringing>(["once", "once", "once", "thrice", "never", "behind others"]);
  const count = random.pick([0, 1, 1, 1, 2, 3]);
  return { does, isVersionMoved: false, ringing, strikes: Array.from({ length: count }, () => strikeOf(random)) };
}

function strikeOf(random: Random): Strike {
  let left = random.int(STRIKES.reduce((sum, [weight]) => sum + weight, 0));
  for (const [weight, make] of STRIKES) {
    left -= weight;
    if (left < 0) return make(random);
  }
  return vaultStrike(random);
}

/** For the history that is printed of a migration that failed. */
export function nameStrike(strike: Strike): string {
  const { on, ...how } = strike;
  return `${on}: ${Object.entries(how)
    .filter(([, value]) => value !== 0)
    .map(([name, value]) => `${name} ${value}`)
    .join(", ")}`;
}
