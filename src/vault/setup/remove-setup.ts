import type { VaultClient } from "../vault-client.ts";
import type { VaultNames } from "../vault-names.ts";
import type { OwnObjects } from "./setup-leftovers.ts";

/** The paths that are deleted, in the order in which it is safe to be interrupted: whoever is logged in goes first. */
export function removalPaths({ authMount }: VaultNames, { hasAuthMount, policies, entities }: OwnObjects): string[] {
  return [
    ...(hasAuthMount ? [`sys/auth/${authMount}`] : []), // ends every login and token of ours
    ...policies.map((name) => `sys/policies/acl/${name}`),
    ...entities.map((name) => `identity/entity/name/${name}`), // takes its aliases along
  ];
}

/** Deletes what is ours by name, and nothing else. A run that was killed in the middle is finished by the next. */
export async function removeSetup(
  operator: VaultClient,
  names: VaultNames,
  own: OwnObjects,
  removed: (path: string) => void = () => {},
): Promise<void> {
  for (const path of removalPaths(names, own)) {
    await operator.delete(path);
    removed(path);
  }
}
