import type { TargetRef } from "../approvals/content.ts";
import { type AllowedTarget, isAllowedTarget } from "./allowed-target.ts";
import { TargetNotAllowedError } from "./engine-errors.ts";

/** The worker's own list decides, whatever was signed: a stolen bot can't send a secret elsewhere. @throws {TargetNotAllowedError} */
export function assertTargetAllowed(allowed: readonly AllowedTarget[], target: TargetRef): void {
  if (!isAllowedTarget(allowed, target)) throw new TargetNotAllowedError();
}
