import type { Store } from "../store/open-store.ts";
import type { AdminSession } from "./lease-broker.ts";
import type { MigrateDeps } from "./migrate-deps.ts";

interface LeftLease {
  readonly id: string;
  readonly mount: string;
  readonly secretIdAccessor: string | null;
  readonly readerAccessor: string | null;
}

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
export async function sweepLeases(deps: MigrateDeps, admin: AdminSession): Promise<void> {
  const left = await leftLeases(deps.store);
  if (left.length === 0) return;
  await admin.closeGate();
  for (const lease of left) {
    await closeLease(deps, admin, lease);
    deps.trace?.("janitor.closed");
    await deps.store.updateTable("migration").set({ leaseClosedAt: deps.now() }).where("id", "=", lease.id).execute();
    deps.log.info({ migrationId: lease.id }, "closed the lease that a crash had left");
  }
}

async function closeLease(deps: MigrateDeps, admin: AdminSession, lease: LeftLease): Promise<void> {
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
