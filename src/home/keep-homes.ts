import { sql } from "kysely";
import type { Store } from "../store/open-store.ts";
import { HomePlace } from "./home-place.ts";

/** A Home tab that is to be drawn now. */
export interface DueHome {
  readonly userId: string;
  readonly place: HomePlace;
  readonly hash: string | null;
  /** How many wishes were known when it was taken up: a later one draws it once more. */
  readonly wishes: number;
  readonly failures: number;
}

/** Whoever opened it longer ago has gone: their next opening draws it anew. */
const KEPT_FRESH_MINUTES = 60;
/** Longer than a drawing takes. After a crash it is drawn by the next look past this. */
const DRAWING_SECONDS = 30;
const GIVES_UP_AFTER = 5;

/** Somebody opened their Home tab, or leafed in it: it is drawn at once. */
export async function askForHome(store: Store, userId: string, place: HomePlace): Promise<void> {
  const written = JSON.stringify(place);
  const now = sql<Date>`clock_timestamp()`;
  await store
    .insertInto("home")
    .values({ userId, openedAt: now, place: written, wishes: 1, dueAt: now })
    .onConflict((conflict) =>
      conflict.column("userId").doUpdateSet({
        ...{ openedAt: now, place: written, dueAt: now, failures: 0 },
        wishes: sql<number>`home.wishes + 1`,
      }),
    )
    .execute();
}

/**
 * Something changed that Home tabs show: those that were opened lately and show one of the subjects are drawn again,
 * each at most once in `gapSeconds`.
 */
export async function redrawHomes(store: Store, subjects: readonly string[], gapSeconds = 3): Promise<void> {
  if (subjects.length === 0) return;
  await wishAgain(store, gapSeconds, sql<boolean>`watches && ${[...subjects]}::text[]`);
}

/** Much has changed at once, as after a crawl. */
export async function redrawAllHomes(store: Store, gapSeconds = 3): Promise<void> {
  await wishAgain(store, gapSeconds, sql<boolean>`true`);
}

async function wishAgain(store: Store, gapSeconds: number, isMeant: ReturnType<typeof sql<boolean>>): Promise<void> {
  await sql`
    update home set wishes = wishes + 1, due_at = least(due_at, greatest(
      clock_timestamp(), drawn_at + make_interval(secs => ${gapSeconds})))
    where opened_at > clock_timestamp() - make_interval(mins => ${KEPT_FRESH_MINUTES}) and ${isMeant}
  `.execute(store);
}

/** Takes up the one that was opened last of those that are due, so that nobody else draws it meanwhile. */
export async function takeDueHome(store: Store): Promise<DueHome | null> {
  await sql`
    update home set due_at = null
    where due_at <= clock_timestamp() and opened_at <= clock_timestamp() - make_interval(mins => ${KEPT_FRESH_MINUTES})
  `.execute(store);
  const { rows } = await sql<Omit<DueHome, "place"> & { place: unknown }>`
    update home set due_at = clock_timestamp() + make_interval(secs => ${DRAWING_SECONDS})
    where user_id = (select user_id from home where due_at <= clock_timestamp() order by opened_at desc limit 1
      for update skip locked)
    returning user_id, place, hash, wishes, failures
  `.execute(store);
  const [row] = rows;
  return row ? { ...row, place: HomePlace.parse(row.place) } : null;
}

/** It stands in Slack. What was wished for while it was drawn stays due: a person's click at once. */
export async function homeDrawn(
  store: Store,
  { userId, wishes }: DueHome,
  drawn: { readonly hash: string; readonly place: HomePlace; readonly watches: readonly string[] },
): Promise<void> {
  await sql`
    update home set hash = ${drawn.hash}, watches = ${[...drawn.watches]}, failures = 0, drawn_at = clock_timestamp(),
      place = case when wishes = ${wishes} then ${JSON.stringify(drawn.place)}::jsonb else place end,
      due_at = case when wishes = ${wishes} then null else due_at end
    where user_id = ${userId}
  `.execute(store);
}

/** Slack is limiting us: it keeps its turn, and nothing was wrong with it. */
export async function homeWaits(store: Store, { userId }: DueHome, seconds: number): Promise<void> {
  await sql`update home set due_at = clock_timestamp() + make_interval(secs => ${seconds}) where user_id = ${userId}`.execute(
    store,
  );
}

/** It could not be drawn: later again, each time longer, and in the end not before somebody opens it or it changes. */
export async function homeFailed(store: Store, { userId, failures }: DueHome): Promise<void> {
  const next =
    failures + 1 < GIVES_UP_AFTER
      ? sql`clock_timestamp() + make_interval(secs => ${2 ** (failures + 2)})`
      : sql`null::timestamptz`;
  await sql`update home set failures = failures + 1, due_at = ${next} where user_id = ${userId}`.execute(store);
}
