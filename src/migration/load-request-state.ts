import type { ExpressionBuilder, Selectable } from "kysely";
import { Envelope } from "../approvals/content.ts";
import type { Store } from "../store/open-store.ts";
import type { Tables } from "../store/schema.ts";
import type { MigrationTable } from "../store/tables/migrations.ts";
import type { DecisionTable, RequestStatus, RequestTable } from "../store/tables/requests.ts";
import type { TagOverflow } from "./custom-metadata-tags.ts";
import { readTagOverflows } from "./keep-tag-overflow.ts";
import type { LaneReason } from "./lanes/lane.ts";
import { nextStepOf } from "./next-step.ts";
import type { MigrationProgress, RequestDecision, RequestState, WrittenTarget } from "./request-state.ts";
import { currentOf, kindOf, versionIdOf, WriteList } from "./write-list.ts";

/** @param at The time at which buttons must be right; now where absent. @returns null: there is no such request. */
export async function loadRequestState(store: Store, requestId: string, at = new Date()): Promise<RequestState | null> {
  const row = await store.selectFrom("request").selectAll().where("id", "=", requestId).executeTakeFirst();
  return row ? ((await withDetails(store, [row], at))[0] ?? null) : null;
}

export interface RequestFilter {
  /** Slack user id. */
  readonly requester?: string;
  readonly statuses?: readonly RequestStatus[];
  readonly entryId?: number;
  /** These alone, whatever a batch's card stands for. */
  readonly ids?: readonly string[];
  /** Also those that a batch's card stands for; a list of somebody's requests names only what failed of them. */
  readonly withBatches?: boolean;
  /** 50 where absent. */
  readonly limit?: number;
}

/** The newest requests first. */
export async function listRequestStates(
  store: Store,
  filter: RequestFilter = {},
  at = new Date(),
): Promise<RequestState[]> {
  const { requester, statuses, entryId, ids, limit = 50 } = filter;
  const { withBatches = entryId !== undefined || ids !== undefined } = filter;
  let query = store.selectFrom("request").selectAll().orderBy("createdAt", "desc").orderBy("id", "desc").limit(limit);
  if (requester !== undefined) query = query.where("requester", "=", requester);
  if (statuses !== undefined) query = query.where("status", "in", [...statuses]);
  if (ids !== undefined) query = query.where("id", "in", [...ids]);
  if (entryId !== undefined) query = query.where("entryId", "=", entryId);
  if (!withBatches) query = query.where((eb) => eb.or([eb("status", "=", "failed"), eb.not(eb.exists(itemOf(eb)))]));
  return withDetails(store, await query.execute(), at);
}

/** The item of a wave that stands for a request: see waves/wave-member.ts. */
function itemOf({ selectFrom }: ExpressionBuilder<Tables, "request">) {
  return selectFrom("waveItem")
    .select("waveItem.position")
    .whereRef("waveItem.envelopeId", "=", "request.envelopeId")
    .whereRef("waveItem.requestVersion", "=", "request.version")
    .where("waveItem.leftCode", "is", null);
}

type RequestRow = Selectable<RequestTable>;
type MigrationRow = Selectable<MigrationTable> & { statementBytes: string };

