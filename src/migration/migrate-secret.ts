import { targetsOf } from "../approvals/target-places.ts";
import { assertSettingsAllowed, assertTargetAllowed } from "./assert-target-allowed.ts";
import { AlreadyFinishedError } from "./engine-errors.ts";
import { failLogin, failMigration, postponeEnd, refuseMigration } from "./fail-migration.ts";
import { FenceLostError } from "./fence.ts";
import type { FenceHold } from "./fence-hold.ts";
import { fencedTarget } from "./fenced-target.ts";
import { findFreeVersion } from "./find-free-version.ts";
import { findLanded } from "./find-landed.ts";
import { finishMigration } from "./finish-migration.ts";
import { openJournal } from "./journal.ts";
import { openAdmin, withFence } from "./keep-fence.ts";
import type { AdminSession } from "./lease-broker.ts";
import { lendAndRead, type ReadValue } from "./lend-and-read.ts";
import { type MigrationRow, type Order, readOrder, rowOf, type TakenOrder, takeOrder } from "./load-order.ts";
import type { MigrateDeps } from "./migrate-deps.ts";
import type { Attempt, MigrationRun } from "./migration-run.ts";
import { isUndoWanted, undoMigration } from "./undo-migration.ts";
import { verifyLanded } from "./verify-landed.ts";
import { seal, writeAndVerify } from "./write-and-verify.ts";
import { journaledWrites, type WriteList } from "./write-list.ts";

/**
 * Carries one migration as far as it can go: to done, to failed with everything taken back, or, for a finished one with a
 * signed order, to undone. Safe to call any number of times for the same id, also after a crash at any line.
 * @throws {FenceHeldError} Another worker is at it. @throws {FenceLostError} Another worker took over.
 * @throws A retryable error if AWS can't say yet what it holds.
 */
export async function migrateSecret(deps: MigrateDeps, migrationId: string): Promise<void> {
  const take = () => takeOrder(deps.store, migrationId, deps); // null while paused; the sweep rings again
  await withFence(deps, take, async (hold, taken) => {
    const row = rowOf(taken);
    if (row.isHeld && row.state === "queued") return; // its wave was paused after the ring, and rings again
    const target = fencedTarget(deps.target, () => hold.assertHeld(deps.store));
    const attempt: Attempt = {
      deps: { ...deps, target },
      row,
      fence: hold.number,
      journal: journalOf(deps, row, hold),
    };
    if (isUndoWanted(row)) return undoMigration(attempt);
    if (row.state === "done" || row.state === "undone" || row.state === "failed") return;
    const order = await checkOrder(attempt, taken).catch((error: unknown) => refuseMigration(attempt, error));
    if (!order) return; // refused, or rung before its time: the sweep rings when that has come
    // What was written before is asked about first, and that commits nothing of its own.
    const left = { hasLeftLeases: taken.hasLeftLeases, isJournaledNext: order.written === null };
    const run = await openRun(attempt, order, () => openAdmin(deps, hold, left));
    if (run) await carryOut(run);
  });
}

/** With the writes that an earlier process journaled. */
interface CheckedOrder extends Order {
  readonly written: WriteList | null;
}

/** Signed, unless the rule takes what Vault has now: then the row of an earlier process may know better. */
function versionInHand({ statement, row }: Order): number | null {
  return statement.versionRule === "take-current"
    ? (row.vaultVersion ?? statement.vaultVersion)
    : statement.vaultVersion;
}

/**
 * Checks what was signed.
 * @returns null: its earliest time has not come.
 * @throws {SignatureRefusedError} {AlreadyFinishedError} {TargetNotAllowedError} {SettingsNotAllowedError}
 */
async function checkOrder({ deps, row }: Attempt, { found }: TakenOrder): Promise<CheckedOrder | null> {
  const order = readOrder(deps.keyring, row, found);
  const { notBefore } = order.statement;
  if (notBefore !== null && notBefore > deps.now().toISOString()) return null;
  if (order.isFinished) throw new AlreadyFinishedError();
  assertTargetAllowed(deps.allowedTargets, order.statement.target);
  assertSettingsAllowed(deps.allowedTargets, order.statement);
  return { ...order, written: journaledWrites(deps.ownKeyring, row) };
}

/**
 * Logs in while it is asked whether the version was moved before: a login lends nothing, and is given back if so.
 * @returns null: it was, or Vault did not let us in. That is recorded.
 */
async function openRun(
  attempt: Attempt,
  order: CheckedOrder,
  logIn: () => Promise<AdminSession>,
): Promise<MigrationRun | null> {
  const { statement, signed, written } = order;
  const vaultVersion = versionInHand(order);
  const [free, login] = await Promise.allSettled([findFreeVersion(attempt.deps, statement, vaultVersion), logIn()]);
  if (free.status === "rejected") {
    const proof = login.status === "fulfilled" ? await login.value.revokeSelf().catch(() => null) : null;
    await refuseMigration(attempt, free.reason, proof !== null);
    return null;
  }
  if (login.status === "rejected") {
    await failLogin(attempt, order, login.reason);
    return null;
  }
  const [admin, moves] = [login.value, { vaultVersion, previousStatementId: free.value }];
  return {
    ...attempt,
    statement,
    signed,
    admin,
    lent: { isOpen: false, secretIdAccessor: null, reader: null, isRevoked: false },
    moves,
    written: { list: written },
    leaving: { admin: null },
    proofs: { reader: null, admin: null },
  };
}

async function carryOut(run: MigrationRun): Promise<void> {
  try {
    await moveValue(run);
  } catch (error) {
    // Whoever holds the fence now may not know our token: it was perhaps not journaled yet.
    if (error instanceof FenceLostError) await run.admin.revokeSelf().catch(() => {});
    return failMigration(run, error);
  }
  await finishMigration(run).catch((error: unknown) =>
    error instanceof AlreadyFinishedError ? failMigration(run, error) : postponeEnd(run, error),
  );
}

/** Whatever the row says, AWS is asked what is there: a process may have died between the two. */
async function moveValue(run: MigrationRun): Promise<void> {
  const { whole, versionIds } = await findLanded(run);
  // Sealing takes our own access away, so what is verified and perhaps sealed is not read again.
  const isVerified = run.written.list?.isVerified === true;
  if (whole && isVerified)
    return seal(
      run,
      whole.filter(({ isSealed }) => !isSealed).map(({ ref }) => ref),
    );
  if (whole) await verifyLanded(run, whole);
  else await writeAndVerify(run, await readFreeVersion(run), versionIds);
  await seal(run, targetsOf(run.statement));
}

/** Where the rule takes what Vault has now, only the read tells which version that is. */
async function readFreeVersion(run: MigrationRun): Promise<ReadValue> {
  const read = await lendAndRead(run);
  const { deps, statement, moves } = run;
  if (read.vaultVersion !== moves.vaultVersion) {
    moves.previousStatementId = await findFreeVersion(deps, statement, read.vaultVersion);
    moves.vaultVersion = read.vaultVersion;
  }
  return read;
}

function journalOf({ store, now }: MigrateDeps, row: MigrationRow, hold: FenceHold) {
  return openJournal(store, { migrationId: row.id, requestId: row.requestId, hold, now });
}
