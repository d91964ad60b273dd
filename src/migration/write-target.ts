import type { TargetRef } from "../approvals/content.ts";
import type { LaidTarget, LaidVersion } from "./laid-target.ts";
import type { MigrationRun } from "./migration-run.ts";
import type { TargetValue } from "./secret-target.ts";
import { TargetAccessDeniedError, TargetKeyError, TargetNotFoundError, TargetRefusedError } from "./target-errors.ts";
import { INSTALLATION_TAG, MIGRATION_TAG, REQUEST_TAG, STATE_TAG } from "./target-tags.ts";
import { CURRENT_STAGE, currentOf, PENDING_STAGE, type TargetWrite, type VersionWrite } from "./write-list.ts";

/**
 * Writes one target as it was journaled. Safe to repeat.
 * @returns The writes with the ARN, and which versions were kept because they held the same value.
 */
export async function writeTarget(run: MigrationRun, laid: LaidTarget, write: TargetWrite): Promise<TargetWrite> {
  return write.before === null ? createTarget(run, laid, write) : addToTarget(run, laid, write, write.before);
}

/** The current version comes first: nobody may ever read an older one as current. */
async function createTarget(run: MigrationRun, laid: LaidTarget, write: TargetWrite): Promise<TargetWrite> {
  const { target } = run.deps;
  const { settings } = run.statement;
  const { requestToken } = currentOf(write);
  const { arn } = await target.create(laid.ref, currentOf(laid).value, { requestToken, tags: tagsOf(run), settings });
  for (const version of write.versions) {
    if (version.stage === CURRENT_STAGE) continue;
    await target.put(laid.ref, valueFor(laid, version), {
      requestToken: version.requestToken,
      stages: [version.stage],
    });
  }
  return { ...write, arn };
}

/** Tags come before values, so that whatever is found there later is known to be this run's. */
async function addToTarget(
  run: MigrationRun,
  laid: LaidTarget,
  write: TargetWrite,
  before: NonNullable<TargetWrite["before"]>,
): Promise<TargetWrite> {
  const { target } = run.deps;
  if (before.isTombstone) await target.restore(laid.ref);
  await target.setTags(laid.ref, tagsOf(run));
  if (needsSettings(run, before, laid.ref)) await target.applySettings(laid.ref, run.statement.settings);
  const versions: VersionWrite[] = [];
  for (const version of write.versions) {
    const value = valueFor(laid, version);
    const isKept = await holdsSame(run, laid.ref, version, value);
    if (!isKept) await putVersion(run, laid.ref, version, value);
    versions.push({ ...version, isKept });
  }
  return { ...write, versions };
}

function needsSettings({ statement }: MigrationRun, before: { kmsKeyId: string | null }, ref: TargetRef): boolean {
  const { description, replicaRegions, resourcePolicy } = statement.settings;
  const isPlain = description === null && replicaRegions.length === 0 && resourcePolicy === null;
  return !isPlain || before.kmsKeyId !== ref.kmsKeyId;
}

/** An equal value is not written again. What we may not read counts as another. */
async function holdsSame(
  { deps }: MigrationRun,
  ref: TargetRef,
  { previousVersionId }: VersionWrite,
  value: TargetValue,
): Promise<boolean> {
  if (previousVersionId === null) return false;
  const held = await deps.target.read(ref, previousVersionId).catch((error: unknown) => {
    if (UNREADABLE.some((kind) => error instanceof kind)) return null;
    throw error;
  });
  return held !== null && isSameValue(held, value);
}

const UNREADABLE = [TargetAccessDeniedError, TargetKeyError, TargetNotFoundError, TargetRefusedError];

export function isSameValue(one: TargetValue, other: TargetValue): boolean {
  return one.form === other.form && one.secret.equals(other.secret);
}

/**
 * A put that moves AWSCURRENT by itself would displace whatever came since our look, if this process was paused in
 * between. So the version first gets a label of its own, and AWS compares when AWSCURRENT is moved.
 */
async function putVersion(
  { deps: { target } }: MigrationRun,
  ref: TargetRef,
  { stage, requestToken, previousVersionId }: VersionWrite,
  value: TargetValue,
): Promise<void> {
  if (stage !== CURRENT_STAGE) return target.put(ref, value, { requestToken, stages: [stage] });
  await target.put(ref, value, { requestToken, stages: [PENDING_STAGE] });
  await makeCurrent(target, ref, { requestToken, previousVersionId });
}

/** @throws {TargetMovedOnError} Another version is current by now, and stays so. */
export async function makeCurrent(
  target: MigrationRun["deps"]["target"],
  ref: TargetRef,
  { requestToken, previousVersionId }: Pick<VersionWrite, "requestToken" | "previousVersionId">,
): Promise<void> {
  await target.moveCurrent(ref, { from: previousVersionId, to: requestToken });
  await target.removeStage(ref, { stage: PENDING_STAGE, from: requestToken });
}

function valueFor(laid: LaidTarget, { stage }: VersionWrite): TargetValue {
  const version: LaidVersion | undefined = laid.versions.find((candidate) => candidate.stage === stage);
  if (!version) throw new TypeError("each planned version was laid down");
  return version.value;
}

function tagsOf({ deps, statement, row }: MigrationRun): Record<string, string> {
  return {
    ...statement.tags,
    [INSTALLATION_TAG]: deps.installation,
    [STATE_TAG]: "open",
    [MIGRATION_TAG]: row.id,
    [REQUEST_TAG]: statement.requestId,
  };
}
