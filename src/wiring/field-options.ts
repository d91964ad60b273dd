import type { FieldOptions } from "../metadata/suggestion.ts";
import type { Rules } from "../rules.ts";

/** The closed lists of the form. A field that is not in it takes free text. */
export function fieldOptions({ metadata }: Pick<Rules, "metadata">): FieldOptions {
  return Object.fromEntries(
    Object.entries(metadata).flatMap(([field, { options: list }]) => (list ? [[field, list]] : [])),
  );
}
