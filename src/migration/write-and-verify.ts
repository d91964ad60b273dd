import type { TargetRef } from "../approvals/content.ts";
import { type ChosenWrite, chooseWrite, type FoundConflict } from "./choose-write.ts";
import { ReadBackMismatchError } from "./engine-errors.ts";
import { type LaidTarget, layDownTargets } from "./laid-target.ts";
import type { ReadValue } from "./lend-and-read.ts";
import { lookAfter } from "./look-after.ts";
import type { MigrationRun } from "./migration-run.ts";
import { noteConflict } from "./note-conflict.ts";
import { assertSameValue, type ChosenTarget, planWrites, withTarget } from "./plan-writes.ts";
import type { TargetValue } from "./secret-target.ts";
import { STATE_TAG } from "./target-tags.ts";
import { signWrites, type VersionWrite, versionIdOf, type WriteList } from "./write-list.ts";
import { isSameValue, writeTarget } from "./write-target.ts";

/**
 * Step 10: journals every write, writes, reads each version back, compares. The reader is dead before this.
 * @param landed Ids of the versions that an earlier process journaled and that AWS has.
 * @throws {ReadBackMismatchError} and every TargetError.
 */
export async function writeAndVerify(run: MigrationRun, read: ReadValue, landed: readonly string[]): Promise<void> {
  const targets = await chooseAll(run, read);
  const list = planWrites(run, targets, read.skipped);
  assertSameValue(list, landed);
  await journalIntent(run, read, list);
  for (const { laid: target } of targets) await writeOne(run, target);
  for (const { laid: target } of targets) await verifyOne(run, target);
  await markVerified(run);
}

/**
 * Side by side: nothing of it changes anything, and all must be in before anything is written. The gate is asked first,
 * for its answer takes the longest.
 */
async function chooseAll(run: MigrationRun, read: ReadValue): Promise<ChosenTarget[]> {
  const { deps, statement, row } = run;
  const journaledAt = (name: string) => run.written.list?.targets.find((target) => target.name === name) ?? null;
  const choose = async (laid: LaidTarget) => {
    const { ref } = laid;
    return {
      laid,
      choice: await chooseWrite(deps, statement, { ref, migrationId: row.id, journaled: journaledAt(ref.name) }),
    };
  };
  const [asking, choosing] = await Promise.allSettled([
    deps.askGate({ kind: "write", migrationId: row.id, fence: run.fence }),
    (async () => Promise.all(layDownTargets(read, statement).map(choose)))(),
  ]);
  if (choosing.status === "rejected") throw choosing.reason;
  if (asking.status === "rejected") throw asking.reason;
  const conflicts: FoundConflict[] = [];
  const targets: ChosenTarget[] = [];
  for (const { laid: target, choice } of choosing.value) sortOut(target, choice, conflicts, targets);
  const [first, ...others] = conflicts;
  const laid = choosing.value.map((target) => target.laid);
  return first ? noteConflict(run, [first, ...others], laid) : targets;
}

function sortOut(
  laid: LaidTarget,
  choice: ChosenWrite | FoundConflict,
  conflicts: FoundConflict[],
  targets: ChosenTarget[],
): void {
  if (choice.verdict === "conflict") conflicts.push(choice);
  else targets.push({ laid, choice });
}

async function journalIntent(run: MigrationRun, read: ReadValue, list: WriteList): Promise<void> {
  const { deps } = run;
  await run.journal.commit({
    step: "write.intended",
    changes: {
      state: "closed",
      vaultVersion: read.vaultVersion,
      leaseClosedAt: read.leaseClosedAt,
      writes: signWrites(deps.signer, list),
      digestKeyId: list.digestKeyId,
    },
    detail: { readerProof: run.proofs.reader },
    event: { kind: "lease.closed", actor: "worker", content: { proof: run.proofs.reader } },
  });
  run.written.list = list;
  deps.trace?.("write.intended");
}

async function writeOne(run: MigrationRun, laid: LaidTarget): Promise<void> {
  const list = listOf(run);
  const write = list.targets.find(({ name }) => name === laid.ref.name);
  if (!write) throw new TypeError("each target was planned");
  run.written.list = withTarget(list, await writeTarget(run, laid, write));
  run.deps.trace?.("target.written");
}

/** A successful put says AWS accepted the write; only reading that version back says the value is right. */
async function verifyOne(run: MigrationRun, { ref, versions }: LaidTarget): Promise<void> {
  await verifyTarget(run, ref, (version, stored) => {
    const laid = versions.find(({ stage }) => stage === version.stage);
    return laid !== undefined && isSameValue(laid.value, stored);
  });
}

/** Reads every version of one target back, and looks at the rest of it. */
export async function verifyTarget(
  run: MigrationRun,
  ref: TargetRef,
  isRight: (version: VersionWrite, stored: TargetValue) => boolean,
): Promise<void> {
  const list = listOf(run);
  const write = list.targets.find(({ name }) => name === ref.name);
  if (!write) throw new TypeError("each target was planned");
  for (const version of write.versions) {
    const stored = await run.deps.target.read(ref, versionIdOf(version));
    if (!isRight(version, stored)) throw new ReadBackMismatchError();
  }
  run.written.list = withTarget(list, { ...write, replicas: await lookAfter(run, ref, write) });
}

export async function markVerified(run: MigrationRun): Promise<void> {
  const { deps, journal } = run;
  const list = { ...listOf(run), isVerified: true };
  run.written.list = list;
  const targetArns = list.targets.map(({ arn }) => arn).filter((arn) => arn !== null);
  const changes = { state: "verified", writes: signWrites(deps.signer, list), targetArns } as const;
  await journal.commit({ step: "target.verified", changes });
  deps.trace?.("target.verified");
}

/** Sealing takes the writer's own access away, so it comes last. */
export async function seal({ deps }: MigrationRun, refs: readonly TargetRef[]): Promise<void> {
  for (const ref of refs) {
    await deps.target.setTags(ref, { [STATE_TAG]: "sealed" });
    deps.trace?.("target.sealed");
  }
}

function listOf({ written }: MigrationRun): WriteList {
  if (written.list === null) throw new TypeError("nothing is verified that was not journaled");
  return written.list;
}
