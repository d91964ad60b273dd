import { EntryUnknownError } from "../../catalog/describe-entry.ts";
import type { Store } from "../../store/open-store.ts";
import { type LaneLimits, type LaneVerdict, laneOf } from "../lane-of.ts";
import { readLaneKnowledge } from "./read-lane-knowledge.ts";

export interface LaneDeps {
  readonly store: Store;
  readonly limits: LaneLimits;
  readonly now: () => Date;
}

/** The lane of one entry, from all that is known of it at this moment. @throws {EntryUnknownError} */
export async function loadLane({ store, limits, now }: LaneDeps, entryId: number): Promise<LaneVerdict> {
  const entry = await store
    .selectFrom("entry")
    .select(["namespace", "mount", "path", "engine", "keyNames"])
    .where("id", "=", entryId)
    .executeTakeFirst();
  if (entry === undefined) throw new EntryUnknownError(entryId);
  const known = await readLaneKnowledge(store, { entryIds: [entryId], teams: limits.teams ?? [], now: now() });
  return laneOf({ ...entry, ...known(entryId) }, limits);
}
