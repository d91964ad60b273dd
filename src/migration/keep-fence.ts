import { type Fence, noteAdminAccessor, releaseFence, takeFence } from "./fence.ts";
import { FenceHold, momentNow } from "./fence-hold.ts";
import { hasLeftLeases, sweepLeases } from "./janitor.ts";
import type { AdminSession } from "./lease-broker.ts";
import type { MigrateDeps } from "./migrate-deps.ts";

/**
 * Runs `work` while holding the fence that `take` gets, with a heartbeat. A worker that is too slow loses it and finds
 * out at its next journal commit.
 * @throws {FenceHeldError}
 */
export async function withFence<F extends Fence>(
  deps: MigrateDeps,
  take: () => Promise<F | null>,
  work: (hold: FenceHold, taken: F) => Promise<void>,
): Promise<void> {
  const { store, fenceSeconds } = deps;
  const askedAt = momentNow();
  const taken = await take();
  if (taken === null) return;
  const hold = new FenceHold(taken, fenceSeconds, askedAt);
  deps.trace?.("fence.taken");
  const beat = setInterval(
    () => {
      hold.renew(store).catch(() => {}); // a lost fence shows at the next commit
    },
    (fenceSeconds * 1_000) / 3,
  );
  try {
    await work(hold, taken);
  } finally {
    clearInterval(beat);
    if (!hold.isGivenBack) await releaseFence(store, hold.number);
  }
}

/**
 * Logs the admin identity in. The token that the holder before us left is revoked first of all, and only then is ours
 * journaled in its place; leases that a crash left are closed before anything new is lent.
 * @param hasLeftLeases Whether a crash left any. @param isJournaledNext The caller's next commit journals the accessor, and
 * nothing is done with the token before. So it is not journaled here, unless there is something to clean up with it.
 */
export async function openAdmin(
  deps: MigrateDeps,
  hold: FenceHold,
  { hasLeftLeases, isJournaledNext }: { hasLeftLeases: boolean; isJournaledNext: boolean },
): Promise<AdminSession> {
  const admin = await deps.broker.loginAdmin();
  const left = hold.leftAdminAccessor;
  if (isJournaledNext && left === null && !hasLeftLeases) return admin;
  try {
    await admin.proveAlive();
    if (left !== null) await admin.revoke(left);
    await noteAdminAccessor(deps.store, hold.number, admin.accessor);
    deps.trace?.("admin.journaled");
    if (hasLeftLeases) await sweepLeases(deps, admin, hold.number);
    return admin;
  } catch (error) {
    await admin.revokeSelf().catch(() => {}); // perhaps nobody has its accessor; at the latest it ends by itself
    throw error;
  }
}

/** Closes what a crash left, without moving anything: at the start of a worker. */
export async function cleanUpAfterCrash(deps: MigrateDeps): Promise<void> {
  const { store, holder, fenceSeconds } = deps;
  const { adminAccessor } = await store.selectFrom("fence").select("adminAccessor").executeTakeFirstOrThrow();
  if (adminAccessor === null && !(await hasLeftLeases(store))) return;
  const take = () => takeFence(store, holder, fenceSeconds);
  await withFence(deps, take, async (hold) => {
    const left = { hasLeftLeases: await hasLeftLeases(store), isJournaledNext: false };
    const admin = await openAdmin(deps, hold, left);
    await admin.revokeSelf();
    await noteAdminAccessor(store, hold.number, null);
  });
}
