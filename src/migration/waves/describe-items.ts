import { runBounded } from "../../catalog/run-bounded.ts";
import { suggestMetadata } from "../../metadata/suggest-metadata.ts";
import type { Field, FieldOptions } from "../../metadata/suggestion.ts";
import type { Store } from "../../store/open-store.ts";

/** What is said of a secret, by field: by a person, or by evidence that is likely. */
export type SaidOf = Readonly<Partial<Record<Field, { readonly value: string; readonly isConfirmed: boolean }>>>;

/** From here on a suggestion counts as likely; a model's own word never comes so far. */
export const LIKELY = 0.5;
const AT_ONCE = 4;

/**
 * What a form would be filled with, for many secrets: confirmed values, and suggestions where they are likely. A guess
 * is left out: nobody looks at each of five hundred forms.
 */
export async function describeItems(
  {
    store,
    now,
    options,
    report,
  }: { store: Store; now: () => Date; options: FieldOptions; report: (line: string) => void },
  entryIds: readonly number[],
): Promise<ReadonlyMap<number, SaidOf>> {
  const said = new Map<number, SaidOf>();
  let done = 0;
  await runBounded(entryIds, AT_ONCE, async (entryId) => {
    const { suggestions } = await suggestMetadata({ store, classifier: null, now, options }, entryId);
    const likely: Partial<Record<Field, { value: string; isConfirmed: boolean }>> = {};
    // The surest of a field comes first.
    for (const { field, value, confidence } of suggestions) {
      if (confidence >= LIKELY) likely[field] ??= { value, isConfirmed: false };
    }
    const confirmed = await store
      .selectFrom("metadataConfirmation")
      .select(["field", "value"])
      .where("entryId", "=", entryId)
      .execute();
    for (const { field, value } of confirmed) {
      const list = options[field as Field];
      if (list === undefined || list.includes(value)) likely[field as Field] = { value, isConfirmed: true };
    }
    said.set(entryId, likely);
    done += 1;
    if (done % 1_000 === 0)
      report(`${done.toLocaleString("en-US")} of ${entryIds.length.toLocaleString("en-US")} described`);
  });
  return said;
}
