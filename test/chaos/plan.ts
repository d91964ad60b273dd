import { type Random, seededRandom, seedFor } from "../../dev/seed/random.ts";
import { pickStrike, type Reach, type Strike } from "./pick-strike.ts";

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

const ONE_WRITE: Reach = { points: 34, awsCalls: 6 };
const SEVERAL_WRITES: Reach = { points: 60, awsCalls: 20 };

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
    strikes: Array.from({ length: count }, () => pickStrike(random, reach)),
  };
}
