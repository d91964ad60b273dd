import type { TargetRef } from "../approvals/content.ts";
import type { TargetValue } from "../migration/secret-target.ts";
import { TargetRefusedError } from "../migration/target-errors.ts";
import { Secret } from "../secret.ts";

/** The one of AWS's two members that carries the value. Call it on the line that sends it. */
export function revealForAws(
  { form, secret }: TargetValue,
  call: { operation: string; target: TargetRef },
): { SecretString: string } | { SecretBinary: Uint8Array } {
  if (form === "string") return { SecretString: secret.reveal() };
  const bytes = Buffer.from(secret.reveal(), "base64");
  // Node passes over what is no base64: other bytes than approved would be written.
  if (bytes.toString("base64") !== secret.reveal()) throw new TargetRefusedError({ ...call, awsError: "NotBase64" });
  return { SecretBinary: bytes };
}

/** @throws {TargetRefusedError} AWS keeps a secret without a value there. */
export function valueFromAws(
  { SecretString, SecretBinary }: { SecretString?: string | undefined; SecretBinary?: Uint8Array | undefined },
  call: { operation: string; target: TargetRef },
): TargetValue {
  if (SecretString !== undefined) return { form: "string", secret: new Secret(SecretString) };
  if (SecretBinary === undefined) throw new TargetRefusedError({ ...call, awsError: "NoValue" });
  return { form: "binary", secret: new Secret(Buffer.from(SecretBinary).toString("base64")) };
}
