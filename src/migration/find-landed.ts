import { InterruptedWriteError } from "./engine-errors.ts";
import type { MigrationRow } from "./load-order.ts";
import type { MigrationRun, WrittenVersion } from "./migration-run.ts";
import { TargetMovedOnError } from "./target-errors.ts";
import { MIGRATION_TAG, STATE_TAG } from "./target-tags.ts";

export interface Landed {
  readonly version: WrittenVersion;
  readonly arn: string;
  /** The last change of all was made: only a verified write is sealed. */
  readonly isSealed: boolean;
}

/** The write that an earlier process journaled before AWS heard of it, or null. */
export function journaledWrite(row: MigrationRow): WrittenVersion | null {
  const { requestToken, digest, writeKind: kind, previousVersionId } = row;
  if (requestToken === null || digest === null || kind === null) return null;
  return { requestToken, digest, kind, previousVersionId };
}

/**
 * Asks AWS for the journaled version before anything is read again, so that a repeat cannot double.
 * @returns null: it never arrived, so it is written again.
 * @throws {InterruptedWriteError} It arrived, and a crash came while it was being taken back, or it can't be compared.
 * @throws {TargetMovedOnError} It arrived, and somebody wrote a newer version since.
 */
export async function findLanded({ deps, row, statement, written }: MigrationRun): Promise<Landed | null> {
  const { version } = written;
  if (version === null) return null;
  const state = await deps.target.describe(statement.target);
  if (state.status === "absent" || !(version.requestToken in state.stagesByVersion)) return null;
  const isCurrent = state.currentVersionId === version.requestToken;
  const isTakenBack =
    state.deletionDate !== null || (!isCurrent && state.currentVersionId === version.previousVersionId);
  if (isTakenBack || row.digestKeyId !== deps.digestKey.id) throw new InterruptedWriteError();
  if (!isCurrent) throw new TargetMovedOnError({ operation: "DescribeSecret", target: statement.target });
  return {
    version,
    arn: state.arn,
    isSealed: state.tags[STATE_TAG] === "sealed" && state.tags[MIGRATION_TAG] === row.id,
  };
}
