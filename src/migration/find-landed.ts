import type { TargetRef } from "../approvals/content.ts";
import { targetsOf } from "../approvals/target-places.ts";
import { InterruptedWriteError } from "./engine-errors.ts";
import type { MigrationRun } from "./migration-run.ts";
import type { PresentTarget, TargetState } from "./secret-target.ts";
import { TargetMovedOnError } from "./target-errors.ts";
import { MIGRATION_TAG, STATE_TAG } from "./target-tags.ts";
import { currentOf, PENDING_STAGE, type TargetWrite, versionIdOf } from "./write-list.ts";

/** A target of which AWS has every journaled version. */
export interface LandedTarget {
  readonly ref: TargetRef;
  readonly arn: string;
  /** AWSCURRENT is still to be moved to it, or our own label to be taken off. */
  readonly isPending: boolean;
  /** The last change of all was made: only a verified write is sealed. */
  readonly isSealed: boolean;
}

export interface Landed {
  /** null: something of the list never arrived, so the secret is read again and the rest is written. */
  readonly whole: readonly LandedTarget[] | null;
  /** Ids of the journaled versions that AWS has. */
  readonly versionIds: readonly string[];
}

/**
 * Asks AWS for every journaled version before anything is read again, so that a repeat cannot double.
 * @throws {InterruptedWriteError} Something arrived, and a crash came while it was being taken back, or it can't be compared.
 * @throws {TargetMovedOnError} Something arrived, and somebody wrote a newer version since.
 */
export async function findLanded(run: MigrationRun): Promise<Landed> {
  const { list } = run.written;
  if (list === null) return { whole: null, versionIds: [] };
  const looks = await Promise.all(
    targetsOf(run.statement).map(async (ref) => lookAt(run, ref, await run.deps.target.describe(ref))),
  );
  const versionIds = looks.flatMap((look) => look.versionIds);
  if (versionIds.length > 0 && list.digestKeyId !== run.deps.digestKey.id) throw new InterruptedWriteError();
  const whole = looks.map(({ landed }) => landed).filter((landed) => landed !== null);
  return { whole: whole.length === looks.length ? whole : null, versionIds };
}

function lookAt(
  { row, written }: MigrationRun,
  ref: TargetRef,
  state: TargetState,
): { landed: LandedTarget | null; versionIds: string[] } {
  const write = written.list?.targets.find(({ name }) => name === ref.name);
  if (!write || state.status === "absent") return { landed: null, versionIds: [] };
  const isThere = (id: string): boolean => id in state.stagesByVersion;
  const versionIds = write.versions.map(({ requestToken }) => requestToken).filter(isThere);
  const isPending = versionIds.length > 0 && assertOurs(write, state, ref);
  const isWhole = write.versions.every((version) => isThere(versionIdOf(version)));
  if (!isWhole) return { landed: null, versionIds };
  const isSealed = state.tags[STATE_TAG] === "sealed" && state.tags[MIGRATION_TAG] === row.id;
  return { landed: { ref, arn: state.arn, isPending, isSealed }, versionIds };
}

/** @returns True: AWSCURRENT is still to be moved, or our own label to be taken off. */
function assertOurs(write: TargetWrite, { stagesByVersion, ...state }: PresentTarget, ref: TargetRef): boolean {
  const current = currentOf(write);
  if (state.deletionDate !== null) throw new InterruptedWriteError();
  const stages = stagesByVersion[current.requestToken];
  // The crash may have come after the move and before our own label was taken off.
  if (state.currentVersionId === versionIdOf(current)) return stages?.includes(PENDING_STAGE) === true;
  const isBefore = state.currentVersionId === current.previousVersionId;
  if (!isBefore && stages) throw new TargetMovedOnError({ operation: "DescribeSecret", target: ref });
  if (stages && !stages.includes(PENDING_STAGE)) throw new InterruptedWriteError(); // it was current, and taken back
  return stages !== undefined;
}
