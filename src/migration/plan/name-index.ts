import type { TargetRef } from "../../approvals/content.ts";
import { placeKey } from "../../approvals/target-places.ts";

/** Who wants one place in AWS. */
export interface SharedPlace {
  /** Entries not asked for yet, which would get the name by the template. */
  readonly planned: readonly number[];
  /** Requests on their way there, or arrived. */
  readonly claims: readonly { readonly entryId: number; readonly requestId: string }[];
}

/** Finds names that more than one entry would have. One look per name: nothing here grows with the square. */
export interface NameIndex {
  addPlanned(target: TargetRef, entryId: number): void;
  addClaim(target: TargetRef, claim: { entryId: number; requestId: string }): void;
  /** The places with more than one entry, by `placeKey`. The rest is not worth keeping. */
  shared(): ReadonlyMap<string, SharedPlace>;
}

interface Holder {
  readonly entryId: number;
  /** null: by the template. */
  readonly requestId: string | null;
}

export function nameIndex(): NameIndex {
  const first = new Map<string, Holder>();
  const groups = new Map<string, Holder[]>();
  const add = (target: TargetRef, holder: Holder): void => {
    const key = placeKey(target);
    const known = first.get(key);
    if (known === undefined) first.set(key, holder);
    else if (groups.has(key)) groups.get(key)?.push(holder);
    // One entry asked for twice, after its version moved on, shares its name with nobody.
    else if (known.entryId !== holder.entryId) groups.set(key, [known, holder]);
  };
  return {
    addPlanned: (target, entryId) => add(target, { entryId, requestId: null }),
    addClaim: (target, claim) => add(target, claim),
    shared: () => new Map([...groups].map(([key, holders]) => [key, sharedPlace(holders)])),
  };
}

function sharedPlace(holders: readonly Holder[]): SharedPlace {
  return {
    planned: holders.flatMap(({ entryId, requestId }) => (requestId === null ? [entryId] : [])),
    claims: holders.flatMap(({ entryId, requestId }) => (requestId === null ? [] : [{ entryId, requestId }])),
  };
}
