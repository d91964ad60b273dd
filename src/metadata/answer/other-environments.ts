import { formatPath, type SecretPath } from "../../catalog/secret-path.ts";
import { ENVIRONMENT_WORDS } from "../rules/environment.ts";

const ENVIRONMENT_OF_WORD: ReadonlyMap<string, string> = new Map(
  Object.entries(ENVIRONMENT_WORDS).flatMap(([environment, words]) =>
    words.map((word) => [word, environment] as const),
  ),
);

/** More paths than this are not looked for: a path of many environment words would have more readings than meaning. */
export const SAME_PLACE_ELSEWHERE = 60;

/**
 * The paths at which the same secret of other environments would lie: each part that is an environment's word, in the
 * path or as the mount, is exchanged for the other words there are.
 */
export function environmentsOf(source: SecretPath): { readonly path: string; readonly environment: string }[] {
  const parts = [...source.mount.split("/"), ...source.path.split("/")];
  const mountParts = source.mount.split("/").length;
  return parts.flatMap((part, at) => {
    const own = ENVIRONMENT_OF_WORD.get(part.toLowerCase());
    if (own === undefined) return [];
    return [...ENVIRONMENT_OF_WORD].flatMap(([word, environment]) => {
      if (environment === own) return [];
      const other = parts.with(at, word);
      const path = formatPath({
        namespace: source.namespace,
        mount: other.slice(0, mountParts).join("/"),
        path: other.slice(mountParts).join("/"),
      });
      return [{ path, environment }];
    });
  });
}
