/**
 * Forms that only credentials have. Prefixes are those that the vendors publish for secret scanning.
 * @see https://docs.github.com/en/code-security/secret-scanning/introduction/supported-secret-scanning-patterns
 */
const KNOWN_FORMS: readonly RegExp[] = [
  /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/, // AWS access key id
  /\bgh[pousr]_[A-Za-z0-9]{20,}/,
  /\bgithub_pat_[A-Za-z0-9_]{20,}/,
  /\bglpat-[A-Za-z0-9_-]{16,}/,
  /\bx(?:ox[a-z]|app)-[A-Za-z0-9-]{10,}/, // Slack
  /\b[rs]k_(?:live|test)_[A-Za-z0-9]{10,}/, // Stripe
  /\bsk-[A-Za-z0-9_-]{20,}/, // OpenAI and alike
  /\bhv[sbr]\.[A-Za-z0-9_-]{20,}/, // Vault tokens
  /\bAIza[A-Za-z0-9_-]{30,}/,
  /\bnpm_[A-Za-z0-9]{30,}/,
  /-----BEGIN [A-Z ]*PRIVATE KEY/,
  /-----BEGIN PGP PRIVATE/,
  /\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\./, // a JWT: {" in base64, twice
  /\b[a-z][a-z0-9+.-]*:\/\/[^\s/:@]+:[^\s/@]{3,}@/, // a URL with a password
  /\b(?:password|passwd|pwd|secret|token|api[_-]?key)\s*[=:]\s*["']?(?=[^\s"']*[0-9!@#$%^&*])[^\s"']{8,}/i,
];

const UUID = /\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/gi;
const ARN = /\barn:[a-z-]+:[^\s]+/g;
const RUN = /[A-Za-z0-9+/=_-]{20,}/g;
const HEX = /\b[0-9a-f]{32,}\b/i;

/**
 * True if the text holds something that is probably a credential. Meant for short texts that people type (a reason, a
 * tag): it would rather ask once too often than store a password, but lets paths, ARNs, UUIDs and sentences through.
 */
export function looksLikeSecret(text: string): boolean {
  const plain = text.replace(UUID, " ").replace(ARN, " ");
  if (KNOWN_FORMS.some((form) => form.test(plain)) || HEX.test(plain)) return true;
  return (plain.match(RUN) ?? []).some((run) => longestPiece(run).some(isRandom));
}

/** Words of a path or a name are read apart, so `payments/stripe-live_2024` is three words and no blob. */
function longestPiece(run: string): string[] {
  const looksLikePath = /^[a-z0-9._-]+(?:\/[a-z0-9._-]+)+$/.test(run);
  const pieces = run.split(looksLikePath ? /[/_-]/ : /[_-]/);
  return [run.includes("/") || /[_-]/.test(run) ? "" : run, ...pieces].filter((piece) => piece.length >= 20);
}

/** Random base64 mixes cases and digits; a long word or a CamelCaseName does not come near 4 bits a letter with digits. */
function isRandom(piece: string): boolean {
  const classes = [/[a-z]/, /[A-Z]/, /[0-9]/].filter((kind) => kind.test(piece)).length;
  const digits = piece.replace(/[^0-9]/g, "").length;
  return classes >= 2 && digits >= 2 && entropyBits(piece) >= 3.6;
}

/** Shannon entropy per character. */
function entropyBits(text: string): number {
  const counts = new Map<string, number>();
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1);
  return [...counts.values()].reduce((sum, count) => sum - (count / text.length) * Math.log2(count / text.length), 0);
}
