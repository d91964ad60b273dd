import type { RequestSource, TargetRef } from "../../src/approvals/content.ts";
import type { Act, MigrationPlan } from "./plan.ts";
import type { ExpectedTarget } from "./targets.ts";

/** One secret of the schedule on its way. */
export interface Item {
  readonly plan: MigrationPlan;
  readonly source: RequestSource;
  readonly target: TargetRef;
  /** The planted value of each Vault version, the newest last. */
  readonly values: string[];
  readonly requestIds: string[];
  /** Acts that have ended. */
  actsEnded: number;
  /** Strikes of this act that were carried out. */
  struck: number;
  retries: number;
  /** What AWS must hold once this act has ended, for each target, and what it held before the move that an undo takes back. */
  expected: readonly ExpectedTarget[];
  before: readonly ExpectedTarget[];
  /** The version that somebody else put into the target that they made, where one of the names is theirs. */
  theirVersionId: string | null;
  isSettled: boolean;
  /** When something last moved, for those that hang. */
  movedAt: number;
  lastSeen: string;
  readonly history: string[];
  /** Why it did not end as it must; the judge counts it as lost. */
  stuck: string | null;
}

export const actOf = ({ plan, actsEnded }: Item): Act | undefined => plan.acts[actsEnded];

const startedAt = performance.now();

/** Notes what was done to an item or what it did, with the seconds since the start. */
export function note(item: Item, what: string): void {
  item.movedAt = performance.now();
  item.history.push(`${((item.movedAt - startedAt) / 1_000).toFixed(2).padStart(8)} s  ${what}`);
}
