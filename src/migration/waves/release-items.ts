import type { Store } from "../../store/open-store.ts";
import { pauseWave } from "./control-wave.ts";
import { countOpenings, countUnderWay, type EndedAttempt, failuresInARow, listEnds } from "./wave-attempts.ts";
import type { WaveDeps } from "./wave-deps.ts";
import type { WaveRow } from "./wave-rows.ts";

/** Rung ahead of the worker, which takes one at a time: it must not wait for us, and a pause should be quick. */
const AHEAD = 5;

/**
 * How many more may go to the worker now. Never so many that, should all of them fail, more than `stopAfter` had failed
 * in a row; and never more than the gate opens for.
 */
export function slotsNow(state: {
  readonly stopAfter: number;
  readonly failedInARow: number;
  readonly underWay: number;
  readonly opened: number;
  readonly maxPerHour: number;
}): number {
  const { stopAfter, failedInARow, underWay, opened, maxPerHour } = state;
  const byFailures = Math.min(AHEAD, stopAfter - failedInARow) - underWay;
  return Math.max(0, Math.min(byFailures, maxPerHour - opened - underWay));
}

/**
 * Hands the next approved items of a running wave to the worker, in their order, or pauses the wave after too many
 * failures in a row. All it knows is in Postgres: it may die anywhere, and run anywhere.
 */
export async function releaseItems(deps: WaveDeps, wave: WaveRow): Promise<void> {
  const { store, now, maxPerHour } = deps;
  const { stopAfter } = wave;
  const failures = failuresInARow(await listEnds(store, wave.name, wave.startedAt, stopAfter));
  if (failures.length >= stopAfter) {
    await pauseWave(deps, { wave: wave.name, by: "glovebox", reason: sayFailures(failures) });
    return;
  }
  const slots = slotsNow({
    ...{ stopAfter, maxPerHour, failedInARow: failures.length },
    underWay: await countUnderWay(store, wave.name),
    opened: await countOpenings(store, now()),
  });
  if (slots === 0) return;
  for (const { id, attempt } of await release(store, wave.name, slots)) await deps.ringMigration(id, attempt);
}

function sayFailures(failures: readonly EndedAttempt[]): string {
  const each = failures.toReversed().map(({ requestId, causeCode }) => `${requestId} (${causeCode ?? "unknown"})`);
  return `${failures.length} failed in a row: ${each.join(", ")}`;
}

/** From this commit on the sweep rings for them as well: a ring that is lost with this process changes nothing. */
async function release(store: Store, wave: string, slots: number): Promise<{ id: string; attempt: number }[]> {
  return store.transaction().execute(async (tx) => {
    const row = await tx.selectFrom("wave").select("state").where("name", "=", wave).forUpdate().executeTakeFirst();
    const control = await tx.selectFrom("control").select("isPaused").executeTakeFirst();
    if (row?.state !== "running" || control?.isPaused !== false) return [];
    const next = await tx
      .selectFrom("migration")
      .innerJoin("waveItem", "waveItem.requestId", "migration.requestId")
      .innerJoin("request", "request.id", "migration.requestId")
      .select("migration.id")
      .where("waveItem.wave", "=", wave)
      .where("migration.isHeld", "=", true)
      .where("migration.state", "=", "queued")
      .where("request.status", "=", "approved")
      .orderBy("waveItem.position")
      .limit(slots)
      .execute();
    if (next.length === 0) return [];
    return tx
      .updateTable("migration")
      .set({ isHeld: false })
      .where(
        "id",
        "in",
        next.map(({ id }) => id),
      )
      .returning(["id", "attempt"])
      .execute();
  });
}
