import type { ApprovalStatement, TargetRef } from "../approvals/content.ts";
import { type AllowedTarget, areAllowedSettings, isAllowedTarget } from "./allowed-target.ts";
import { SettingsNotAllowedError, TargetNotAllowedError } from "./engine-errors.ts";

/** The worker's own list decides, whatever was signed: a stolen bot can't send a secret elsewhere. @throws {TargetNotAllowedError} */
export function assertTargetAllowed(allowed: readonly AllowedTarget[], target: TargetRef): void {
  if (!isAllowedTarget(allowed, target)) throw new TargetNotAllowedError();
}

/** Nor can it hang a policy or a replica on it that the worker's rules don't. @throws {SettingsNotAllowedError} */
export function assertSettingsAllowed(allowed: readonly AllowedTarget[], statement: ApprovalStatement): void {
  if (!areAllowedSettings(allowed, statement)) throw new SettingsNotAllowedError();
}
