import { Envelope, type RequestContent } from "../../approvals/content.ts";
import type { Store } from "../../store/open-store.ts";
import { pickSample, SAMPLE_PAGE, samplePages } from "./sample.ts";
import { listWaiting, type WaitingItem } from "./waiting-items.ts";
import { BatchChangedError, BatchNotWaitingError } from "./wave-errors.ts";
import { type BatchKey, type BatchRow, findBatch } from "./wave-rows.ts";

export interface SampleItem {
  readonly requestId: string;
  readonly vaultVersion: number | null;
  readonly content: RequestContent;
  readonly notes: readonly string[];
}

export interface SamplePage {
  readonly wave: string;
  readonly number: number;
  readonly version: number;
  /** 1 is the first. */
  readonly page: number;
  readonly pageCount: number;
  readonly sampleCount: number;
  readonly itemCount: number;
  readonly items: readonly SampleItem[];
}

export interface SamplePlace extends BatchKey {
  /** What the button was drawn with. */
  readonly version: number;
  readonly page: number;
}

/**
 * One page of the sample, from the requests as they were signed.
 * @throws {WaveUnknownError} {BatchNotWaitingError} {BatchChangedError}
 */
export async function showSample(store: Store, { page, ...place }: SamplePlace): Promise<SamplePage> {
  const batch = await waitingBatch(store, place);
  const waiting = await listWaiting(store, batch);
  const sample = pickSample(waiting, batch.sampleSeed ?? "");
  const pageCount = samplePages(waiting.length);
  return {
    wave: batch.wave,
    number: batch.number,
    version: batch.version,
    page,
    pageCount,
    sampleCount: sample.length,
    itemCount: waiting.length,
    items: sample.slice((page - 1) * SAMPLE_PAGE, page * SAMPLE_PAGE).map(sampleItem),
  };
}

function sampleItem({ requestId, vaultVersion, content, notes }: WaitingItem): SampleItem {
  return { requestId, vaultVersion, content: Envelope.parse(JSON.parse(content)).content, notes };
}

/**
 * Notes down that this person has gone through one page of the sample of this version.
 * @throws {WaveUnknownError} {BatchNotWaitingError} {BatchChangedError}
 */
export async function recordLook(
  { store, now }: { store: Store; now: () => Date },
  { page, by, ...place }: SamplePlace & { readonly by: string },
): Promise<void> {
  const { wave, number, version } = await waitingBatch(store, place);
  await store
    .insertInto("waveLook")
    .values({ wave, batch: number, batchVersion: version, by, page, at: now() })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** True if this person has gone through every page of this very version's sample. */
export async function hasLooked(store: Store, batch: BatchRow, by: string, itemCount: number): Promise<boolean> {
  const looks = await store
    .selectFrom("waveLook")
    .select("page")
    .where("wave", "=", batch.wave)
    .where("batch", "=", batch.number)
    .where("batchVersion", "=", batch.version)
    .where("by", "=", by)
    .execute();
  const seen = new Set(looks.map(({ page }) => page));
  return Array.from({ length: samplePages(itemCount) }, (_, index) => index + 1).every((page) => seen.has(page));
}

async function waitingBatch(store: Store, { version, ...key }: BatchKey & { version: number }): Promise<BatchRow> {
  const batch = await findBatch(store, key);
  if (batch.state !== "waiting") throw new BatchNotWaitingError(batch.state, batch.decidedBy);
  if (batch.version !== version) throw new BatchChangedError();
  return batch;
}
