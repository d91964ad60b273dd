import type { TargetRef } from "../approvals/content.ts";
import { GloveboxError } from "../errors.ts";

/** What a call was about, for the log: names and AWS's own reference, never a value. */
export interface TargetFailure {
  readonly operation: string;
  readonly target: Pick<TargetRef, "region" | "name">;
  /** AWS's name for the error, and the request id that AWS support asks for. */
  readonly awsError?: string | undefined;
  readonly awsRequestId?: string | undefined;
}

/** Secrets Manager said no, or nothing. AWS's own error is never kept: what it holds is not ours to know. */
export abstract class TargetError extends GloveboxError {
  constructor({ operation, target, awsError, awsRequestId }: TargetFailure) {
    const reference = [awsError, awsRequestId && `request ${awsRequestId}`].filter(Boolean).join(", ");
    super(`${operation} of ${target.name} in ${target.region} failed${reference && ` (${reference})`}`);
  }
}

export class TargetAccessDeniedError extends TargetError {
  readonly code = "TARGET_ACCESS_DENIED";
  readonly userMessage =
    "AWS didn't let Glovebox do that, and the refused call changed nothing. An operator must check the writer's role and its key's policy (`glovebox doctor` names the missing right), then press Retry.";
}

export class TargetUnavailableError extends TargetError {
  readonly code = "TARGET_UNAVAILABLE";
  readonly userMessage =
    "AWS Secrets Manager didn't answer. Nothing will be written twice: Glovebox asks AWS first when it tries again.";
  override readonly retryable = true;
}

export class TargetThrottledError extends TargetError {
  readonly code = "TARGET_THROTTLED";
  readonly userMessage =
    "AWS is limiting the calls of this account, and the call that it refused changed nothing. Try again in a few minutes.";
  override readonly retryable = true;
}

export class TargetNotFoundError extends TargetError {
  readonly code = "TARGET_NOT_FOUND";
  readonly userMessage =
    "AWS has no such secret or version, so nothing was read or changed there. If someone deleted it, ask support before you try again.";
}

export class TargetTakenError extends TargetError {
  readonly code = "TARGET_TAKEN";
  readonly userMessage =
    "That target already exists and holds something else. I changed nothing in it. Press Retry to look at it anew: its requester can then take it over, choose another name, or stop.";
}

export class TargetTombstonedError extends TargetError {
  readonly code = "TARGET_TOMBSTONED";
  readonly userMessage =
    "That target is scheduled for deletion, and AWS keeps its name until then. Nothing was changed: take it over (which restores it and needs the approvers' yes), choose another name, or wait until AWS has deleted it.";
}

export class TargetMovedOnError extends TargetError {
  readonly code = "TARGET_MOVED_ON";
  readonly userMessage =
    "Somebody wrote a newer version to that target after Glovebox did, so I left AWSCURRENT where it is. Ask the target's owner which version is right.";
}

export class TargetLimitError extends TargetError {
  readonly code = "TARGET_LIMIT";
  readonly userMessage =
    "The AWS account has reached a limit (secrets, versions or labels), and the refused call wrote nothing. An operator must raise the limit or clean up, then press Retry.";
}

export class TargetKeyError extends TargetError {
  readonly code = "TARGET_KEY";
  readonly userMessage =
    "AWS couldn't use the target's KMS key: it is disabled, scheduled for deletion, or not granted. The refused call wrote nothing; its owner must check the key, then press Retry.";
}

export class TargetPolicyError extends TargetError {
  readonly code = "TARGET_POLICY";
  readonly userMessage =
    "AWS refuses the resource policy that the rules add to that target: it is malformed, or lets everybody in. No value was written with it; an operator must correct the rule in glovebox.yaml.";
}

export class TargetRefusedError extends TargetError {
  readonly code = "TARGET_REFUSED";
  readonly userMessage =
    "AWS refused the call as it was made, and it changed nothing. Trying again won't help: ask support, who find AWS's reason in the log.";
}

export class TargetAccountError extends TargetError {
  readonly code = "TARGET_ACCOUNT";
  readonly userMessage =
    "The worker's AWS credentials belong to another account than the approved one. Nothing was written: an operator must give the worker the right role, then press Retry.";
}
