import { createHash } from "node:crypto";
import { canonicalText } from "../../audit/signing.ts";
import type { Store } from "../../store/open-store.ts";

/** What a batch is made of, in its order. */
export interface BatchDigest {
  readonly number: number;
  readonly itemCount: number;
  /** SHA-256 over each item's envelope id, position and content. */
  readonly digest: string;
}

export interface DigestedItem {
  readonly envelopeId: string;
  readonly position: number;
  readonly content: string;
}

export function digestOfItems(number: number, items: readonly DigestedItem[]): BatchDigest {
  const hash = createHash("sha256");
  for (const { envelopeId, position, content } of items)
    hash.update(`${canonicalText({ envelopeId, position, content })}\n`);
  return { number, itemCount: items.length, digest: hash.digest("hex") };
}

/** One digest over the digests of all batches. */
export function digestOfWave(batches: readonly BatchDigest[]): string {
  return createHash("sha256").update(canonicalText(batches)).digest("hex");
}

/** The digests of the rows as they are now, batch by batch. */
export async function readBatchDigests(store: Store, wave: string): Promise<BatchDigest[]> {
  const batches = await store
    .selectFrom("waveBatch")
    .select("number")
    .where("wave", "=", wave)
    .orderBy("number")
    .execute();
  const digests: BatchDigest[] = [];
  for (const { number } of batches) digests.push(await readBatchDigest(store, wave, number));
  return digests;
}

export async function readBatchDigest(store: Store, wave: string, number: number): Promise<BatchDigest> {
  const items = await store
    .selectFrom("waveItem")
    .select(["envelopeId", "position", "content"])
    .where("wave", "=", wave)
    .where("batch", "=", number)
    .orderBy("position")
    .execute();
  return digestOfItems(number, items);
}
