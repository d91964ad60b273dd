import { sql } from "kysely";
import type { Store } from "../store/open-store.ts";
import type { MigrateDeps } from "./migrate-deps.ts";
import { migrateSecret } from "./migrate-secret.ts";

/** When a waiting migration wants its next attempt. */
export interface NextAttempt {
  readonly dueAt: Date;
  readonly inSeconds: number;
  /** False: it was not begun, for its time has not come. */
  readonly wasTried: boolean;
}

/**
 * Carries a migration as far as it goes, unless it waits and its time has not come: rings may come too early, and a sealed
 * Vault is not to be hammered.
 * @returns When it wants to be rung for again; null: it came to an end, or does not wait.
 * @throws What `migrateSecret` throws and could not write down.
 */
export async function takeUpMigration(deps: MigrateDeps, migrationId: string): Promise<NextAttempt | null> {
  const before = await nextAttemptOf(deps.store, migrationId);
  if (before && before.inSeconds > 0) return { ...before, wasTried: false };
  try {
    await migrateSecret(deps, migrationId);
    return null;
  } catch (error) {
    const after = await nextAttemptOf(deps.store, migrationId).catch(() => null);
    const isWrittenDown = after !== null && after.dueAt.getTime() !== before?.dueAt.getTime();
    if (!isWrittenDown) throw error;
    return { ...after, wasTried: true };
  }
}

async function nextAttemptOf(store: Store, migrationId: string): Promise<Omit<NextAttempt, "wasTried"> | null> {
  const row = await store
    .selectFrom("migration")
    .select("dueAt")
    .select(sql<number>`greatest(0, ceil(extract(epoch from due_at - clock_timestamp())))::integer`.as("inSeconds"))
    .where("id", "=", migrationId)
    .executeTakeFirst();
  return row?.dueAt ? { dueAt: row.dueAt, inSeconds: row.inSeconds } : null;
}
