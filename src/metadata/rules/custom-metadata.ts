import { wordsOf } from "../../catalog/words.ts";
import type { Field, NamedSecret, Suggestion } from "../suggestion.ts";

/** What people call our fields in KV v2's custom metadata. The earlier name wins. */
const NAMES: Readonly<Record<Field, readonly string[]>> = {
  purpose: ["purpose", "secret_type", "type", "kind"],
  ownerTeam: ["owner_team", "team", "owner", "owned_by", "squad", "maintainer"],
  application: ["application", "app", "app_name", "service", "component", "system"],
  environment: ["environment", "env", "stage"],
  classification: ["classification", "data_classification", "sensitivity", "confidentiality"],
  rotation: ["rotation", "rotation_period", "rotate_every", "rotation_policy"],
};
/** A tag's value; longer text is a remark, not an answer. */
const MAX_LENGTH = 80;

/** What the secret's own metadata says: somebody wrote it down on purpose, so it outranks every rule. */
export function fromCustomMetadata({ customMetadata }: NamedSecret): Suggestion[] {
  const byName = new Map(
    Object.entries(customMetadata).map(([key, value]) => [wordsOf(key).join("_"), { key, value }]),
  );
  return (Object.entries(NAMES) as [Field, readonly string[]][]).flatMap(([field, names]) => {
    const found = names.map((name) => byName.get(name)).find((one) => one !== undefined);
    const value = found?.value.trim() ?? "";
    if (found === undefined || value === "" || value.length > MAX_LENGTH || /\p{Cc}/u.test(value)) return [];
    const evidence = `custom metadata \`${found.key}\` in Vault`;
    return [{ field, value, source: "vault-metadata", evidence, confidence: 0.9 }];
  });
}
