import { type ChainLink, GENESIS_HASH, linkHash } from "./append-event.ts";
import { type Checkpoint, isGenuineCheckpoint } from "./checkpoint.ts";
import type { Keyring } from "./signing.ts";

export interface ChainVerdict {
  readonly isOk: boolean;
  /** What is wrong, for people, in the order of the chain. */
  readonly faults: readonly string[];
  readonly linkCount: number;
  /** The newest event that a genuine checkpoint vouches for; 0 without one. Later events can be cut off unnoticed. */
  readonly vouchedSeq: number;
}

/**
 * Checks a whole chain, first event to last. The hashes show what was altered, deleted or reordered; only the signed
 * checkpoints show that the end was cut off or that the whole chain was made anew.
 * @param links In the order of the export.
 * @param keyring The public keys that sign checkpoints.
 */
export function verifyChain(
  links: readonly ChainLink[],
  keyring: Keyring,
  checkpoints: readonly Checkpoint[],
): ChainVerdict {
  const faults = [
    ...links.flatMap((link, index) => linkFaults(link, links[index - 1])),
    ...checkpointFaults(links, keyring, checkpoints),
  ];
  const genuine = checkpoints.filter((checkpoint) => isGenuineCheckpoint(keyring, checkpoint));
  const vouchedSeq = Math.max(0, ...genuine.map(({ seq }) => seq));
  return { isOk: faults.length === 0, faults, linkCount: links.length, vouchedSeq };
}

/** What is wrong with one link, given the one before it (undefined: it must be the first of all). */
export function linkFaults(link: ChainLink, previous: Pick<ChainLink, "seq" | "hash"> | undefined): string[] {
  const { seq, hash } = previous ?? { seq: 0, hash: GENESIS_HASH };
  if (link.seq !== seq + 1) return [`Event ${seq + 1} should follow event ${seq}, and event ${link.seq} does.`];
  if (link.previousHash !== hash) return [`Event ${link.seq} does not follow from event ${seq} as it stands here.`];
  if (linkHash(link) !== link.hash) return [`Event ${link.seq} was altered.`];
  return [];
}

function checkpointFaults(links: readonly ChainLink[], keyring: Keyring, checkpoints: readonly Checkpoint[]): string[] {
  const hashes = new Map(links.map(({ seq, hash }) => [seq, hash]));
  return checkpoints.flatMap((checkpoint) => {
    const { seq, hash, keyId } = checkpoint;
    if (!isGenuineCheckpoint(keyring, checkpoint))
      return [`The checkpoint at event ${seq} is not signed by a key that you gave (${keyId}).`];
    const found = hashes.get(seq);
    if (found === undefined) return [`Event ${seq} is missing, and a signed checkpoint says that it was there.`];
    if (found !== hash) return [`Event ${seq} is not the one that the signed checkpoint saw.`];
    return [];
  });
}
