import type { Store } from "../store/open-store.ts";
import { assertFence } from "./fence.ts";
import type { AdminSession } from "./lease-broker.ts";
import type { MigrateDeps } from "./migrate-deps.ts";

/** What is known of a lease that nobody holds any more. */
interface LostLease {
  readonly mount: string;
  readonly secretIdAccessor: string | null;
  readonly readerAccessor: string | null;
}

type LeftLease = LostLease & { readonly id: string };

/** Clocks of Vault and of this machine may differ by this much. */
const SKEW_MS = 1_000;

/** True if a crash may have left a lease: some run opened one and never journaled its end. */
export async function hasLeftLeases(store: Store): Promise<boolean> {
  return (await leftLeases(store)).length > 0;
}

/**
 * Closes what a crash left, by the crash table of facts/vault: the gate, minted secret IDs, the reader's token, and, where
 * its accessor was lost with the answer, the reader's entity until no token can live. Safe to repeat.
 */
export async function sweepLeases(deps: MigrateDeps, admin: AdminSession, fence: number): Promise<void> {
  const left = await leftLeases(deps.store);
  if (left.length === 0) return;
  await admin.closeGate();
  for (const lease of left) {
    await closeLease(deps, admin, lease);
    deps.trace?.("janitor.closed");
    await deps.store.transaction().execute(async (tx) => {
      await assertFence(tx, fence); // a successor may have lent this very path again meanwhile
      await tx.updateTable("migration").set({ leaseClosedAt: deps.now() }).where("id", "=", lease.id).execute();
    });
    deps.log.info({ migrationId: lease.id }, "closed the lease that a crash had left");
  }
}

/** Destroys the minted secret IDs and ends the reader's token, also one whose accessor nobody knows. Safe to repeat. */
export async function closeLease(deps: MigrateDeps, admin: AdminSession, lease: LostLease): Promise<void> {
  const listed = await admin.listSecretIds(lease.mount);
  await admin.destroySecretIds(lease.mount);
  if (lease.readerAccessor !== null) return admin.revoke(lease.readerAccessor);
  const mayHaveLoggedIn = lease.secretIdAccessor !== null && !listed.includes(lease.secretIdAccessor);
  if (mayHaveLoggedIn || (await admin.isReaderDisabled(lease.mount))) await outlive(deps, admin, lease.mount);
}

/**
 * The kill switch, for a token that nobody can name: shut the reader's entity, wait longer than a token can live, open it.
 * The lease stays journaled as open meanwhile, so a crash in here is swept again. Opening early would revive the token.
 */
async function outlive(deps: MigrateDeps, admin: AdminSession, mount: string): Promise<void> {
  await admin.setReaderDisabled(mount, true);
  deps.trace?.("janitor.disabled");
  await new Promise((resolve) => setTimeout(resolve, deps.broker.readerTtlMs + SKEW_MS));
  await admin.setReaderDisabled(mount, false);
}

/** A lease counts as opened from the moment before its secret ID is minted. */
async function leftLeases(store: Store): Promise<LeftLease[]> {
  return store
    .selectFrom("migration")
    .innerJoin("request", "request.id", "migration.requestId")
    .innerJoin("entry", "entry.id", "request.entryId")
    .select(["migration.id", "entry.mount", "secretIdAccessor", "readerAccessor"])
    .where("leaseOpenedAt", "is not", null)
    .where("leaseClosedAt", "is", null)
    .orderBy("migration.createdAt")
    .execute();
}
