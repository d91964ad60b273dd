import { environmentRule } from "./rules/environment.ts";
import { SECRET_TYPES } from "./secret-types.ts";
import type { FieldOptions, Suggestion } from "./suggestion.ts";

/**
 * Keeps what the form can take: a value of a closed list in that list's spelling (`live` becomes `prod`, or `Production`), a
 * purpose out of our types. "unknown" is no suggestion.
 */
export function keepAllowed(suggestions: readonly Suggestion[], options: FieldOptions): Suggestion[] {
  return suggestions.flatMap((suggestion) => {
    const allowed = options[suggestion.field] ?? (suggestion.field === "purpose" ? Object.keys(SECRET_TYPES) : null);
    const value = allowed === null ? suggestion.value : spelledAs(suggestion, allowed);
    return value === null || value === "unknown" ? [] : [{ ...suggestion, value }];
  });
}

function spelledAs({ field, value }: Suggestion, allowed: readonly string[]): string | null {
  const same = allowed.find((option) => option.toLowerCase() === value.toLowerCase());
  if (same !== undefined || field !== "environment") return same ?? null;
  const meant = environmentMeant(value);
  return meant === null ? null : (allowed.find((option) => environmentMeant(option) === meant) ?? null);
}

/** `Production` and `live` mean prod. */
export function environmentMeant(text: string): string | null {
  return environmentRule({ mount: "", engine: "", path: text, keyNames: [], customMetadata: {} })?.value ?? null;
}
