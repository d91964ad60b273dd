import { type RawBuilder, sql } from "kysely";
import { spellingsOf } from "../metadata/team.ts";
import type { RequestState } from "../migration/request-state.ts";
import type { Store } from "../store/open-store.ts";
import type { HomePerson } from "./home-person.ts";
import { statesInOrder } from "./my-requests.ts";
import type { Slice } from "./page-of.ts";

/** One thing that waits for one person. */
export type WaitingItem =
  | { readonly kind: "decision" | "failure"; readonly request: RequestState }
  | {
      readonly kind: "batch";
      readonly wave: string;
      readonly number: number;
      readonly version: number;
      readonly requester: string;
      readonly itemCount: number;
      readonly since: Date;
    }
  | { readonly kind: "draft"; readonly wave: string; readonly itemCount: number; readonly since: Date }
  | {
      readonly kind: "case";
      readonly caseId: string;
      readonly version: number;
      readonly topic: string;
      readonly openedBy: string;
      readonly isTheirs: boolean;
      readonly since: Date;
    }
  | {
      readonly kind: "owner";
      readonly entryId: number;
      readonly fullPath: string;
      /** Recorded as the owner; null: nobody is. */
      readonly owner: string | null;
      /** Teams that it was before, and teams whose members say that it is not theirs. */
      readonly alsoClaimedBy: readonly string[];
      readonly disownedBy: readonly string[];
      readonly since: Date;
    };

/** What changes it, as the outbox names it. */
export function subjectOf(item: WaitingItem): string {
  switch (item.kind) {
    case "decision":
    case "failure":
      return `request:${item.request.id}`;
    case "batch":
      return `wave-batch:${item.wave}_${item.number}`;
    case "draft":
      return `wave:${item.wave}`;
    case "case":
      return `case:${item.caseId}`;
    case "owner":
      return `entry:${item.entryId}`;
  }
}

interface Row {
  readonly kind: WaitingItem["kind"] | null;
  readonly id: string;
  readonly since: Date;
  readonly detail: Readonly<Record<string, unknown>>;
  readonly total: number;
}

/**
 * Everything that waits for a person, what holds others up first, the oldest first: requests and batches to decide,
 * drafts of waves in their name, their own requests that failed, cases, and secrets that two teams claim or none wants.
 */
export async function listWaitingForMe(
  store: Store,
  person: HomePerson,
  { limit, offset }: Slice,
): Promise<{ rows: readonly WaitingItem[]; total: number }> {
  const parts = [
    ...(person.isApprover ? [requestsToDecide(person), batchesToDecide(person)] : []),
    draftsOf(person),
    failuresOf(person),
    ...(person.isStaff ? [casesFor(person)] : []),
    ...(person.isStaff || person.teams.length > 0 ? [ownersToSettle(person)] : []),
  ];
  const { rows } = await sql<Row>`
    with listed as (${sql.join(parts, sql` union all `)}),
      page as (select * from listed order by rank, since, id limit ${limit} offset ${offset})
    select page.*, counted.total from (select count(*)::float8 as total from listed) as counted
      left join page on true order by page.rank, page.since, page.id
  `.execute(store);
  const requestIds = rows.flatMap(({ kind, id }) => (kind === "decision" || kind === "failure" ? [id] : []));
  const requests = new Map((await statesInOrder(store, requestIds)).map((state) => [state.id, state]));
  return { rows: rows.flatMap((row) => itemOf(row, requests)), total: rows[0]?.total ?? 0 };
}

/** A batch's card stands for its requests. */
const isOfBatch = sql<boolean>`exists (select from wave_item as item where item.envelope_id = request.envelope_id
  and item.request_version = request.version and item.left_code is null)`;

const requestsToDecide = ({ userId }: HomePerson): RawBuilder<unknown> => sql`
  select 1 as rank, 'decision' as kind, id, created_at as since, '{}'::jsonb as detail
  from request where status = 'waiting' and requester <> ${userId} and not ${isOfBatch}`;

