import type { SecretPath } from "../catalog/secret-path.ts";
import { readTargetName } from "./read-target-name.ts";
import type { NameRule } from "./target-name.ts";

/** Reads a target's name back to what it would be for, by each rule that it fits; nothing is looked up. */
export function plannedSources(rules: readonly NameRule[]): (name: string) => readonly SecretPath[] {
  return (name) =>
    rules.flatMap((rule) => {
      const source = readTargetName(name, rule);
      return source === null ? [] : [source];
    });
}
