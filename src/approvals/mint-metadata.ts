import { createHash } from "node:crypto";

/**
 * The name of a mount in Vault role names and metadata keys: lower-case letters and digits stay, any other byte becomes
 * `_` and two hex digits. Injective, so two mounts never share a reader.
 */
export function mountSlug(mount: string): string {
  return [...Buffer.from(mount)]
    .map((byte) => {
      const character = String.fromCharCode(byte);
      return /[a-z0-9]/.test(character) ? character : `_${byte.toString(16).padStart(2, "0")}`;
    })
    .join("");
}

/**
 * The metadata of a one-path secret ID. The gate lists exactly this text and the worker mints with exactly this text,
 * so both call this function.
 */
export function mintMetadata(mount: string, path: string, requestId: string): string {
  return JSON.stringify({ [`m_${mountSlug(mount)}`]: path, request: requestId });
}

/**
 * The metadata key that a prefix's rule is templated on. One for each: with a shared key, a lease on `team-a/x` would be
 * one on `team-b/x` too.
 * @param prefix The whole literal prefix with its mount: `secret/team-a/`.
 */
export function prefixKey(prefix: string): string {
  return `p_${createHash("sha256").update(prefix).digest("hex").slice(0, 24)}`;
}

/** The same as `mintMetadata` where no gate holds paths open: the rest of the path below its literal prefix. */
export function prefixMetadata(prefix: string, fullPath: string, requestId: string): string {
  return JSON.stringify({ [prefixKey(prefix)]: fullPath.slice(prefix.length), request: requestId });
}

/** @returns The longest of the prefixes that the path lies below, or null: none. */
export function prefixOf(prefixes: readonly string[], { mount, path }: { mount: string; path: string }): string | null {
  const below = prefixes.filter(
    (prefix) =>
      prefix.startsWith(`${mount}/`) && prefix.length > mount.length + 1 && `${mount}/${path}`.startsWith(prefix),
  );
  return below.toSorted((a, b) => b.length - a.length)[0] ?? null;
}

/**
 * Why a path can't be granted exactly by the one-path lease, or null if it can.
 * @see facts/vault: `*` and `+` become wildcards, `{{` a template, and `,,` splits into an empty part that is denied.
 */
export function ungrantableReason(path: string): string | null {
  if (/[*+]/.test(path)) return "its name has a `*` or `+`, which Vault's policies read as wildcards";
  if (path.includes("{{") || path.includes("}}"))
    return "its name has `{{` or `}}`, which Vault's policies read as a template";
  if (path.includes(",,")) return "its name has `,,`, which Vault's parameter check can't list exactly";
  if (/^,|,$/.test(path))
    return "its name starts or ends with a comma, which Vault's parameter check can't list exactly";
  return null;
}
