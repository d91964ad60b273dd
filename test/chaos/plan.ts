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
  /**
   * `move` what Vault has now; `move-next`: a newer version is put into Vault first; `move-same`: one with the same value;
   * `undo` the move before.
   */
  readonly does: "move" | "move-next" | "move-same" | "undo";
  /** Vault's version moves between the approval and the run, so the approvers are asked again. */
  readonly isVersionMoved: boolean;
  readonly ringing: Ringing;
  readonly strikes: readonly Strike[];
}

export interface MigrationPlan {
  readonly index: number;
  readonly engine: "kv-v1" | "kv-v2";
  readonly shape: "document" | "single" | "bytes" | "split";
  /** How many versions Vault has at the start, and how many older ones each move takes along. */
  readonly versions: number;
  readonly olderVersions: number;
  /** `foreign`: somebody else's secret has the target's name; or had it, and it is scheduled for deletion. */
  readonly target: "free" | "foreign" | "foreign tombstone";
  /** Somebody else's holds the very value that is to be moved. */
  readonly hasEqualValue: boolean;
  /** People take it over once the move has met it. */
  readonly isTakenOver: boolean;
  readonly acts: readonly Act[];
}

/** Outside effects and calls to AWS that a run may come to. */
interface Reach {
  readonly points: number;
  readonly awsCalls: number;
}
const ONE_WRITE: Reach = { points: 34, awsCalls: 6 };
const SEVERAL_WRITES: Reach = { points: 60, awsCalls: 20 };

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
    ...(["throttle", "sealed", "server-error", "precondition", "slow", "cut", "lost-answer", "access-denied"] as const),
  ]);
  const isAsked = kind === "throttle" && random.chance(50);
  return {
    ...{ on: "vault", kind, nth: 1 + random.int(18), times: timesOf(random) },
    ...(isAsked && { retryAfterSeconds: 1 }),
  };
}

function awsStrike(random: Random, { awsCalls }: Reach): Strike {
  const kind = random.pick<AwsFaultKind>(["throttle", "server-error", "slow", "cut", "lost-answer", "access-denied"]);
  return { on: "aws", kind, nth: 1 + random.int(awsCalls), times: timesOf(random) };
}

/** Mostly one call; now and then so many that no patience outlasts them. */
const timesOf = (random: Random): number => (random.chance(80) ? 1 : 2 + random.int(12));

/** The schedule of one migration: all of it follows from the two numbers. */
export function planMigration(seed: number, index: number): MigrationPlan {
  const random = seededRandom(seedFor(seed, index));
  const engine = random.chance(25) ? "kv-v1" : "kv-v2";
  const shape = random.pick<MigrationPlan["shape"]>([...DOCUMENTS, "single", "bytes", "split", "split"]);
  const olderVersions = engine === "kv-v2" && random.chance(25) ? 1 + random.int(3) : 0;
  const versions = olderVersions === 0 ? 1 : 1 + random.int(olderVersions + 1); // Vault may have fewer than are asked for
  const whose = planTarget(random, shape);
  const isPlain = shape !== "split" && olderVersions === 0 && whose.target === "free";
  const reach = isPlain ? ONE_WRITE : SEVERAL_WRITES;
  const first = { ...actOf(random, "move", reach), isVersionMoved: engine === "kv-v2" && random.chance(8) };
  const hasMore = (whose.target === "free" || whose.isTakenOver) && random.chance(isPlain ? 25 : 60);
  const acts = [first, ...(hasMore ? moreActs(random, engine, reach) : [])];
  return { index, engine, shape, versions, olderVersions, ...whose, acts };
}

const DOCUMENTS = ["document", "document", "document", "document"] as const;

function planTarget(
  random: Random,
  shape: MigrationPlan["shape"],
): Pick<MigrationPlan, "target" | "hasEqualValue" | "isTakenOver"> {
  if (!random.chance(20)) return FREE;
  const target = random.chance(40) ? "foreign tombstone" : "foreign";
  // Only of a bare value do we know each character that is written.
  const hasEqualValue = (shape === "single" || shape === "bytes") && random.chance(40);
  return { target, hasEqualValue, isTakenOver: random.chance(70) };
}

const FREE = { target: "free", hasEqualValue: false, isTakenOver: false } as const;

/** Nothing is done to it: the last of a run, which shows that everything works again. */
export function planCalm(index: number): MigrationPlan {
  const act: Act = { does: "move", isVersionMoved: false, ringing: "once", strikes: [] };
  return { index, engine: "kv-v2", shape: "document", versions: 1, olderVersions: 0, ...FREE, acts: [act] };
}

type MoreActs = readonly Act["does"][];

function moreActs(random: Random, engine: MigrationPlan["engine"], reach: Reach): Act[] {
  const orders =
    engine === "kv-v1" // which counts no versions
      ? random.pick<MoreActs>([["undo"], ["undo", "move"]])
      : random.pick<MoreActs>([
          ...([["undo"], ["undo"], ["undo", "move"], ["move-next"], ["move-next", "undo"]] as const),
          ...([["move-same"], ["move-same", "undo"]] as const),
        ]);
  return orders.map((does) => actOf(random, does, reach));
}

function actOf(random: Random, does: Act["does"], reach: Reach): Act {
  const ringing = random.pick<Ringing>(["once", "once", "once", "thrice", "never", "behind others"]);
  const count = random.pick([0, 1, 1, 1, 2, 3]);
  return {
    does,
    isVersionMoved: false,
    ringing,
    strikes: Array.from({ length: count }, () => strikeOf(random, reach)),
  };
}

function strikeOf(random: Random, reach: Reach): Strike {
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
