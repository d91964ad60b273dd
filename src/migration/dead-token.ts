import type { GloveboxError } from "../errors.ts";
import { noteAdminAccessor } from "./fence.ts";
import { sweepLeases } from "./janitor.ts";
import type { MigrationRun } from "./migration-run.ts";

/** What a call with a dead token ends in. They may also mean what they say. */
const MAY_BE_DEATH = new Set(["VAULT_REFUSED", "GATE_CLOSED"]);

/** Asks whether one of the run's tokens died under it, revoked by somebody, before anything of ours revokes it. */
export async function whoseTokenDied(
  { admin, lent, leaving }: MigrationRun,
  { code }: GloveboxError,
): Promise<"admin" | "reader" | null> {
  if (!MAY_BE_DEATH.has(code) || leaving.admin !== null) return null;
  const hasLived = await admin.proveAlive().then(
    () => true,
    () => false,
  );
  if (!hasLived) return null; // that is what went wrong, and nobody's doing
  if (!(await admin.isAlive().catch(() => true))) return "admin";
  if (lent.isRevoked) return null;
  const isReaderDead = await lent.reader?.proveDead().then(
    () => true,
    () => false,
  );
  return isReaderDead === true ? "reader" : null;
}

/** Our own token is dead, so another login closes what the run left lent. @returns When that was done. */
export async function endLostRun({ deps, fence, lent }: MigrationRun): Promise<Date> {
  const admin = await deps.broker.loginAdmin();
  try {
    await admin.proveAlive();
    await noteAdminAccessor(deps.store, fence, admin.accessor); // fails where a successor revoked our token
    await sweepLeases(deps, admin, fence);
  } finally {
    await admin.revokeSelf();
  }
  lent.isOpen = false;
  return deps.now();
}