const batchesToDecide = ({ userId }: HomePerson): RawBuilder<unknown> => sql`
  select 2, 'batch', batch.wave || '_' || batch.number, batch.asked_at, jsonb_build_object('wave', batch.wave,
    'number', batch.number, 'version', batch.version, 'requester', wave.requester, 'itemCount', (
      select count(*) from wave_item as item join request on request.envelope_id = item.envelope_id
        and request.version = item.request_version
      where item.wave = batch.wave and item.batch = batch.number and item.left_code is null
        and request.status = 'waiting'))
  from wave_batch as batch join wave on wave.name = batch.wave
  where batch.state = 'waiting' and wave.requester <> ${userId}`;

const draftsOf = ({ userId }: HomePerson): RawBuilder<unknown> => sql`
  select 3 as rank, 'draft' as kind, name as id, created_at as since, jsonb_build_object('wave', name, 'itemCount',
    (select count(*) from wave_item where wave_item.wave = wave.name)) as detail
  from wave where requester = ${userId} and state = 'draft'`;

const failuresOf = ({ userId }: HomePerson): RawBuilder<unknown> => sql`
  select 4, 'failure', id, changed_at, '{}'::jsonb from request where requester = ${userId} and status = 'failed'`;

const casesFor = ({ userId }: HomePerson): RawBuilder<unknown> => sql`
  select 5, 'case', id, opened_at, jsonb_build_object('version', version, 'topic', topic, 'openedBy', opened_by,
    'isTheirs', status = 'claimed')
  from support_case where opened_by <> ${userId} and (status = 'open' or (status = 'claimed' and claimed_by = ${userId}))`;

/** Staff settle all of them; a team's members see those in which their team is named. */
function ownersToSettle({ teams, isStaff, visible }: HomePerson): RawBuilder<unknown> {
  const names = teams.map(({ name }) => name);
  const spellings = teams.flatMap(spellingsOf);
  return sql`
    select 6, 'owner', entry.id::text, min(word.said_at), jsonb_build_object('fullPath', entry.full_path,
      'owner', max(owner.value),
      'alsoClaimedBy', coalesce(jsonb_agg(word.team order by word.id) filter (where word.kind = 'ours-too'), '[]'),
      'disownedBy', coalesce(jsonb_agg(word.team order by word.id) filter (where word.kind = 'not-ours'), '[]'))
    from owner_contradiction as word join entry on entry.id = word.entry_id
      left join metadata_confirmation as owner on owner.entry_id = entry.id and owner.field = 'ownerTeam'
    where word.settled_at is null and entry.gone_at is null and ${visible}
    group by entry.id
    having (bool_or(word.kind = 'ours-too')
        or bool_or(word.kind = 'not-ours' and lower(owner.value) = lower(word.team)))
      and (${isStaff} or lower(max(owner.value)) = any(${spellings}::text[]) or bool_or(word.team = any(${names}::text[])))`;
}

function itemOf({ kind, id, since, detail }: Row, requests: ReadonlyMap<string, RequestState>): WaitingItem[] {
  const request = requests.get(id);
  switch (kind) {
    case null: // the count alone
      return [];
    case "decision":
    case "failure":
      return request ? [{ kind, request }] : [];
    case "case":
      return [
        { kind, caseId: id, since, ...(detail as Pick<CaseItem, "version" | "topic" | "openedBy" | "isTheirs">) },
      ];
    case "owner":
      return [{ kind, entryId: Number(id), since, ...(detail as Omit<OwnerItem, "kind" | "entryId" | "since">) }];
    case "draft":
      return [{ kind, since, ...(detail as { wave: string; itemCount: number }) }];
    case "batch":
      return [{ kind, since, ...(detail as Omit<BatchItem, "kind" | "since">) }];
  }
}

type CaseItem = Extract<WaitingItem, { kind: "case" }>;
type OwnerItem = Extract<WaitingItem, { kind: "owner" }>;
type BatchItem = Extract<WaitingItem, { kind: "batch" }>;
