import { sql } from "kysely";
import { GloveboxError } from "../errors.ts";
import type { Store } from "../store/open-store.ts";

/** Another worker holds the fence, or held it when it died. Whoever holds it finishes or times out. */
export class FenceHeldError extends GloveboxError {
  readonly code = "FENCE_HELD";
  readonly userMessage = "Another worker is moving a secret just now. This one waits its turn; there is nothing to do.";
  override readonly retryable = true;
  /** Nobody can take it later than then, unless its holder lives and moves the deadline on. */
  readonly freeInSeconds: number;
  constructor(freeInSeconds: number) {
    super("the fence is held");
    this.freeInSeconds = freeInSeconds;
  }
}

/** We held the fence and its deadline passed: a successor may be at work, so nothing more may be written. */
export class FenceLostError extends GloveboxError {
  readonly code = "FENCE_LOST";
  readonly userMessage =
    "This worker was too slow and another took over, so it stopped. The other one finishes or undoes the move.";
  override readonly retryable = true;
  constructor() {
    super("the fence was lost: its number or deadline has passed");
  }
}

export interface Fence {
  /** Grows with every holder. Every journal write names it. */
  readonly number: number;
  /** The admin token that the holder before us journaled and did not clear: it must be revoked first of all. */
  readonly leftAdminAccessor: string | null;
}

/**
 * Takes the one right to move a secret, by the database's clock.
 * @throws {FenceHeldError} Somebody holds it and their deadline has not passed.
 */
export async function takeFence(store: Store, holder: string, seconds: number): Promise<Fence> {
  const { rows } = await sql<Fence>`select * from take_fence(${holder}, ${seconds})`.execute(store);
  const [taken] = rows;
  if (!taken) return throwFenceHeld(store);
  return taken;
}

/** By the database's clock. @throws {FenceHeldError} */
export async function throwFenceHeld(store: Store): Promise<never> {
  const { freeInSeconds } = await store
    .selectFrom("fence")
    .select(
      sql<number>`coalesce(greatest(0, extract(epoch from deadline - clock_timestamp())), 0)::double precision`.as(
        "freeInSeconds",
      ),
    )
    .executeTakeFirstOrThrow();
  throw new FenceHeldError(freeInSeconds);
}

/** Moves the deadline on. @throws {FenceLostError} */
export async function renewFence(store: Store, number: number, seconds: number): Promise<void> {
  await changeHeld(store, number, { deadline: deadlineIn(seconds) });
}

/** Journals which admin token a successor must revoke. @throws {FenceLostError} */
export async function noteAdminAccessor(store: Store, number: number, adminAccessor: string | null): Promise<void> {
  await changeHeld(store, number, { adminAccessor });
}

/** Gives the fence back. Does nothing if it is no longer ours, or given back already. */
export async function releaseFence(store: Store, number: number): Promise<void> {
  await store
    .updateTable("fence")
    .set({ holder: null, deadline: null })
    .where("id", "=", 1)
    .where("number", "=", number)
    .where("deadline", "is not", null)
    .execute();
}

/** Holds the fence's row until the surrounding transaction ends, so that no successor can take it meanwhile. */
export async function assertFence(tx: Store, number: number): Promise<void> {
  await sql`select ${holdingFence(number)}`.execute(tx).catch(throwFenceLost);
}

/** The call that does so, for a statement that does more: all of it is undone where the fence was lost. */
export const holdingFence = (number: number) => sql<number>`hold_fence(${number})`;

const FENCE_LOST_STATE = "GBF01"; // as hold_fence raises it

/** For the failure of a statement with `holdingFence` in it. @throws {FenceLostError} or `error` as it is. */
export function throwFenceLost(error: unknown): never {
  const isLost = error instanceof Error && "code" in error && error.code === FENCE_LOST_STATE;
  throw isLost ? new FenceLostError() : error;
}

async function changeHeld(
  store: Store,
  number: number,
  change: { deadline?: ReturnType<typeof deadlineIn>; adminAccessor?: string | null },
): Promise<void> {
  const result = await store
    .updateTable("fence")
    .set(change)
    .where("id", "=", 1)
    .where("number", "=", number)
    .where("deadline", ">", sql<Date>`clock_timestamp()`)
    .executeTakeFirst();
  if (result.numUpdatedRows === 0n) throw new FenceLostError();
}

const deadlineIn = (seconds: number) => sql<Date>`clock_timestamp() + make_interval(secs => ${seconds})`;
