import type { Adoption, TargetRef, ValueShape } from "../approvals/content.ts";

export interface PreflightFault {
  readonly code: string;
  /** The form's field that it belongs to. */
  readonly field: "path" | "target" | "tags" | "key";
  /** What is wrong and the next step, for people. */
  readonly text: string;
  /** False: worth knowing, and the request may be sent all the same. */
  readonly blocks: boolean;
}

export interface PreflightInput {
  readonly entryId: number;
  readonly target: TargetRef;
  readonly tags: Readonly<Record<string, string>>;
  readonly shape: ValueShape;
  /** What a person wishes to take over, as they saw it. */
  readonly adopt?: Adoption | null;
}

/** A fault that another name or place can lift. */
export function stopAtTarget(code: string, text: string): PreflightFault {
  return { code, field: "target", text, blocks: true };
}
