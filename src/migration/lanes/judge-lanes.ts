import { sql } from "kysely";
import { isKeyValue } from "../../catalog/catalog-source.ts";
import { type Coverage, coverageOf } from "../../catalog/usage/coverage.ts";
import { ownersOf } from "../../metadata/owner-of.ts";
import { type Team, teamNamed } from "../../metadata/team.ts";
import type { Store } from "../../store/open-store.ts";
import type { EntryLaneTable } from "../../store/tables/lanes.ts";
import { laneOf } from "../lane-of.ts";
import type { LaneDeps } from "./load-lane.ts";
import { readLaneKnowledge } from "./read-lane-knowledge.ts";

export interface LaneJudgement {
  readonly judgedAt: Date;
  readonly entryCount: number;
  readonly tookMs: number;
  /** What the audit logs covered; null where none was read, so that nothing is known of use. */
  readonly evidence: Coverage | null;
}

/** Few enough that the event loop gets its turn, many enough that the queries don't count. */
const PAGE_SIZE = 1_000;

/**
 * Judges the lane of every entry, what is gone from Vault too, and writes down what changed. Whole pages at a time: the
 * estate is never in memory. Two at once do no harm: both write the same.
 */
export async function judgeLanes({ store, limits, now }: LaneDeps): Promise<LaneJudgement> {
  const judgedAt = now();
  const startedMs = performance.now();
  const evidence = await coverageOf(store, judgedAt);
  let entryCount = 0;
  for (let lastId = 0; ; ) {
    const page = await readPage(store, lastId);
    const last = page.at(-1);
    if (last === undefined) break;
    await judgePage(store, page, { limits, at: judgedAt });
    entryCount += page.length;
    lastId = last.id;
  }
  const judgement = { judgedAt, entryCount, tookMs: Math.round(performance.now() - startedMs), evidence };
  await keepJudgement(store, judgement);
  return judgement;
}

function readPage(store: Store, lastId: number) {
  return store
    .selectFrom("entry")
    .select(["id", "namespace", "mount", "path", "engine", "keyNames"])
    .where("id", ">", lastId)
    .orderBy("id")
    .limit(PAGE_SIZE)
    .execute();
}

type Page = Awaited<ReturnType<typeof readPage>>;

async function judgePage(store: Store, page: Page, { limits, at }: { limits: LaneDeps["limits"]; at: Date }) {
  const entryIds = page.map(({ id }) => id);
  const teams = limits.teams ?? [];
  const knownOf = await readLaneKnowledge(store, { entryIds, teams, now: at });
  const ownerOf = await ownersOf(store, teams, entryIds);
  const rows = page.map(({ id, ...entry }) => {
    const known = knownOf(id);
    const { lane, reasons } = laneOf({ ...entry, ...known }, limits);
    const type = isKeyValue(entry) ? known.purpose : `role of ${entry.engine}`;
    return { entryId: id, lane, reasons, type, team: teamOf(ownerOf(id), teams) };
  });
  await writeLanes(store, rows);
}

/** A guess from names counts only if it names a team that there is: any folder may come first in a path. */
function teamOf(
  { team, basis }: { readonly team: string | null; readonly basis: string },
  teams: readonly Team[],
): string | null {
  if (team === null || basis !== "names" || teams.length === 0) return team;
  return teamNamed(teams, team)?.name ?? null;
}

type LaneRow = Omit<EntryLaneTable, "reasons"> & { readonly reasons: readonly object[] };

/** A row that stays as it was is not written: most of an estate stays. */
async function writeLanes(store: Store, rows: readonly LaneRow[]): Promise<void> {
  const judged = rows.map(({ entryId: entry_id, ...row }) => ({ entry_id, ...row }));
  await sql`
    insert into entry_lane as known (entry_id, lane, reasons, type, team)
    select entry_id, lane, reasons, type, team
    from jsonb_to_recordset(${JSON.stringify(judged)}::jsonb)
      as judged (entry_id bigint, lane text, reasons jsonb, type text, team text)
    on conflict (entry_id) do update set
      lane = excluded.lane, reasons = excluded.reasons, type = excluded.type, team = excluded.team
    where (known.lane, known.reasons, known.type, known.team)
      is distinct from (excluded.lane, excluded.reasons, excluded.type, excluded.team)
  `.execute(store);
}

async function keepJudgement(store: Store, { evidence, ...judgement }: LaneJudgement): Promise<void> {
  const row = { ...judgement, evidenceFrom: evidence?.from ?? null, evidenceTo: evidence?.to ?? null };
  await store
    .insertInto("laneJudgement")
    .values(row)
    .onConflict((conflict) => conflict.column("isLatest").doUpdateSet(row))
    .execute();
}

/** The newest judgement, or null: nobody has judged yet. */
export async function lastJudgement(store: Store): Promise<LaneJudgement | null> {
  const row = await store.selectFrom("laneJudgement").selectAll().executeTakeFirst();
  if (row === undefined) return null;
  const { judgedAt, entryCount, tookMs, evidenceFrom: from, evidenceTo: to } = row;
  return { judgedAt, entryCount, tookMs, evidence: from === null || to === null ? null : { from, to } };
}
