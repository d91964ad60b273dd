import type { EntryDescription } from "../catalog/describe-entry.ts";
import type { Store } from "../store/open-store.ts";
import type { ClassifierQuestion } from "./classifier.ts";
import { SECRET_TYPES } from "./secret-types.ts";
import type { Field, FieldOptions, Suggestion } from "./suggestion.ts";

const CANDIDATES_AT_MOST = 40;

/**
 * What a model is asked about an entry. Where the form takes free text the model still may not: it chooses among parts
 * of the path, what rules and neighbours say, and what people confirmed elsewhere in the mount.
 */
export async function questionFor(
  store: Store,
  entry: EntryDescription,
  { options, known }: { options: FieldOptions; known: readonly Suggestion[] },
): Promise<ClassifierQuestion> {
  const { mount, engine, path } = entry.source;
  const candidates = async (field: Field): Promise<string[]> => {
    const suggested = known.filter((one) => one.field === field).map(({ value }) => value);
    const all = [...suggested, ...path.split("/"), ...(await confirmedIn(store, entry, field))];
    return [...new Set(all)].filter((name) => name.trim() !== "" && name.length <= 80).slice(0, CANDIDATES_AT_MOST);
  };
  return {
    mount,
    engine,
    path,
    keyNames: entry.keyNames ?? [],
    customMetadataNames: Object.keys(entry.customMetadata),
    choices: {
      purpose: options.purpose ?? Object.keys(SECRET_TYPES),
      ownerTeam: options.ownerTeam ?? (await candidates("ownerTeam")),
      application: options.application ?? (await candidates("application")),
      environment: options.environment ?? [],
      classification: options.classification ?? [],
      rotation: options.rotation ?? [],
    },
    purposeWords: SECRET_TYPES,
  };
}

async function confirmedIn(store: Store, entry: EntryDescription, field: Field): Promise<string[]> {
  const rows = await store
    .selectFrom("metadataConfirmation")
    .innerJoin("entry", "entry.id", "metadataConfirmation.entryId")
    .select("value")
    .where("namespace", "=", entry.source.namespace)
    .where("mount", "=", entry.source.mount)
    .where("field", "=", field)
    .groupBy("value")
    .orderBy(({ fn }) => fn.countAll(), "desc")
    .limit(CANDIDATES_AT_MOST)
    .execute();
  return rows.map(({ value }) => value);
}
