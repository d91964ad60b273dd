import { sql } from "kysely";
import type { Store } from "../../store/open-store.ts";
import type { RequestStatus } from "../../store/tables/requests.ts";
import { type LaneJudgement, lastJudgement } from "../lanes/judge-lanes.ts";
import { type CatalogueAge, catalogueAge } from "../plan/catalogue-age.ts";
import { type CountRow, type Dimension, type GroupCounts, groupCounts, totalOf } from "./progress-counts.ts";

export interface ProgressReport {
  readonly asOf: Date;
  readonly whole: GroupCounts;
  /** The largest first, the unknown last. */
  readonly by: Readonly<Record<Dimension, readonly GroupCounts[]>>;
  /** How old the lanes are; null: nobody has judged yet. */
  readonly judgement: LaneJudgement | null;
  readonly catalogue: CatalogueAge;
}

/** The state that a secret's newest request gives it; without one: whether anybody or anything says what it is. */
const STATE_OF_STATUS = {
  waiting: "asked",
  approved: "approved",
  migrating: "moving",
  migrated: "moved",
  failed: "failed",
  undone: "stopped",
  rejected: "stopped",
  expired: "stopped",
  withdrawn: "stopped",
} as const satisfies Record<RequestStatus, string>;

/**
 * How far the estate has come: what is in Vault, and what was moved and is no longer there. States are those of this
 * moment, lanes those of the last judgement. One statement, so the counts add up.
 */
export async function countProgress(store: Store, now: Date): Promise<ProgressReport> {
  const { rows } = await sql<CountRow & { readonly dimension: Dimension | null; readonly name: string }>`
    with newest as (
      select distinct on (entry_id) entry_id, status from request order by entry_id, created_at desc, id desc
    ),
    state_of as (select key as status, value as state from jsonb_each_text(${JSON.stringify(STATE_OF_STATUS)}::jsonb)),
    counted as (
      select judged.lane, coalesce(judged.team, '') as team, entry.namespace, coalesce(judged.type, '') as type,
        concat_ws('/', nullif(entry.namespace, ''), entry.mount) as mount,
        case when entry.gone_at is not null then 'cleaned'
          else coalesce(state_of.state, case when judged.type is null then 'found' else 'identified' end) end as state
      from entry
        left join entry_lane judged on judged.entry_id = entry.id
        left join newest on newest.entry_id = entry.id
        left join state_of on state_of.status = newest.status
      where entry.gone_at is null or newest.status = 'migrated'
    )
    select case when grouping(team) = 0 then 'team' when grouping(namespace) = 0 then 'namespace'
        when grouping(type) = 0 then 'type' when grouping(mount) = 0 then 'mount' end as dimension,
      coalesce(team, namespace, type, mount, '') as name, lane, state, count(*)::integer as count
    from counted
    group by grouping sets
      ((lane, state), (team, lane, state), (namespace, lane, state), (type, lane, state), (mount, lane, state))
  `.execute(store);
  const groupsOf = (dimension: Dimension): GroupCounts[] =>
    [
      ...Map.groupBy(
        rows.filter((row) => row.dimension === dimension),
        ({ name }) => name,
      ),
    ]
      .map(([name, own]) => groupCounts(name, own))
      .toSorted((a, b) => Number(isUnknown(dimension, a)) - Number(isUnknown(dimension, b)) || bySize(a, b));
  return {
    asOf: now,
    whole: groupCounts(
      "",
      rows.filter(({ dimension }) => dimension === null),
    ),
    by: {
      team: groupsOf("team"),
      namespace: groupsOf("namespace"),
      type: groupsOf("type"),
      mount: groupsOf("mount"),
    },
    judgement: await lastJudgement(store),
    catalogue: await catalogueAge(store),
  };
}

const bySize = (a: GroupCounts, b: GroupCounts): number => totalOf(b) - totalOf(a) || (a.name < b.name ? -1 : 1);

/** The root namespace has no name and is known all the same. */
export const isUnknown = (dimension: Dimension, { name }: Pick<GroupCounts, "name">): boolean =>
  name === "" && dimension !== "namespace";
