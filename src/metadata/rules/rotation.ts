import type { SecretType } from "../secret-types.ts";
import type { Answer } from "../suggestion.ts";

/** How often such a secret is usually changed. What is not listed here differs too much to guess. */
const USUAL: Partial<Record<SecretType, readonly [value: string, why: string]>> = {
  "cloud-access-key": ["90 days", "access keys are usually changed every 90 days"],
  "database-credential": ["90 days", "database logins are usually changed every 90 days"],
  "message-broker-credential": ["90 days", "broker logins are usually changed every 90 days"],
  "service-account": ["90 days", "machine accounts are usually changed every 90 days"],
  "tls-certificate": ["yearly", "certificates live a year or less"],
  "signing-or-encryption-key": ["manual", "changing a signing or encryption key needs its users"],
  "jwt-or-session-secret": ["manual", "changing it signs everybody out"],
  "license-key": ["none", "licences change when they are bought"],
  "config-not-secret": ["none", "nothing in it is secret"],
};

/** @param purpose A suggested or confirmed purpose. */
export function rotationFor(purpose: string | null): Answer | null {
  const usual = purpose === null ? undefined : USUAL[purpose as SecretType];
  return usual ? { value: usual[0], evidence: usual[1], confidence: 0.4 } : null;
}
