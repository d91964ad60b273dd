import type { ServedMount } from "./policies.ts";

/** `gate: off`: the mounts that have a prefix, each with its own. A mount's name may hold slashes, so a prefix belongs to the longest mount that it lies below. */
export function holdToPrefixes(mounts: readonly ServedMount[], prefixes: readonly string[]): ServedMount[] {
  const mountOf = (prefix: string): string | undefined =>
    mounts
      .map(({ path }) => path)
      .filter((path) => prefix.startsWith(`${path}/`) && prefix.length > path.length + 1)
      .toSorted((a, b) => b.length - a.length)[0];
  return mounts
    .map((mount) => ({ ...mount, prefixes: prefixes.filter((prefix) => mountOf(prefix) === mount.path) }))
    .filter((mount) => mount.prefixes.length > 0);
}
