import { createHash } from "node:crypto";

const AT_LEAST = 10;
const SHARE = 0.02;
/** As many as Slack shows on one page of a modal, each with room for its names, tags and notes. */
export const SAMPLE_PAGE = 5;

/** How many of a batch are looked at: ten, or 2 % where that is more. */
export function sampleSize(itemCount: number): number {
  return Math.min(itemCount, Math.max(AT_LEAST, Math.ceil(itemCount * SHARE)));
}

export function samplePages(itemCount: number): number {
  return Math.ceil(sampleSize(itemCount) / SAMPLE_PAGE);
}

/**
 * The sample of a batch: random, and the same for everybody who looks, for the seed is drawn by the bot when the card
 * goes out. Whoever chose the secrets could not know it.
 */
export function pickSample<T extends { readonly envelopeId: string }>(items: readonly T[], seed: string): T[] {
  const rank = ({ envelopeId }: T): string => createHash("sha256").update(`${seed}\n${envelopeId}`).digest("hex");
  return items
    .map((item) => ({ item, rank: rank(item) }))
    .toSorted((a, b) => (a.rank < b.rank ? -1 : 1))
    .slice(0, sampleSize(items.length))
    .map(({ item }) => item);
}
