import { expect } from "vitest";
import { retryMigration } from "../../src/approvals/retry-migration.ts";
import { GloveboxError } from "../../src/errors.ts";
import { causeFor, comesAgain } from "../../src/migration/causes.ts";
import { listUnfinishedMigrations } from "../../src/migration/list-unfinished.ts";
import type { CrashWorld } from "./crash-world.ts";
import { ENGINEER, NOTHING_LEFT } from "./engine-world.ts";

/** A move that failed, with nothing to show for it. */
export const FAILED = { state: "failed", request: "failed", hasReceipt: false, finishedCount: 0, receiptCount: 0 };
/** And nothing is left of it anywhere. */
export const UNTOUCHED = { ...FAILED, isLeaseClosed: true, target: "absent", left: NOTHING_LEFT };
/** A move that waits for its next attempt, with nothing to show for it. */
export const WAITING = { ...UNTOUCHED, state: "queued", request: "approved" };

/** What a person reads on the card. */
export async function causeOf(world: CrashWorld, id: string): Promise<{ code: string | null; text: string }> {
  const { causeCode, causeText } = await world.rowOf(id);
  return { code: causeCode, text: causeText ?? "" };
}

/** One attempt. @returns The code of what it ended with, and waits for or was parked with; null: it is done. */
export async function attempt(world: CrashWorld, id: string, migrate = world.migrate): Promise<string | null> {
  const thrown = await migrate(id).then(
    () => null,
    (error: unknown) => error,
  );
  if (thrown !== null && !(thrown instanceof GloveboxError)) throw thrown;
  const { state, causeCode, dueAt } = await world.rowOf(id);
  if (thrown) {
    // Whatever ends an attempt without ending the migration is written down, with the time of the next one.
    expect([causeCode, dueAt]).toEqual([thrown.code, expect.any(Date)]);
    expect(comesAgain(causeFor(thrown.code)) || state !== "queued").toBe(true);
    return thrown.code;
  }
  if (state === "failed") expect(comesAgain(causeFor(causeCode ?? ""))).toBe(false);
  else expect([state, dueAt]).toEqual(["done", null]);
  return causeCode;
}

/** Time passes: what waits is due. The sweep rings for it, and it goes on until it is over. */
export async function goOn(world: CrashWorld, id: string): Promise<void> {
  for (let left = 5; left > 0; left -= 1) {
    if ((await world.rowOf(id)).state === "done") return;
    for (const isDue of [false, true]) {
      const dueAt = new Date(isDue ? 0 : Date.now() + 3_600_000);
      await world.store.updateTable("migration").set({ dueAt }).where("id", "=", id).execute();
      expect((await ringsFor(world)).includes(id)).toBe(isDue);
    }
    await attempt(world, id);
  }
  throw new Error(`it still waits: ${(await causeOf(world, id)).code}`);
}

const ringsFor = async ({ store }: CrashWorld): Promise<string[]> =>
  (await listUnfinishedMigrations(store, new Date())).map(({ id }) => id);

export async function retry(world: CrashWorld, id: string): Promise<string> {
  const { requestId } = await world.rowOf(id);
  const { migrationId } = await retryMigration(world.decide, { requestId, by: ENGINEER });
  await world.migrate(migrationId);
  return migrationId;
}
