import { prefixOf, ungrantableReason } from "../approvals/mint-metadata.ts";
import type { SecretPath } from "../catalog/secret-path.ts";
import type { Engine } from "../store/tables/catalog.ts";

export const LANES = ["standard", "complex", "white-glove"] as const;
export type Lane = (typeof LANES)[number];

/** What this installation can lend at all. */
export interface LaneLimits {
  /** The one namespace that it serves; "" for the root. */
  readonly namespace: string;
  /** Only where `gate: off`: no path outside these can be lent. Empty: any. */
  readonly prefixes: readonly string[];
}

export type LaneVerdict =
  | { readonly lane: "standard" }
  | {
      readonly lane: Exclude<Lane, "standard">;
      /** Stable; docs/errors.md has it. */
      readonly code: string;
      /** What is so, without a full stop. */
      readonly reason: string;
      /** What a person can do, as a sentence. */
      readonly nextStep: string;
    };

/**
 * The lane of one secret, by its path and engine alone, whatever people have asked: the form, the plan, `what` and
 * `status` all say what this says. Nothing leads to white-glove yet: that wants evidence of use (who reads it, how
 * often), which the catalogue does not hold.
 */
export function laneOf(source: SecretPath & { readonly engine: Engine }, limits: LaneLimits): LaneVerdict {
  const { engine, namespace, path } = source;
  if (engine !== "kv-v1" && engine !== "kv-v2") {
    const reason = `its engine (${engine}) makes secrets on demand, so there is nothing to copy`;
    return complex("ENGINE_NOT_KV", reason, "Ask support how such secrets move.");
  }
  if (namespace !== limits.namespace) {
    const reason = `it is in ${sayNamespace(namespace)}, and this installation serves ${sayNamespace(limits.namespace)} alone`;
    return complex("NAMESPACE_NOT_SERVED", reason, "Ask support which installation serves it.");
  }
  const ungrantable = ungrantableReason(path);
  if (ungrantable !== null) {
    return complex("PATH_NOT_GRANTABLE", `Glovebox can't lend exactly this path: ${ungrantable}`, BY_HAND);
  }
  if (limits.prefixes.length > 0 && prefixOf(limits.prefixes, source) === null) {
    const reason = "Glovebox works without a gate here, and the path lies outside the prefixes that Vault holds it to";
    return complex("PATH_OUTSIDE_PREFIXES", reason, BY_HAND);
  }
  return { lane: "standard" };
}

const BY_HAND = "Ask support, who move it by hand.";

const complex = (code: string, reason: string, nextStep: string): LaneVerdict => ({
  lane: "complex",
  code,
  reason,
  nextStep,
});

const sayNamespace = (namespace: string): string =>
  namespace === "" ? "the root namespace" : `namespace ${namespace}`;

/** Lane, reason and next step in one line, or null for the standard lane: nothing is in the way. */
export function sayLane(verdict: LaneVerdict): string | null {
  if (verdict.lane === "standard") return null;
  const name = verdict.lane === "complex" ? "Complex lane" : "White-glove lane";
  return `${name}: ${verdict.reason}. ${verdict.nextStep}`;
}
