import type { AwsFaultKind } from "../../dev/aws/strict-front/start-front.ts";
import type { Random } from "../../dev/seed/random.ts";
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

/** Outside effects and calls to AWS that a run may come to. */
export interface Reach {
  readonly points: number;
  readonly awsCalls: number;
}

/** What comes how often, of 100. */
const STRIKES: readonly (readonly [weight: number, make: (random: Random, reach: Reach) => Strike])[] = [
  [16, (random, { points }) => ({ on: "worker", signal: "SIGKILL", atPoint: 1 + random.int(points), wakeMs: 0 })],
  [6, (random) => ({ on: "worker", signal: "SIGKILL", afterMs: random.int(300), wakeMs: 0 })],
  [
    7,
    (random, { points }) => ({
      on: "worker",
      signal: "SIGSTOP",
      atPoint: 1 + random.int(points),
      wakeMs: pastDeadline(random),
    }),
  ],
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
    ...(["throttle", "sealed", "server-error", "precondition", "slow"] as const),
    ...(["cut", "lost-answer", "half-answer", "access-denied"] as const),
  ]);
  const isAsked = kind === "throttle" && random.chance(50);
  return {
    ...{ on: "vault", kind, nth: 1 + random.int(18), times: timesOf(random) },
    ...(isAsked && { retryAfterSeconds: 1 }),
  };
}

function awsStrike(random: Random, { awsCalls }: Reach): Strike {
  const kind = random.pick<AwsFaultKind>([
    ...(["throttle", "server-error", "slow", "cut", "lost-answer", "half-answer", "access-denied"] as const),
  ]);
  return { on: "aws", kind, nth: 1 + random.int(awsCalls), times: timesOf(random) };
}

/** Mostly one call; now and then so many that no patience outlasts them. */
const timesOf = (random: Random): number => (random.chance(80) ? 1 : 2 + random.int(12));

export function pickStrike(random: Random, reach: Reach): Strike {
  let left = random.int(STRIKES.reduce((sum, [weight]) => sum + weight, 0));
  for (const [weight, make] of STRIKES) {
    left -= weight;
    if (left < 0) return make(random, reach);
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
