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
