import type { ChosenWrite } from "./choose-write.ts";
import { InterruptedWriteError } from "./engine-errors.ts";
import type { LaidTarget } from "./laid-target.ts";
import type { ReadValue } from "./lend-and-read.ts";
import type { MigrationRun } from "./migration-run.ts";
import { digestValue, requestTokenFor } from "./value-digest.ts";
import type { TargetWrite, VersionWrite, WriteList } from "./write-list.ts";

export interface ChosenTarget {
  readonly laid: LaidTarget;
  readonly choice: ChosenWrite;
}

/** What will be written, so that it can be journaled before AWS hears of it. */
export function planWrites(
  { deps, row }: Pick<MigrationRun, "deps" | "row">,
  targets: readonly ChosenTarget[],
  skipped: ReadValue["skipped"],
): WriteList {
  return {
    v: 1,
    migrationId: row.id,
    digestKeyId: deps.digestKey.id,
    targets: targets.map(({ laid, choice: { before, isAdopted, previousVersionId } }) => ({
      name: laid.ref.name,
      arn: before?.arn ?? null,
      before,
      isAdopted,
      versions: laid.versions.map(({ stage, vaultVersion, value }): VersionWrite => {
        const digest = digestValue(deps.digestKey, value.secret);
        const requestToken = requestTokenFor(row.id, stage, `${value.form} ${digest}`);
        const previous = previousVersionId(stage);
        return {
          stage,
          vaultVersion,
          requestToken,
          digest,
          form: value.form,
          previousVersionId: previous,
          isKept: false,
        };
      }),
      replicas: [],
    })),
    skipped: [...skipped],
    isVerified: false,
  };
}

/**
 * A crash left a part of the list in AWS, and the secret changed before it was read again: that part belongs to a value
 * that is no longer moved.
 * @param landed Ids of the journaled versions that AWS has.
 * @throws {InterruptedWriteError} All of it is taken back.
 */
export function assertSameValue(planned: WriteList, landed: readonly string[]): void {
  const tokens = new Set(planned.targets.flatMap(({ versions }) => versions.map(({ requestToken }) => requestToken)));
  if (landed.some((token) => !tokens.has(token))) throw new InterruptedWriteError();
}

/** The same list with one target's writes as they went. */
export function withTarget(list: WriteList, written: TargetWrite): WriteList {
  return { ...list, targets: list.targets.map((target) => (target.name === written.name ? written : target)) };
}