async function withDetails(store: Store, rows: readonly RequestRow[], at: Date): Promise<RequestState[]> {
  if (rows.length === 0) return [];
  const ids = rows.map(({ id }) => id);
  const decisions = await store
    .selectFrom("decision")
    .selectAll()
    .distinctOn("requestId")
    .where("requestId", "in", ids)
    .orderBy("requestId")
    .orderBy("id", "desc")
    .execute();
  const migrations = await store
    .selectFrom("migration")
    .innerJoin("statement", "statement.id", "migration.statementId")
    .selectAll("migration")
    .select("statement.bytes as statementBytes")
    .distinctOn("migration.requestId")
    .where("migration.requestId", "in", ids)
    .orderBy("migration.requestId")
    .orderBy("migration.attempt", "desc")
    .execute();
  const overflows = await readTagOverflows(
    store,
    rows.map(({ entryId }) => entryId),
  );
  const lanes = await store
    .selectFrom("entryLane")
    .select(["entryId", "reasons"])
    .where("entryId", "in", [...new Set(rows.map(({ entryId }) => entryId))])
    .execute();
  const control = await store.selectFrom("control").select("isPaused").executeTakeFirst();
  const reasonsOf = new Map(lanes.map(({ entryId, reasons }) => [entryId, reasons]));
  const decisionOf = new Map(decisions.map((decision) => [decision.requestId, decision]));
  const migrationOf = new Map(migrations.map((migration) => [migration.requestId, migration]));
  return rows.map((row) =>
    requestState(row, decisionOf.get(row.id), migrationOf.get(row.id), {
      at,
      isPaused: control?.isPaused === true,
      overflow: overflows.get(row.entryId) ?? null,
      laneReasons: reasonsOf.get(row.entryId) ?? [],
    }),
  );
}

function requestState(
  row: RequestRow,
  decision: Selectable<DecisionTable> | undefined,
  migration: MigrationRow | undefined,
  {
    at,
    isPaused,
    ...known
  }: { at: Date; isPaused: boolean; overflow: TagOverflow | null; laneReasons: readonly LaneReason[] },
): RequestState {
  const { id, version, status, entryId, requester, vaultVersion, changes, createdAt, changedAt, expiresAt } = row;
  const state = {
    id,
    version,
    status,
    entryId,
    requester,
    content: Envelope.parse(JSON.parse(row.content)).content,
    vaultVersion,
    changes,
    ...known,
    createdAt,
    changedAt,
    expiresAt,
    // A decision on an older content version says nothing about this one.
    decision: decision?.requestVersion === version ? decisionState(decision) : null,
    migration: migration ? progressState(migration, status, at) : null,
  };
  const isUndoOrdered = migration?.state === "done" && migration.undoOrder !== null;
  return { ...state, nextStep: nextStepOf({ ...state, isUndoOrdered, isPaused }) };
}

function decisionState({ verdict, decidedBy, reason, decidedAt }: Selectable<DecisionTable>): RequestDecision {
  return { verdict, by: decidedBy, reason, at: decidedAt };
}

/** For people to see: nobody acts on it, so the worker's signature is not asked for. */
function written(writes: MigrationRow["writes"]): Pick<MigrationProgress, "targets" | "skippedVersions"> {
  const list = writes && WriteList.safeParse(JSON.parse(writes.bytes)).data;
  if (!list?.isVerified) return { targets: [], skippedVersions: 0 };
  return { targets: writtenTargets(list), skippedVersions: list.skipped.length };
}

function writtenTargets({ targets }: WriteList): WrittenTarget[] {
  return targets.map((target) => ({
    name: target.name,
    arn: target.arn ?? "",
    versionId: versionIdOf(currentOf(target)),
    kind: kindOf(target),
    isAdopted: target.isAdopted,
    olderVersions: target.versions.length - 1,
  }));
}

function progressState(row: MigrationRow, status: RequestStatus, at: Date): MigrationProgress {
  const { id, attempt, state, causeCode, causeText, vaultVersion, writes, comparison } = row;
  const { leaseOpenedAt, leaseClosedAt, startedAt, finishedAt } = row;
  const isValid = new Date(JSON.parse(row.statementBytes).expiresAt) > at;
  return {
    id,
    attempt,
    state,
    causeCode,
    causeText,
    vaultVersion,
    ...written(writes),
    conflict: comparison,
    leaseOpenedAt,
    leaseClosedAt,
    startedAt,
    finishedAt,
    triesAgainAt: row.dueAt,
    canUndo: state === "done" && row.undoOrder === null,
    canRetry: state === "failed" && status === "failed" && isValid,
  };
}
