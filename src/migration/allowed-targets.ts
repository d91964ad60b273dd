import type { TargetRef } from "../approvals/content.ts";
import { TargetNotAllowedError } from "./engine-errors.ts";

/** One line of a process's own allow-list. */
export interface AllowedTarget {
  readonly accountId: string;
  readonly region: string;
  readonly namePrefix: string;
  /** Empty: only the AWS-managed key. */
  readonly kmsKeyIds: readonly string[];
}

export function isTargetAllowed(allowed: readonly AllowedTarget[], target: TargetRef): boolean {
  return allowed.some(
    ({ accountId, region, namePrefix, kmsKeyIds }) =>
      accountId === target.accountId &&
      region === target.region &&
      target.name.startsWith(namePrefix) &&
      (target.kmsKeyId === null ? kmsKeyIds.length === 0 : kmsKeyIds.includes(target.kmsKeyId)),
  );
}

/** @throws {TargetNotAllowedError} */
export function assertTargetAllowed(allowed: readonly AllowedTarget[], target: TargetRef): void {
  if (!isTargetAllowed(allowed, target)) throw new TargetNotAllowedError();
}
