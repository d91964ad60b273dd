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
  /\bhooks\.slack\.com\/services\/T/,
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
  return (plain.match(RUN) ?? []).some(isRandom);
}

/**
 * Random base64 goes from one kind of character to another at nearly half of its steps, even without those from a
 * capital to a small letter, which begin a word. Names and paths, CamelCase and years included, stay below a quarter.
 */
function isRandom(run: string): boolean {
  const steps = [...run].slice(1).map((character, index) => `${kindOf(run.charAt(index))}>${kindOf(character)}`);
  const inside = steps.filter((step) => !step.includes("other"));
  const changes = inside.filter((step) => CHANGES.has(step)).length;
  return /[0-9]/.test(run) && inside.length >= 16 && changes / inside.length >= 0.24;
}

const CHANGES: ReadonlySet<string> = new Set([
  "small>capital",
  "small>digit",
  "capital>digit",
  "digit>small",
  "digit>capital",
]);

function kindOf(character: string): "small" | "capital" | "digit" | "other" {
  if (/[a-z]/.test(character)) return "small";
  if (/[A-Z]/.test(character)) return "capital";
  return /[0-9]/.test(character) ? "digit" : "other";
}
