import type { TargetRef } from "../../approvals/content.ts";
import type { Engine } from "../../store/tables/catalog.ts";
import type { Lane } from "../lanes/lane.ts";

/** ready: may be asked for as it is. decide: a person must choose first. blocked: can't be moved now. skip: no work. */
export const VERDICTS = ["ready", "decide", "blocked", "skip"] as const;
export type Verdict = (typeof VERDICTS)[number];

export interface PlanReason {
  /** Stable; docs/plan.md lists them. */
  readonly code: string;
  /** The verdict that it asks for; the strongest wins. A note is worth knowing and changes nothing. */
  readonly effect: Exclude<Verdict, "ready"> | "note";
  /** What is so, and the next step, for people. */
  readonly text: string;
}

/** not-looked-up: nobody asked AWS. no-answer: AWS was asked in vain. in-use: the reasons say by whom. */
export type NameInAws = "not-looked-up" | "no-answer" | "free" | "in-use";

/** What the plan says of one secret, or of a role or a mount whose engine is not KV. Names and metadata, never a value. */
export interface PlanRow {
  readonly kind: "secret" | "role" | "mount";
  /** The catalogue's number, by which a file of these rows can be read back; null for a mount. */
  readonly entryId: number | null;
  readonly namespace: string;
  readonly mount: string;
  /** Exactly as Vault has it; "" for a mount. */
  readonly path: string;
  readonly engine: Engine;
  /** null: KV v1, or not known. */
  readonly vaultVersion: number | null;
  readonly verdict: Verdict;
  readonly lane: Lane;
  /** The strongest first. Of a secret to skip only why it is skipped. */
  readonly reasons: readonly PlanReason[];
  /** One thing to do next. */
  readonly nextStep: string;
  /** Where it would go, or its request sends it; null where there is no such name. */
  readonly target: TargetRef | null;
  readonly nameInAws: NameInAws;
  /** The newest request for it. */
  readonly requestId: string | null;
}
