/**
 * Equal for names that people take for the same: capitals, blanks of any kind, invisible characters, and accents spelt
 * as one character or two. Vault keeps such names apart, so the answer must show which is which.
 */
export function lookKey(fullPath: string): string {
  return fullPath
    .normalize("NFKC")
    .replace(/[\s\p{Cf}\p{Cc}]+/gu, "")
    .toLowerCase();
}
