import { assertTargetAllowed } from "./assert-target-allowed.ts";
import { AlreadyFinishedError } from "./engine-errors.ts";
import { failMigration, refuseMigration } from "./fail-migration.ts";
import type { Fence } from "./fence.ts";
import { finishMigration } from "./finish-migration.ts";
import { openJournal } from "./journal.ts";
import { openAdmin, withFence } from "./keep-fence.ts";
import { lendAndRead } from "./lend-and-read.ts";
import { loadEntryId, loadOrder, loadRow, type MigrationRow } from "./load-order.ts";
import type { MigrateDeps } from "./migrate-deps.ts";
import type { Attempt, MigrationRun, WrittenVersion } from "./migration-run.ts";
import { isUndoWanted, undoMigration } from "./undo-migration.ts";
import { seal, verifyLanded, writeAndVerify } from "./write-and-verify.ts";

/**
 * Carries one migration as far as it can go: to done, to failed with everything taken back, or, for a finished one with a
 * signed order, to undone. Safe to call any number of times for the same id, also after a crash at any line.
 * @throws {FenceHeldError} Another worker is at it. @throws {FenceLostError} Another worker took over.
 * @throws A retryable error if AWS can't say yet what it holds.
 */
export async function migrateSecret(deps: MigrateDeps, migrationId: string): Promise<void> {
  if (await isPaused(deps.store)) return; // nothing is picked up; the sweep rings again
  await withFence(deps, async (fence) => {
    const row = await loadRow(deps.store, migrationId); // after the fence: nobody else changes it now
    const attempt: Attempt = { deps, row, fence: fence.number, journal: journalOf(deps, row, fence) };
    if (isUndoWanted(row)) return undoMigration(attempt);
    if (row.state === "done" || row.state === "undone" || row.state === "failed") return;
    if (await isTooEarly(attempt)) return; // rung at the approval; the sweep rings when the time has come
    const run = await prepare(attempt, fence).catch((error: unknown) => refuseMigration(attempt, error));
    if (run) await carryOut(run);
  });
}

async function isPaused(store: MigrateDeps["store"]): Promise<boolean> {
  return (await store.selectFrom("control").select("isPaused").executeTakeFirstOrThrow()).isPaused;
}

/** A statement that can't be read is not too early: it is refused further on. */
async function isTooEarly({ deps, row }: Attempt): Promise<boolean> {
  const order = await loadOrder(deps.store, deps.keyring, row).catch(() => null);
  const notBefore = order?.statement.notBefore ?? null;
  return notBefore !== null && notBefore > deps.now().toISOString();
}

/** Checks what was signed, and logs in. Nothing is lent yet. */
async function prepare(attempt: Attempt, fence: Fence): Promise<MigrationRun> {
  const { deps, row } = attempt;
  const { statement, signed, isFinished } = await loadOrder(deps.store, deps.keyring, row);
  if (isFinished) throw new AlreadyFinishedError();
  assertTargetAllowed(deps.allowedTargets, statement.target);
  const entryId = await loadEntryId(deps.store, row.requestId);
  const admin = await openAdmin(deps, fence);
  return {
    ...attempt,
    statement,
    signed,
    admin,
    entryId,
    lent: { isOpen: false, reader: null },
    written: { version: null },
    proofs: { reader: null, admin: null },
  };
}

async function carryOut(run: MigrationRun): Promise<void> {
  try {
    if (run.row.state !== "verified") await moveValue(run);
    await seal(run);
  } catch (error) {
    return failMigration(run, error);
  }
  // Past this point nothing is taken back: a failure here leaves it verified, and the next attempt ends it.
  await finishMigration(run);
}

async function moveValue(run: MigrationRun): Promise<void> {
  const landed = await findLanded(run);
  if (landed) return verifyLanded(run, landed);
  await writeAndVerify(run, await lendAndRead(run));
}

/** Asks AWS for the journaled version before anything is read again, so that a repeat cannot double. */
async function findLanded({ deps, row, statement }: MigrationRun): Promise<WrittenVersion | null> {
  const { requestToken, digest, digestKeyId, writeKind, previousVersionId } = row;
  if (requestToken === null || digest === null || writeKind === null) return null;
  if (digestKeyId !== deps.digestKey.id) return null; // written again under a digest that we can compare
  const state = await deps.target.describe(statement.target);
  if (state.status === "absent" || !(requestToken in state.stagesByVersion)) return null;
  return { requestToken, digest, kind: writeKind, previousVersionId };
}

function journalOf({ store, now }: MigrateDeps, row: MigrationRow, fence: Fence) {
  return openJournal(store, { migrationId: row.id, requestId: row.requestId, fence: fence.number, now });
}
