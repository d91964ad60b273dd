import type { Keyring } from "../audit/signing.ts";
import type { Membership } from "../membership.ts";
import type { Store } from "../store/open-store.ts";
import type { GatePolicy } from "./gate-policy.ts";
import type { OpeningMemory } from "./opening-memory.ts";

export interface KeepGateDeps {
  readonly store: Store;
  readonly policy: GatePolicy;
  readonly keyring: Keyring;
  /** Whose word lets a finished version move once more; nobody's where absent. */
  readonly operatorKeys?: Keyring;
  readonly membership: Membership;
  readonly approvers: { readonly users: readonly string[]; readonly usergroups: readonly string[] };
  /** The namespace that this installation serves; the root where absent. */
  readonly namespace?: string;
  readonly maxPerHour: number;
  /** This gate's own count beside that of the rows; the larger holds. The rows alone where absent. */
  readonly openings?: OpeningMemory;
  /** A gate that is silent for longer while it has its turn loses it, so that others can go on. 30 where absent. */
  readonly turnSeconds?: number;
  readonly now: () => Date;
}
