import { loadRequestState } from "../migration/load-request-state.ts";
import type { RequestState } from "../migration/request-state.ts";
import type { Store } from "../store/open-store.ts";
import type { SupportCaseTable } from "../store/tables/support.ts";

/** All that a card may show of one case. */
export interface CaseState {
  readonly id: string;
  readonly version: number;
  readonly status: SupportCaseTable["status"];
  readonly topic: string;
  readonly openedBy: string;
  readonly openedAt: Date;
  readonly claimedBy: string | null;
  readonly resolvedBy: string | null;
  readonly changedAt: Date;
  /** The request that it is about, as it is now. */
  readonly request: RequestState | null;
  /** The secret that it is about. */
  readonly entry: {
    readonly id: number;
    readonly namespace: string;
    readonly mount: string;
    readonly path: string;
  } | null;
}

/** @returns null: there is no such case. */
export async function loadCaseState(store: Store, caseId: string, at = new Date()): Promise<CaseState | null> {
  const row = await store.selectFrom("supportCase").selectAll().where("id", "=", caseId).executeTakeFirst();
  if (!row) return null;
  const { id, version, status, topic, openedBy, openedAt, claimedBy, resolvedBy, changedAt } = row;
  const entry =
    row.entryId === null
      ? undefined
      : await store
          .selectFrom("entry")
          .select(["id", "namespace", "mount", "path"])
          .where("id", "=", row.entryId)
          .executeTakeFirst();
  return {
    ...{ id, version, status, topic, openedBy, openedAt, claimedBy, resolvedBy, changedAt },
    request: row.requestId === null ? null : await loadRequestState(store, row.requestId, at),
    entry: entry ?? null,
  };
}
