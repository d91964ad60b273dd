import {
  DescribeSecretCommand,
  type DescribeSecretResponse,
  type SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import type { TargetRef } from "../approvals/content.ts";
import type { PresentTarget, TargetState } from "../migration/secret-target.ts";
import {
  TargetAccessDeniedError,
  TargetAccountError,
  TargetError,
  TargetNotFoundError,
} from "../migration/target-errors.ts";
import { mapTargetError } from "./map-target-error.ts";
import type { TargetDuty } from "./session-policy.ts";

export interface SecretsManagerTargetDeps {
  clientFor(target: TargetRef, duty: TargetDuty): SecretsManagerClient;
  /** The account of our credentials. Given, every write first checks that it is the approved one. */
  callerAccount?(target: TargetRef): Promise<string>;
  /** Drops the session that a call was denied with. @returns False: there is none, or it was renewed before. */
  renew?(target: TargetRef, duty: TargetDuty): boolean;
  /** Waits between the repeats of `read`. Milliseconds. */
  wait?(delayMs: number): Promise<unknown>;
}

/** One call to AWS: its name for errors, whose session makes it, and the call itself. */
export type TargetCall = <T>(
  operation: string,
  { target, duty }: { target: TargetRef; duty: TargetDuty },
  call: (client: SecretsManagerClient) => Promise<T>,
) => Promise<T>;

export interface TargetCalls {
  readonly attempt: TargetCall;
  /** @throws {TargetAccountError} Our credentials act in another account than the approved one. */
  readonly checkCaller: (operation: string, target: TargetRef) => Promise<void>;
  readonly describe: (target: TargetRef) => Promise<TargetState>;
}

export const CURRENT = "AWSCURRENT";

/** What every call to a target shares: what AWS throws leaves only as our own errors, and accounts are compared. */
export function targetCalls({ clientFor, callerAccount, renew }: SecretsManagerTargetDeps): TargetCalls {
  const attempt: TargetCall = async (operation, { target, duty }, call) => {
    const once = () => call(clientFor(target, duty));
    try {
      return await once().catch((error: unknown) => {
        // A session may have ended early, or been made before its role's rights had spread.
        const isDenied = mapTargetError(error, { operation, target }) instanceof TargetAccessDeniedError;
        const isOfSession = isDenied && !(error instanceof TargetError);
        if (isOfSession && renew?.(target, duty)) return once();
        throw error;
      });
    } catch (error) {
      throw mapTargetError(error, { operation, target });
    }
  };
  const checkCaller: TargetCalls["checkCaller"] = async (operation, target) => {
    if (callerAccount) checkAccount(operation, target, await callerAccount(target));
  };
  const describe: TargetCalls["describe"] = async (target) => {
    const answer = await attempt("DescribeSecret", { target, duty: "write" }, (client) =>
      client.send(new DescribeSecretCommand({ SecretId: target.name })),
    ).catch((error: unknown) => {
      if (error instanceof TargetNotFoundError) return null;
      throw error;
    });
    if (answer === null) return { status: "absent" };
    const present = presentTarget(answer);
    checkAccount("DescribeSecret", target, present.arn.split(":")[4] ?? "");
    return present;
  };
  return { attempt, checkCaller, describe };
}

function checkAccount(operation: string, target: TargetRef, account: string): void {
  if (account !== target.accountId) throw new TargetAccountError({ operation, target });
}

function presentTarget(answer: DescribeSecretResponse): PresentTarget {
  const stages = Object.entries(answer.VersionIdsToStages ?? {});
  return {
    status: "present",
    arn: answer.ARN ?? "",
    tags: Object.fromEntries((answer.Tags ?? []).map(({ Key = "", Value = "" }) => [Key, Value])),
    description: answer.Description || null,
    kmsKeyId: answer.KmsKeyId || null,
    replicas: (answer.ReplicationStatus ?? []).map(({ Region = "", Status = "" }) => ({
      region: Region,
      status: Status,
    })),
    stagesByVersion: Object.fromEntries(stages),
    currentVersionId: stages.find(([, labels]) => labels.includes(CURRENT))?.[0] ?? null,
    deletionDate: answer.DeletedDate ?? null,
  };
}

/** AWS promises no read-your-writes: "not found" right after our own write may be a replica that lags. */
const NOT_FOUND_DELAYS_MS = [200, 400, 800, 1_600];

export async function repeatWhileNotFound<T>(
  get: () => Promise<T>,
  wait: (delayMs: number) => Promise<unknown>,
): Promise<T> {
  for (const delayMs of NOT_FOUND_DELAYS_MS) {
    try {
      return await get();
    } catch (error) {
      if (!(error instanceof TargetNotFoundError)) throw error;
      await wait(delayMs);
    }
  }
  return get();
}
