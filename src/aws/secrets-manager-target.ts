import { setTimeout as sleep } from "node:timers/promises";
import {
  CreateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  type DescribeSecretResponse,
  GetSecretValueCommand,
  PutSecretValueCommand,
  RestoreSecretCommand,
  type SecretsManagerClient,
  type Tag,
  TagResourceCommand,
  UpdateSecretVersionStageCommand,
} from "@aws-sdk/client-secrets-manager";
import type { TargetRef } from "../approvals/content.ts";
import type { PresentTarget, SecretTarget, TargetState } from "../migration/secret-target.ts";
import {
  TargetAccountError,
  TargetMovedOnError,
  TargetNotFoundError,
  TargetRefusedError,
  TargetTombstonedError,
} from "../migration/target-errors.ts";
import { STATE_TAG } from "../migration/target-tags.ts";
import { Secret } from "../secret.ts";
import { mapTargetError } from "./map-target-error.ts";
import type { TargetDuty } from "./session-policy.ts";

export interface SecretsManagerTargetDeps {
  clientFor(target: TargetRef, duty: TargetDuty): SecretsManagerClient;
  /** The account of our credentials. Given, every write first checks that it is the approved one. */
  callerAccount?(target: TargetRef): Promise<string>;
  /** Waits between the repeats of `read`. Milliseconds. */
  wait?(delayMs: number): Promise<unknown>;
}

const CURRENT = "AWSCURRENT";
const ROLL_BACK = new Set(["DeleteSecret", "RestoreSecret", "UpdateSecretVersionStage"]);
/** AWS promises no read-your-writes: "not found" right after our own write may be a replica that lags. */
const NOT_FOUND_DELAYS_MS = [200, 400, 800, 1_600];

/** Secrets Manager behind our port. Values go as SecretString; what AWS throws leaves only as our own errors. */
export function secretsManagerTarget({
  clientFor,
  callerAccount,
  wait = sleep,
}: SecretsManagerTargetDeps): SecretTarget {
  const attempt = async <T>(
    operation: string,
    target: TargetRef,
    call: (client: SecretsManagerClient) => Promise<T>,
    duty: TargetDuty = ROLL_BACK.has(operation) ? "roll-back" : "write",
  ) => {
    try {
      return await call(clientFor(target, duty));
    } catch (error) {
      throw mapTargetError(error, { operation, target });
    }
  };

  const checkAccount = (operation: string, target: TargetRef, account: string): void => {
    if (account !== target.accountId) throw new TargetAccountError({ operation, target });
  };
  const checkCaller = async (operation: string, target: TargetRef): Promise<void> => {
    if (callerAccount) checkAccount(operation, target, await callerAccount(target));
  };

  const describe = async (target: TargetRef): Promise<TargetState> => {
    const answer = await attempt("DescribeSecret", target, (client) =>
      client.send(new DescribeSecretCommand({ SecretId: target.name })),
    ).catch((error: unknown) => {
      if (error instanceof TargetNotFoundError) return null;
      throw error;
    });
    if (answer === null) return { status: "absent" };
    const present = presentTarget(answer);
    checkAccount("DescribeSecret", target, accountOfArn(present.arn));
    return present;
  };

  return {
    describe,

    async create(target, value, { requestToken, tags }) {
      await checkCaller("CreateSecret", target);
      const answer = await attempt("CreateSecret", target, (client) =>
        client.send(
          new CreateSecretCommand({
            Name: target.name,
            SecretString: value.reveal(),
            ClientRequestToken: requestToken,
            Tags: tagList(tags),
            ...(target.kmsKeyId !== null && { KmsKeyId: target.kmsKeyId }),
          }),
        ),
      );
      return { arn: answer.ARN ?? "" };
    },

    async put(target, value, { requestToken }) {
      await checkCaller("PutSecretValue", target);
      await attempt("PutSecretValue", target, (client) =>
        client.send(
          // No VersionStages: AWS then moves AWSCURRENT, and a repeat of the same token moves nothing.
          new PutSecretValueCommand({
            SecretId: target.name,
            SecretString: value.reveal(),
            ClientRequestToken: requestToken,
          }),
        ),
      );
    },

    async read(target, versionId) {
      const operation = "GetSecretValue";
      const get = () =>
        attempt(operation, target, async (client) => {
          const answer = await client.send(new GetSecretValueCommand({ SecretId: target.name, VersionId: versionId }));
          return answer.SecretString === undefined ? null : new Secret(answer.SecretString);
        });
      const value = await repeatWhileNotFound(get, wait);
      if (value === null) throw new TargetRefusedError({ operation, target, awsError: "SecretBinary" });
      return value;
    },

    async setTags(target, tags) {
      const call = (client: SecretsManagerClient) =>
        client.send(new TagResourceCommand({ SecretId: target.name, Tags: tagList(tags) }));
      // The writer may seal what is open. Opening what is sealed is just what sealing takes from it.
      await attempt("TagResource", target, call, tags[STATE_TAG] === "sealed" ? "write" : "roll-back");
    },

    async scheduleDeletion(target, recoveryDays) {
      await attempt("DeleteSecret", target, (client) =>
        client.send(new DeleteSecretCommand({ SecretId: target.name, RecoveryWindowInDays: recoveryDays })),
      ).catch((error: unknown) => {
        if (!(error instanceof TargetTombstonedError)) throw error; // scheduled already: what we wanted
      });
    },

    async restore(target) {
      await attempt("RestoreSecret", target, (client) =>
        client.send(new RestoreSecretCommand({ SecretId: target.name })),
      );
    },

    async moveCurrent(target, { from, to }) {
      const operation = "UpdateSecretVersionStage";
      const state = await describe(target);
      if (state.status === "absent") throw new TargetNotFoundError({ operation, target });
      if (state.currentVersionId === to) return;
      if (state.currentVersionId !== from) throw new TargetMovedOnError({ operation, target });
      await attempt(operation, target, (client) =>
        client.send(
          // AWS compares RemoveFromVersionId itself, so a writer who slips in after our look is not displaced.
          new UpdateSecretVersionStageCommand({
            SecretId: target.name,
            VersionStage: CURRENT,
            MoveToVersionId: to,
            RemoveFromVersionId: from,
          }),
        ),
      ).catch(async (error: unknown) => {
        const now = await describe(target).catch(() => null);
        const hasMoved = now?.status === "present" && now.currentVersionId !== from;
        if (!hasMoved) throw error;
        if (now.currentVersionId !== to) throw new TargetMovedOnError({ operation, target });
      });
    },
  };
}

async function repeatWhileNotFound<T>(get: () => Promise<T>, wait: (delayMs: number) => Promise<unknown>): Promise<T> {
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

function presentTarget(answer: DescribeSecretResponse): PresentTarget {
  const stages = Object.entries(answer.VersionIdsToStages ?? {});
  return {
    status: "present",
    arn: answer.ARN ?? "",
    tags: Object.fromEntries((answer.Tags ?? []).map(({ Key = "", Value = "" }) => [Key, Value])),
    stagesByVersion: Object.fromEntries(stages),
    currentVersionId: stages.find(([, labels]) => labels.includes(CURRENT))?.[0] ?? null,
    deletionDate: answer.DeletedDate ?? null,
  };
}

function accountOfArn(arn: string): string {
  return arn.split(":")[4] ?? "";
}

function tagList(tags: Readonly<Record<string, string>>): Tag[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}
