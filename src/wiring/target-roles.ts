import type { TargetRoles } from "../aws/target-sessions.ts";
import type { WorkerConfig } from "../config.ts";

/** The roles that a worker assumes in AWS, as its variables name them. */
export function rolesOf({ AWS_WRITER_ROLE_ARN, AWS_ROLLBACK_ROLE_ARN }: WorkerConfig): TargetRoles {
  return { writer: AWS_WRITER_ROLE_ARN ?? null, rollback: AWS_ROLLBACK_ROLE_ARN ?? null };
}
