import type { Selectable } from "kysely";
import type { Store } from "../../store/open-store.ts";
import type { WaveBatchTable, WaveItemTable, WaveTable } from "../../store/tables/waves.ts";
import { WaveUnknownError } from "./wave-errors.ts";

export type WaveRow = Selectable<WaveTable>;
export type BatchRow = Selectable<WaveBatchTable>;
export type ItemRow = Selectable<WaveItemTable>;

export interface BatchKey {
  readonly wave: string;
  readonly number: number;
}

/** Locks the wave for this transaction. @throws {WaveUnknownError} */
export async function lockWave(tx: Store, name: string): Promise<WaveRow> {
  const row = await tx.selectFrom("wave").selectAll().where("name", "=", name).forUpdate().executeTakeFirst();
  if (!row) throw new WaveUnknownError();
  return row;
}

/** @throws {WaveUnknownError} */
export async function findWave(store: Store, name: string): Promise<WaveRow> {
  const row = await store.selectFrom("wave").selectAll().where("name", "=", name).executeTakeFirst();
  if (!row) throw new WaveUnknownError();
  return row;
}

/** Locks the batch for this transaction: after its wave, where both are locked. @throws {WaveUnknownError} */
export async function lockBatch(tx: Store, { wave, number }: BatchKey): Promise<BatchRow> {
  const row = await batchQuery(tx, { wave, number }).forUpdate().executeTakeFirst();
  if (!row) throw new WaveUnknownError();
  return row;
}

/** @throws {WaveUnknownError} */
export async function findBatch(store: Store, { wave, number }: BatchKey): Promise<BatchRow> {
  const row = await batchQuery(store, { wave, number }).executeTakeFirst();
  if (!row) throw new WaveUnknownError();
  return row;
}

function batchQuery(store: Store, { wave, number }: BatchKey) {
  return store.selectFrom("waveBatch").selectAll().where("wave", "=", wave).where("number", "=", number);
}

export async function listBatches(store: Store, wave: string): Promise<BatchRow[]> {
  return store.selectFrom("waveBatch").selectAll().where("wave", "=", wave).orderBy("number").execute();
}

/** Changes a batch; its card follows. */
export async function setBatch(
  tx: Store,
  { wave, number }: BatchKey,
  at: Date,
  changes: Partial<Omit<BatchRow, "wave" | "number">>,
): Promise<void> {
  await tx
    .updateTable("waveBatch")
    .set({ ...changes, changedAt: at })
    .where("wave", "=", wave)
    .where("number", "=", number)
    .execute();
}

/** The item goes its own way: from here on its request has cards and notices like any other. */
export async function leaveBatch(
  tx: Store,
  envelopeId: string,
  { code, text, at }: { code: string; text: string; at: Date },
): Promise<void> {
  await tx
    .updateTable("waveItem")
    .set({ leftCode: code, leftText: text, leftAt: at })
    .where("envelopeId", "=", envelopeId)
    .where("leftCode", "is", null)
    .execute();
}
