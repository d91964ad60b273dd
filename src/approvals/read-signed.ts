import type { z } from "zod";
import { isSignedBy, type Keyring, type Purpose, type Signed } from "../audit/signing.ts";
import { GloveboxError } from "../errors.ts";

export class SignatureRefusedError extends GloveboxError {
  readonly code = "SIGNATURE_REFUSED";
  readonly userMessage =
    "What is stored for this request is not what was signed, so nothing was moved. Tell the operators: this should not happen.";
  constructor(purpose: Purpose) {
    super(`the ${purpose} is not signed by a key that we trust, or was altered`);
  }
}

/**
 * Parses signed bytes after checking who signed them and for what.
 * @throws {SignatureRefusedError} Unknown key, altered bytes, or bytes of another form.
 */
export function readSigned<S extends z.ZodType>(
  keyring: Keyring,
  purpose: Purpose,
  signed: Signed,
  schema: S,
): z.output<S> {
  if (!isSignedBy(keyring, purpose, signed)) throw new SignatureRefusedError(purpose);
  const parsed = schema.safeParse(JSON.parse(signed.bytes));
  if (!parsed.success) throw new SignatureRefusedError(purpose);
  return parsed.data;
}
