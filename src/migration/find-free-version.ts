import type { ApprovalStatement } from "../approvals/content.ts";
import { findLastFinish } from "../approvals/last-finish.ts";
import type { Store } from "../store/open-store.ts";
import { AlreadyFinishedError } from "./engine-errors.ts";
import type { MigrateDeps } from "./migrate-deps.ts";

/**
 * Never again: a version that was moved is not moved by another approval either.
 * @returns The finish after which it is free; null if it was never moved.
 * @throws {AlreadyFinishedError}
 */
export async function findFreeVersion(
  deps: Pick<MigrateDeps, "keyring" | "operatorKeys"> & { readonly store: Store },
  { source }: Pick<ApprovalStatement, "source">,
  vaultVersion: number | null,
): Promise<string | null> {
  const last = await findLastFinish(deps.store, deps, { ...source, vaultVersion });
  if (!last.isFree) throw new AlreadyFinishedError();
  return last.statementId;
}
