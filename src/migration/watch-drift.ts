import { appendEvent } from "../audit/append-event.ts";
import type { EntryDescription } from "../catalog/describe-entry.ts";
import { codeOf } from "../errors.ts";
import type { Store } from "../store/open-store.ts";
import { enqueueDelivery } from "../store/outbox.ts";
import type { EngineLog } from "./migrate-deps.ts";

export interface WatchDriftDeps {
  readonly store: Store;
  /** Looks at one secret's metadata in Vault. Never at its value. */
  readonly refreshEntry: (
    entryId: number,
  ) => Promise<Pick<EntryDescription, "currentVersion" | "goneAt" | "isDeleted">>;
  /** So many secrets at most in one look: those that were looked at longest ago. */
  readonly perLook: number;
  readonly now: () => Date;
  readonly log: EngineLog;
}

interface Moved {
  readonly requestId: string;
  readonly entryId: number;
  readonly vaultVersion: number;
}

/**
 * Between a migration and the clean-up in Vault: did the secret change there? Then AWS has an old value, and the requester
 * is offered to move it again, once for each new version. Nothing moves by itself: it takes a request and an approval.
 * KV v1 has no versions, so its secrets can't be watched.
 */
export async function watchDrift(deps: WatchDriftDeps): Promise<{ looked: number; offered: number }> {
  let offered = 0;
  const watched = await longestUnseen(deps);
  for (const moved of watched) {
    const entry = await deps.refreshEntry(moved.entryId).catch((error: unknown) => {
      deps.log.warn({ requestId: moved.requestId, code: codeOf(error) }, "could not look at a moved secret's version");
      return null;
    });
    if (await note(deps, moved, entry)) offered += 1;
  }
  return { looked: watched.length, offered };
}

/** The newest finished request of each secret, unless a newer one is under way. */
async function longestUnseen({ store, perLook }: WatchDriftDeps): Promise<Moved[]> {
  const rows = await store
    .selectFrom("request")
    .innerJoin("entry", "entry.id", "request.entryId")
    .innerJoin("migration", "migration.requestId", "request.id")
    .leftJoin("driftWatch", "driftWatch.requestId", "request.id")
    .select(["request.id as requestId", "request.entryId", "migration.vaultVersion"])
    .where("request.status", "=", "migrated")
    .where("migration.state", "=", "done")
    .where("migration.vaultVersion", "is not", null)
    .where("entry.engine", "=", "kv-v2")
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom("request as newer")
            .select("newer.id")
            .whereRef("newer.entryId", "=", "request.entryId")
            .whereRef("newer.createdAt", ">", "request.createdAt")
            .where("newer.status", "in", ["waiting", "approved", "migrating", "migrated"]),
        ),
      ),
    )
    .orderBy("driftWatch.lookedAt", (order) => order.asc().nullsFirst())
    .orderBy("request.id")
    .limit(perLook)
    .execute();
  return rows.flatMap(({ vaultVersion, ...row }) => (vaultVersion === null ? [] : [{ ...row, vaultVersion }]));
}

/** @returns True if the requester is offered to move it again. */
async function note(
  { store, now }: WatchDriftDeps,
  { requestId, vaultVersion: from }: Moved,
  entry: Awaited<ReturnType<WatchDriftDeps["refreshEntry"]>> | null,
): Promise<boolean> {
  const at = now();
  const isThere = entry !== null && entry.goneAt === null && !entry.isDeleted;
  const to = isThere && entry.currentVersion !== null && entry.currentVersion !== from ? entry.currentVersion : null;
  return store.transaction().execute(async (tx) => {
    const before = await tx
      .insertInto("driftWatch")
      .values({ requestId, lookedAt: at })
      .onConflict((conflict) => conflict.column("requestId").doUpdateSet({ lookedAt: at }))
      .returning("offeredVersion")
      .executeTakeFirstOrThrow(); // the row is ours until the end: two that look at once offer once
    if (to === null || before.offeredVersion === to) return false;
    await tx.updateTable("driftWatch").set({ offeredVersion: to }).where("requestId", "=", requestId).execute();
    const subject = `request:${requestId}`;
    await enqueueDelivery(tx, { kind: "notice", subject, detail: { event: "drifted", from, to } });
    await appendEvent(tx, at, { kind: "drift.found", actor: "glovebox", subject, content: { from, to } });
    return true;
  });
}
