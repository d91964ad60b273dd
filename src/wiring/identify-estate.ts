import { type IdentifyDeps, identifyEntries } from "../metadata/identify-entries.ts";
import type { Rules } from "../rules.ts";
import type { Store } from "../store/open-store.ts";
import { fieldOptions } from "./field-options.ts";

/** After a crawl, or a part of one: says of what is new or changed what its names tell. */
export function identifyEstate(
  store: Store,
  { metadata }: Pick<Rules, "metadata">,
  now: () => Date,
): (report?: IdentifyDeps["report"]) => Promise<number> {
  const tagNames = Object.fromEntries(Object.entries(metadata).map(([field, { tag }]) => [field, tag]));
  const deps = { store, now, options: fieldOptions({ metadata }), tagNames };
  return (report) => identifyEntries({ ...deps, ...(report && { report }) });
}
