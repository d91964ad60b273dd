import type { Store } from "../../store/open-store.ts";

/** Ends that say nothing of the next secret: this one alone changed, or somebody stopped the run. */
const NO_SIGN = ["VERSION_MOVED", "APPROVAL_EXPIRED", "GATE_PAUSED", "GATE_STALE_ASK", "REQUEST_CHANGED"];

export interface EndedAttempt {
  readonly requestId: string;
  readonly isDone: boolean;
  readonly causeCode: string | null;
  readonly finishedAt: Date;
}

/** The newest ends of a wave's attempts since `since`, the newest first. */
export async function listEnds(store: Store, wave: string, since: Date | null, limit: number): Promise<EndedAttempt[]> {
  const rows = await store
    .selectFrom("migration")
    .innerJoin("waveItem", "waveItem.requestId", "migration.requestId")
    .select(["migration.requestId", "migration.state", "migration.causeCode", "migration.finishedAt"])
    .where("waveItem.wave", "=", wave)
    .where("migration.state", "in", ["done", "failed"])
    .where(({ eb, or, and }) =>
      or([eb("migration.state", "=", "done"), and([eb("migration.causeCode", "not in", NO_SIGN)])]),
    )
    .where("migration.finishedAt", "is not", null)
    .$if(since !== null, (query) => query.where("migration.finishedAt", ">=", since))
    .orderBy("migration.finishedAt", "desc")
    .limit(limit)
    .$narrowType<{ finishedAt: Date }>()
    .execute();
  return rows.map(({ requestId, state, causeCode, finishedAt }) => ({
    requestId,
    isDone: state === "done",
    causeCode,
    finishedAt,
  }));
}

/** The failures at the end of the row, the newest first. */
export function failuresInARow(ends: readonly EndedAttempt[]): readonly EndedAttempt[] {
  const firstDone = ends.findIndex(({ isDone }) => isDone);
  return firstDone < 0 ? ends : ends.slice(0, firstDone);
}

/** Attempts of a wave that are released and have not ended. */
export async function countUnderWay(store: Store, wave: string): Promise<number> {
  const { count } = await store
    .selectFrom("migration")
    .innerJoin("waveItem", "waveItem.requestId", "migration.requestId")
    .select(({ fn }) => fn.countAll<number>().as("count"))
    .where("waveItem.wave", "=", wave)
    .where("migration.state", "not in", ["done", "failed", "undone"])
    .where(({ eb, or }) => or([eb("migration.isHeld", "=", false), eb("migration.state", "!=", "queued")]))
    .executeTakeFirstOrThrow();
  return count;
}

/** How often the gate has opened within the hour before `at`, for whatever request. */
export async function countOpenings(store: Store, at: Date): Promise<number> {
  const { count } = await store
    .selectFrom("gateAsk")
    .select(({ fn }) => fn.countAll<number>().as("count"))
    .where("kind", "=", "open")
    .where("refusalCode", "is", null)
    .where("answeredAt", ">", new Date(at.getTime() - 3_600_000))
    .executeTakeFirstOrThrow();
  return count;
}
