import { retryMigration } from "../../src/approvals/retry-migration.ts";
import type { CrashWorld } from "./crash-world.ts";
import { ENGINEER, NOTHING_LEFT } from "./engine-world.ts";

/** A move that failed, with nothing to show for it. */
export const FAILED = { state: "failed", request: "failed", hasReceipt: false, finishedCount: 0, receiptCount: 0 };
/** And nothing is left of it anywhere. */
export const UNTOUCHED = { ...FAILED, isLeaseClosed: true, target: "absent", left: NOTHING_LEFT };

/** What a person reads on the card. */
export async function causeOf(world: CrashWorld, id: string): Promise<{ code: string | null; text: string }> {
  const { causeCode, causeText } = await world.rowOf(id);
  return { code: causeCode, text: causeText ?? "" };
}

export async function retry(world: CrashWorld, id: string): Promise<string> {
  const { requestId } = await world.rowOf(id);
  const { migrationId } = await retryMigration(world.decide, { requestId, by: ENGINEER });
  await world.migrate(migrationId);
  return migrationId;
}
