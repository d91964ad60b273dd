import type { Secret } from "../secret.ts";
import type { WriteKind } from "../store/schema.ts";
import { type ChosenWrite, chooseWrite } from "./choose-write.ts";
import { ReadBackMismatchError } from "./engine-errors.ts";
import type { Landed } from "./find-landed.ts";
import { layDownValue } from "./lay-down-value.ts";
import type { ReadValue } from "./lend-and-read.ts";
import type { MigrationRun, WrittenVersion } from "./migration-run.ts";
import type { TargetValue } from "./secret-target.ts";
import { INSTALLATION_TAG, MIGRATION_TAG, REQUEST_TAG, STATE_TAG } from "./target-tags.ts";
import { digestValue, isSameDigest, requestTokenFor } from "./value-digest.ts";

/**
 * Step 10: journals the token, writes, reads that very version back, compares, seals. The reader is dead before this.
 * @throws {ReadBackMismatchError} and every TargetError.
 */
export async function writeAndVerify(run: MigrationRun, read: ReadValue): Promise<void> {
  const { deps, statement, row } = run;
  const value = layDownValue(read.data, statement.shape);
  // Side by side: neither changes anything, and both must be in before anything is written.
  const [choosing, asking] = await Promise.allSettled([
    chooseWrite(deps, statement),
    deps.askGate({ kind: "write", migrationId: row.id, fence: run.fence }),
  ]);
  if (choosing.status === "rejected") throw choosing.reason;
  if (asking.status === "rejected") throw asking.reason;
  const choice = choosing.value;
  const digest = digestValue(deps.digestKey, value);
  const requestToken = requestTokenFor(row.id, digest);
  const { previousVersionId } = choice;
  const written: WrittenVersion = { requestToken, digest, kind: undoKindOf(row, choice), previousVersionId };
  await run.journal.commit({
    step: "write.intended",
    changes: {
      state: "closed",
      vaultVersion: read.vaultVersion,
      leaseClosedAt: read.leaseClosedAt,
      digest,
      digestKeyId: deps.digestKey.id,
      requestToken,
      writeKind: written.kind,
      previousVersionId,
    },
    detail: { readerProof: run.proofs.reader },
    event: { kind: "lease.closed", actor: "worker", content: { proof: run.proofs.reader } },
    also: async (tx) => {
      await tx
        .updateTable("gateAsk")
        .set({ closedAt: read.leaseClosedAt })
        .where("migrationId", "=", row.id)
        .where("closedAt", "is", null)
        .execute();
    },
  });
  run.written.version = written;
  deps.trace?.("write.intended");
  const arn = await write(run, value, choice, requestToken);
  deps.trace?.("target.written");
  const stored = await deps.target.read(statement.target, requestToken);
  if (stored.form !== "string" || !value.equals(stored.secret)) throw new ReadBackMismatchError();
  await markVerified(run, arn);
}

/** A crash may have come after the restore: what was scheduled for deletion before is scheduled again by an undo. */
function undoKindOf({ writeKind }: MigrationRun["row"], { kind }: ChosenWrite): WriteKind {
  return writeKind === "restore-and-put" && kind === "put" ? writeKind : kind;
}

/**
 * A crash came between the write and its journal: AWS has the version under the journaled token. Its value is compared by
 * keyed digest, so Vault is not read again.
 * @throws {ReadBackMismatchError}
 */
export async function verifyLanded(run: MigrationRun, { version, arn }: Landed): Promise<void> {
  const { deps, statement } = run;
  const stored = await deps.target.read(statement.target, version.requestToken);
  if (!isSameDigest(digestValue(deps.digestKey, stored.secret), version.digest)) throw new ReadBackMismatchError();
  await markVerified(run, arn);
}

/** Sealing takes the writer's own access away, so it comes last. */
export async function seal({ deps, statement }: MigrationRun): Promise<void> {
  await deps.target.setTags(statement.target, { [STATE_TAG]: "sealed" });
  deps.trace?.("target.sealed");
}

/** @returns The target's ARN. */
async function write(
  run: MigrationRun,
  secret: Secret,
  { kind, arn }: ChosenWrite,
  requestToken: string,
): Promise<string> {
  const { deps, statement } = run;
  const { target } = deps;
  const value: TargetValue = { form: "string", secret };
  const { settings } = statement;
  const tags = { ...statement.tags, ...ownTags(run) };
  if (kind === "create" || arn === null) {
    return (await target.create(statement.target, value, { requestToken, tags, settings })).arn;
  }
  if (kind === "restore-and-put") await target.restore(statement.target);
  await target.setTags(statement.target, tags);
  await target.put(statement.target, value, { requestToken });
  return arn;
}

function ownTags({ deps, statement, row }: MigrationRun): Record<string, string> {
  return {
    [INSTALLATION_TAG]: deps.installation,
    [STATE_TAG]: "open",
    [MIGRATION_TAG]: row.id,
    [REQUEST_TAG]: statement.requestId,
  };
}

async function markVerified({ deps, journal }: MigrationRun, targetArn: string): Promise<void> {
  await journal.commit({ step: "target.verified", changes: { state: "verified", targetArn } });
  deps.trace?.("target.verified");
}
