import { z } from "zod";
import type { AcceptEnvelopeDeps } from "../src/approvals/accept-envelope.ts";
import { SignatureRefusedError } from "../src/approvals/read-signed.ts";
import { takeEnvelope } from "../src/approvals/take-envelope.ts";

const SignedBody = z.strictObject({ bytes: z.string(), signature: z.string(), keyId: z.string() });

export type IntakeOutcome = { readonly kind: "done" } | { readonly kind: "poison"; readonly reason: string };

/**
 * Deals with one message of the intake queue. It may be deleted once this returns; what throws comes again.
 * A request that is refused for what it asks is dealt with, and its requester told: poison is only what can't be read,
 * or what nobody that we trust has signed.
 */
export async function takeIntakeMessage(deps: AcceptEnvelopeDeps, body: string): Promise<IntakeOutcome> {
  const signed = SignedBody.safeParse(parseJson(body));
  if (!signed.success) return { kind: "poison", reason: "It is not a signed envelope: its form is wrong." };
  try {
    await takeEnvelope(deps, signed.data);
    return { kind: "done" };
  } catch (error) {
    if (!(error instanceof SignatureRefusedError)) throw error;
    return { kind: "poison", reason: "Its signature is not by a producer that we trust, or it was altered." };
  }
}

/** JSON.parse quotes its input when it fails, so its error goes no further. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
