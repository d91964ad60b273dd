import { describeEntry, type EntryDescription } from "../catalog/describe-entry.ts";
import { SEES_ALL } from "../catalog/visibility.ts";
import type { Store } from "../store/open-store.ts";
import { type Classifier, ClassifierUnavailableError } from "./classifier.ts";
import { questionFor } from "./classifier-question.ts";
import { keepAllowed } from "./keep-allowed.ts";
import { suggestByNeighbours } from "./neighbours.ts";
import { suggestByRules } from "./suggest-by-rules.ts";
import { FIELDS, type Field, type FieldOptions, type Suggestion } from "./suggestion.ts";
import { weightOf } from "./suggestion-weight.ts";

export interface SuggestMetadataDeps {
  readonly store: Store;
  /** null: none is configured. */
  readonly classifier: Classifier | null;
  readonly now: () => Date;
  /** Closed lists of the form, from `glovebox.yaml`. */
  readonly options?: FieldOptions;
}

export interface MetadataSuggestions {
  /** In the order of the form; within a field the surest first. */
  readonly suggestions: readonly Suggestion[];
  /** Why there is no model's answer among them; null when there is nothing to say. */
  readonly note: string | null;
}

export const NO_CLASSIFIER_NOTE = "No language model is configured, so these suggestions come from rules alone.";
/** A model's answer is asked for again after this, or when the secret has changed. */
const ANSWER_KEPT_MS = 30 * 24 * 3_600_000;

/** Suggests values for every field of an entry and stores them beside it. @throws {EntryUnknownError} */
export async function suggestMetadata(deps: SuggestMetadataDeps, entryId: number): Promise<MetadataSuggestions> {
  const { store, now, options = {} } = deps;
  const entry = await describeEntry(store, entryId, SEES_ALL, now());
  const { mount, engine, path } = entry.source;
  const { keyNames, customMetadata } = entry;
  const byRules = suggestByRules({ mount, engine, path, keyNames: keyNames ?? [], customMetadata });
  const known = keepAllowed([...byRules, ...(await suggestByNeighbours(store, entry))], options);
  const asked = await askClassifier(deps, entry, known);
  const all = [...known, ...keepAllowed(asked.suggestions, options)];
  await storeSuggestions(store, entryId, all, now());
  const byField = (field: Field): Suggestion[] =>
    all.filter((one) => one.field === field).sort((a, b) => weightOf(b) - weightOf(a));
  return { suggestions: FIELDS.flatMap(byField), note: asked.note };
}

async function askClassifier(
  { store, classifier, now, options = {} }: SuggestMetadataDeps,
  entry: EntryDescription,
  known: readonly Suggestion[],
): Promise<MetadataSuggestions> {
  if (classifier === null) return { suggestions: [], note: NO_CLASSIFIER_NOTE };
  const kept = await keptAnswer(store, entry, now());
  if (kept.length > 0) return { suggestions: kept, note: null };
  const question = await questionFor(store, entry, { options, known });
  try {
    const answered = await classifier.classify(question);
    // Held to the closed lists here too: whatever a path talked a model into ends at this line.
    const suggestions = answered
      .filter(({ field, value }) => question.choices[field]?.includes(value))
      .map((one): Suggestion => ({ ...one, source: "llm" }));
    return { suggestions, note: null };
  } catch (error) {
    if (!(error instanceof ClassifierUnavailableError)) throw error;
    return { suggestions: [], note: error.userMessage };
  }
}

/** The model's earlier answer, while it is fresh and the secret has not changed since. */
async function keptAnswer(store: Store, entry: EntryDescription, at: Date): Promise<Suggestion[]> {
  const rows = await store
    .selectFrom("metadataSuggestion")
    .selectAll()
    .where("entryId", "=", entry.entryId)
    .where("source", "=", "llm")
    .execute();
  const since = Math.max(at.getTime() - ANSWER_KEPT_MS, entry.vaultUpdatedAt?.getTime() ?? 0);
  return rows
    .filter(({ suggestedAt }) => suggestedAt.getTime() >= since)
    .map(({ field, value, evidence, confidence }) => ({
      field: field as Field,
      value,
      source: "llm",
      evidence,
      confidence,
    }));
}

async function storeSuggestions(store: Store, entryId: number, all: readonly Suggestion[], at: Date): Promise<void> {
  // One row per field and source; the surest of several stays.
  const rows = new Map<string, Suggestion>();
  for (const one of [...all].sort((a, b) => a.confidence - b.confidence)) rows.set(`${one.field} ${one.source}`, one);
  await store.transaction().execute(async (tx) => {
    // Only one at a time per entry: a form opened twice would write the same keys.
    await tx.selectFrom("entry").select("id").where("id", "=", entryId).forUpdate().execute();
    const kept = await tx
      .selectFrom("metadataSuggestion")
      .select(["field", "value", "source", "suggestedAt"])
      .where("entryId", "=", entryId)
      .execute();
    await tx.deleteFrom("metadataSuggestion").where("entryId", "=", entryId).execute();
    if (rows.size === 0) return;
    const suggestedAtOf = ({ field, value, source }: Suggestion): Date =>
      kept.find((row) => row.field === field && row.source === source && row.value === value && source === "llm")
        ?.suggestedAt ?? at;
    await tx
      .insertInto("metadataSuggestion")
      .values([...rows.values()].map((one) => ({ entryId, ...one, suggestedAt: suggestedAtOf(one) })))
      .execute();
  });
}
