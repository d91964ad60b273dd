import { type Fence, noteAdminAccessor, releaseFence, renewFence, takeFence } from "./fence.ts";
import { hasLeftLeases, sweepLeases } from "./janitor.ts";
import type { AdminSession } from "./lease-broker.ts";
import type { MigrateDeps } from "./migrate-deps.ts";

/**
 * Runs `work` while holding the fence, with a heartbeat. A worker that is too slow loses it and finds out at its next
 * journal commit.
 * @throws {FenceHeldError}
 */
export async function withFence(deps: MigrateDeps, work: (fence: Fence) => Promise<void>): Promise<void> {
  const { store, holder, fenceSeconds } = deps;
  const fence = await takeFence(store, holder, fenceSeconds);
  deps.trace?.("fence.taken");
  const beat = setInterval(
    () => {
      renewFence(store, fence.number, fenceSeconds).catch(() => {}); // a lost fence shows at the next commit
    },
    (fenceSeconds * 1_000) / 3,
  );
  try {
    await work(fence);
  } finally {
    clearInterval(beat);
    await releaseFence(store, fence.number);
  }
}

/**
 * Logs the admin identity in. The token that the holder before us left is revoked first of all, and only then is ours
 * journaled in its place; leases that a crash left are closed before anything new is lent.
 */
export async function openAdmin(deps: MigrateDeps, fence: Fence): Promise<AdminSession> {
  const admin = await deps.broker.loginAdmin();
  try {
    if (fence.leftAdminAccessor !== null) await admin.revoke(fence.leftAdminAccessor);
    await noteAdminAccessor(deps.store, fence.number, admin.accessor);
    deps.trace?.("admin.journaled");
    await sweepLeases(deps, admin, fence.number);
    return admin;
  } catch (error) {
    await admin.revokeSelf().catch(() => {}); // perhaps nobody has its accessor; at the latest it ends by itself
    throw error;
  }
}

/** Closes what a crash left, without moving anything: at the start of a worker. */
export async function cleanUpAfterCrash(deps: MigrateDeps): Promise<void> {
  const { adminAccessor } = await deps.store.selectFrom("fence").select("adminAccessor").executeTakeFirstOrThrow();
  if (adminAccessor === null && !(await hasLeftLeases(deps.store))) return;
  await withFence(deps, async (fence) => {
    const admin = await openAdmin(deps, fence);
    await admin.revokeSelf();
    await noteAdminAccessor(deps.store, fence.number, null);
  });
}
