import type { TargetRef } from "../approvals/content.ts";
import { ReadBackMismatchError } from "./engine-errors.ts";
import type { LandedTarget } from "./find-landed.ts";
import type { MigrationRun } from "./migration-run.ts";
import { withTarget } from "./plan-writes.ts";
import type { TargetValue } from "./secret-target.ts";
import { digestValue, isSameDigest } from "./value-digest.ts";
import { markVerified, verifyTarget } from "./write-and-verify.ts";
import { currentOf, type VersionWrite } from "./write-list.ts";
import { makeCurrent } from "./write-target.ts";

/**
 * A crash came between the writes and their journal: AWS has every version under its journaled token. Values are compared
 * by keyed digest, so Vault is not read again.
 * @throws {ReadBackMismatchError}
 */
export async function verifyLanded(run: MigrationRun, landed: readonly LandedTarget[]): Promise<void> {
  const { deps, statement } = run;
  const { description, replicaRegions, resourcePolicy } = statement.settings;
  const isPlain = description === null && replicaRegions.length === 0 && resourcePolicy === null;
  for (const { ref, arn, isPending } of landed) {
    const { list } = run.written;
    const write = list?.targets.find(({ name }) => name === ref.name);
    if (!list || !write) continue; // nothing lands that was not journaled
    if (!isPlain) await deps.target.applySettings(ref, statement.settings); // the crash may have come before the last of them
    if (isPending) await moveToPending(run, ref, currentOf(write));
    run.written.list = withTarget(list, { ...write, arn });
    await verifyTarget(run, ref, (version, stored) => isAsJournaled(run, version, stored));
  }
  await markVerified(run);
}

/** Not before its value is known to be right. */
async function moveToPending(run: MigrationRun, ref: TargetRef, version: VersionWrite): Promise<void> {
  const { target } = run.deps;
  if (!isAsJournaled(run, version, await target.read(ref, version.requestToken))) throw new ReadBackMismatchError();
  await makeCurrent(target, ref, version);
}

function isAsJournaled({ deps }: MigrationRun, { digest, form }: VersionWrite, stored: TargetValue): boolean {
  return stored.form === form && isSameDigest(digestValue(deps.digestKey, stored.secret), digest);
}
