import type { EntryDescription } from "../../catalog/describe-entry.ts";
import { type LaneLimits, type LaneVerdict, laneOf, verdictBy } from "../lane-of.ts";
import { NOTHING_KNOWN } from "./lane-facts.ts";

/**
 * The lane of an entry that was described: what stops it as its path says now, the rest as it was judged last, which
 * knows its readers too.
 */
export function laneOfEntry(
  { source, keyNames, judgedReasons }: Pick<EntryDescription, "source" | "keyNames" | "judgedReasons">,
  limits: LaneLimits,
): LaneVerdict {
  const now = laneOf({ ...source, ...NOTHING_KNOWN, keyNames }, limits);
  if (judgedReasons === null) return now;
  const stops = now.reasons.filter((reason) => reason.stops);
  return verdictBy([...stops, ...judgedReasons.filter((reason) => !reason.stops)]);
}
