import type { SecretType } from "../secret-types.ts";
import type { Answer } from "../suggestion.ts";

type Row = readonly [purpose: SecretType | "*", environment: string, value: string, confidence: number];

/** The first row that fits decides. Credentials are never less than confidential; only plain settings are. */
const ROWS: readonly Row[] = [
  ["config-not-secret", "*", "internal", 0.5],
  ["payment-key", "prod", "restricted", 0.65],
  ["signing-or-encryption-key", "prod", "restricted", 0.6],
  ["infrastructure-token", "prod", "restricted", 0.6],
  ["cloud-access-key", "prod", "restricted", 0.6],
  ["database-credential", "prod", "restricted", 0.55],
  ["*", "prod", "confidential", 0.5],
  ["*", "*", "confidential", 0.4],
];

/** How closely it is to be kept, from what it is and where it is used. */
export function classificationFor(purpose: string | null, environment: string | null): Answer | null {
  if (purpose === null && environment === null) return null;
  const row = ROWS.find(
    ([type, where]) => (type === "*" || type === purpose) && (where === "*" || where === environment),
  );
  if (row === undefined) return null;
  const [type, where, value, confidence] = row;
  const what = type === "*" ? "a credential" : `a ${type}`;
  const evidence = where === "*" ? `usual for ${what}` : `usual for ${what} in ${where}`;
  return { value, evidence, confidence };
}
