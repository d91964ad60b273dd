import type { TargetRef } from "../../approvals/content.ts";
import { CLAIMING_STATUSES, claimedTargets } from "../../approvals/target-places.ts";
import type { Store } from "../../store/open-store.ts";
import { NO_HISTORY, type RequestHistory } from "./request-history.ts";

/** What people did and said about one entry. */
export interface EntryPast {
  readonly history: RequestHistory;
  /** Where its newest request that holds a name sends it, or null. */
  readonly claimed: TargetRef | null;
  /** Confirmed metadata by field. */
  readonly confirmed: Readonly<Record<string, string>>;
}

const NO_PAST: EntryPast = { history: NO_HISTORY, claimed: null, confirmed: {} };

/** The past of a page of entries, in three queries. */
export async function readPasts(store: Store, entryIds: readonly number[]): Promise<(entryId: number) => EntryPast> {
  const requests = await store
    .selectFrom("request")
    .select(["id", "entryId", "status", "content"])
    .where("entryId", "in", entryIds)
    .orderBy("createdAt", "desc")
    .orderBy("id", "desc")
    .execute();
  const moves = await store
    .selectFrom("migration")
    .innerJoin("request", "request.id", "migration.requestId")
    .leftJoin("finishedStatement", "finishedStatement.migrationId", "migration.id")
    .leftJoin("moveAgain", "moveAgain.statementId", "finishedStatement.statementId")
    .leftJoin("finishedStatement as next", "next.previousStatementId", "finishedStatement.statementId")
    .select(["request.entryId", "request.id as requestId", "migration.vaultVersion"])
    .select(({ eb }) => eb("moveAgain.statementId", "is not", null).as("isAllowedAgain"))
    .where("request.entryId", "in", entryIds)
    .where("migration.state", "=", "done")
    .where("next.statementId", "is", null) // where it was moved once more, that move speaks for it
    .orderBy("migration.finishedAt", "desc")
    .execute();
  const confirmations = await store
    .selectFrom("metadataConfirmation")
    .select(["entryId", "field", "value"])
    .where("entryId", "in", entryIds)
    .execute();
  const requestsOf = Map.groupBy(requests, ({ entryId }) => entryId);
  const movesOf = Map.groupBy(moves, ({ entryId }) => entryId);
  const confirmedOf = Map.groupBy(confirmations, ({ entryId }) => entryId);
  return (entryId) => {
    const [asked = [], moved = [], said = []] = [
      requestsOf.get(entryId),
      movesOf.get(entryId),
      confirmedOf.get(entryId),
    ];
    if (asked.length === 0 && said.length === 0) return NO_PAST; // most of a fresh estate
    const claim = asked.find(({ status }) => CLAIMING_STATUSES.includes(status));
    return {
      history: {
        requests: asked.map(({ id, status }) => ({ id, status })),
        moves: moved.map((move) => ({ ...move, isAllowedAgain: Boolean(move.isAllowedAgain) })),
      },
      claimed: claim ? (claimedTargets(claim.content)[0] ?? null) : null,
      confirmed: Object.fromEntries(said.map(({ field, value }) => [field, value])),
    };
  };
}
