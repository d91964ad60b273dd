import type { TargetConflict } from "../store/tables/migrations.ts";
import type { FoundConflict } from "./choose-write.ts";
import { compareKeys, type ValueComparison } from "./compare-keys.ts";
import { TargetNotOursError } from "./engine-errors.ts";
import { showKeys, showTags } from "./foreign-names.ts";
import type { LaidTarget } from "./laid-target.ts";
import type { MigrationRun } from "./migration-run.ts";
import { TargetError, TargetTombstonedError } from "./target-errors.ts";
import { currentOf } from "./write-list.ts";

/**
 * Stores what a person needs to decide: adopt, rename or stop. Names of keys, tags and ids only; nothing is written to AWS.
 * @throws {TargetNotOursError} {TargetTombstonedError} Always: the move ends here.
 */
export async function noteConflict(
  run: MigrationRun,
  conflicts: readonly [FoundConflict, ...FoundConflict[]],
  laid: readonly LaidTarget[],
): Promise<never> {
  const [first, ...others] = conflicts;
  const { state, ref, hasChanged } = first;
  const isTombstone = state.deletionDate !== null;
  const comparison: TargetConflict = {
    targetName: ref.name,
    arn: state.arn,
    versionId: state.currentVersionId,
    tags: showTags(state.tags),
    isTombstone,
    ...(await compare(run, first, laid)),
    others: others.map(({ ref: { name } }) => name),
  };
  await run.journal.commit({ step: "target.compared", changes: { comparison: JSON.stringify(comparison) } });
  run.deps.trace?.("target.compared");
  if (isTombstone) throw new TargetTombstonedError({ operation: "DescribeSecret", target: ref });
  throw new TargetNotOursError(hasChanged);
}

/** Where AWS lets us read it. What is scheduled for deletion can't be read by anybody. */
async function compare(
  { deps }: MigrationRun,
  { ref, state: { currentVersionId, deletionDate } }: FoundConflict,
  laid: readonly LaidTarget[],
): Promise<ValueComparison | Pick<TargetConflict, "whole" | "keys">> {
  const unreadable = { whole: "unreadable", keys: null } as const;
  const ours = laid.find((target) => target.ref.name === ref.name);
  if (!ours || currentVersionId === null || deletionDate !== null) return unreadable;
  const theirs = await deps.target.read(ref, currentVersionId).catch((error: unknown) => {
    if (error instanceof TargetError && !error.retryable) return null;
    throw error;
  });
  if (theirs === null) return unreadable;
  const compared = compareKeys(deps.digestKey, currentOf(ours).value, theirs);
  return compared.keys === null ? compared : { whole: null, keys: showKeys(compared.keys) };
}
