import { setTimeout as sleep } from "node:timers/promises";
import {
  CreateSecretCommand,
  DeleteSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  RestoreSecretCommand,
  type Tag,
  TagResourceCommand,
  UntagResourceCommand,
} from "@aws-sdk/client-secrets-manager";
import type { TargetRef } from "../approvals/content.ts";
import type { CreateOptions, SecretTarget } from "../migration/secret-target.ts";
import { TargetTombstonedError } from "../migration/target-errors.ts";
import { STATE_TAG } from "../migration/target-tags.ts";
import { repeatWhileNotFound, type SecretsManagerTargetDeps, type TargetCalls, targetCalls } from "./target-calls.ts";
import { targetLabels } from "./target-labels.ts";
import { replicaList, targetSettings } from "./target-settings.ts";
import { revealForAws, valueFromAws } from "./target-value.ts";

type Wait = (delayMs: number) => Promise<unknown>;

/** Secrets Manager behind our port. What AWS throws leaves only as our own errors. */
export function secretsManagerTarget(deps: SecretsManagerTargetDeps): SecretTarget {
  const { wait = sleep } = deps;
  const calls = targetCalls(deps);
  const { validatePolicy, putPolicy, ...settings } = targetSettings(calls, wait);
  const { create, put, read } = valueCalls(calls, wait);
  return {
    describe: calls.describe,
    async create(target, value, options) {
      await calls.checkCaller("CreateSecret", target);
      await validatePolicy(target, options.settings.resourcePolicy);
      const made = await create(target, value, options);
      await putPolicy(target, options.settings.resourcePolicy);
      return made;
    },
    put,
    read,
    ...settings,
    ...tagCalls(calls),
    ...deletionCalls(calls),
    ...targetLabels(calls),
  };
}

function valueCalls({ attempt, checkCaller }: TargetCalls, wait: Wait): Pick<SecretTarget, "create" | "put" | "read"> {
  return {
    async create(target, value, options) {
      const operation = "CreateSecret";
      const answer = await attempt(operation, { target, duty: "write" }, (client) =>
        client.send(
          new CreateSecretCommand({ ...createInput(target, options), ...revealForAws(value, { operation, target }) }),
        ),
      );
      return { arn: answer.ARN ?? "" };
    },

    async put(target, value, { requestToken, stages }) {
      const operation = "PutSecretValue";
      await checkCaller(operation, target);
      await attempt(operation, { target, duty: "write" }, (client) =>
        client.send(
          // Without VersionStages AWS moves AWSCURRENT, and a repeat of the same token moves nothing.
          new PutSecretValueCommand({
            SecretId: target.name,
            ClientRequestToken: requestToken,
            ...(stages !== undefined && { VersionStages: [...stages] }),
            ...revealForAws(value, { operation, target }),
          }),
        ),
      );
    },

    async read(target, versionId) {
      const operation = "GetSecretValue";
      const get = () =>
        attempt(operation, { target, duty: "write" }, async (client) =>
          valueFromAws(await client.send(new GetSecretValueCommand({ SecretId: target.name, VersionId: versionId })), {
            operation,
            target,
          }),
        );
      return repeatWhileNotFound(get, wait);
    },
  };
}

function createInput(target: TargetRef, { requestToken, tags, settings }: CreateOptions) {
  const { description, replicaRegions } = settings;
  return {
    Name: target.name,
    ClientRequestToken: requestToken,
    Tags: tagList(tags),
    ...(target.kmsKeyId !== null && { KmsKeyId: target.kmsKeyId }),
    ...(description !== null && { Description: description }),
    ...(replicaRegions.length > 0 && { AddReplicaRegions: replicaList(replicaRegions) }),
  };
}

function tagCalls({ attempt }: TargetCalls): Pick<SecretTarget, "setTags" | "removeTags"> {
  return {
    async setTags(target, tags) {
      // The writer may seal what is open. Opening what is sealed is just what sealing takes from it.
      const duty = tags[STATE_TAG] === "sealed" ? "write" : "roll-back";
      await attempt("TagResource", { target, duty }, (client) =>
        client.send(new TagResourceCommand({ SecretId: target.name, Tags: tagList(tags) })),
      );
    },

    async removeTags(target, keys) {
      if (keys.length === 0) return;
      await attempt("UntagResource", { target, duty: "roll-back" }, (client) =>
        client.send(new UntagResourceCommand({ SecretId: target.name, TagKeys: [...keys] })),
      );
    },
  };
}

function deletionCalls({ attempt }: TargetCalls): Pick<SecretTarget, "scheduleDeletion" | "restore"> {
  return {
    async scheduleDeletion(target, recoveryDays) {
      await attempt("DeleteSecret", { target, duty: "roll-back" }, (client) =>
        client.send(new DeleteSecretCommand({ SecretId: target.name, RecoveryWindowInDays: recoveryDays })),
      ).catch((error: unknown) => {
        if (!(error instanceof TargetTombstonedError)) throw error; // scheduled already: what we wanted
      });
    },

    async restore(target) {
      await attempt("RestoreSecret", { target, duty: "roll-back" }, (client) =>
        client.send(new RestoreSecretCommand({ SecretId: target.name })),
      );
    },
  };
}

function tagList(tags: Readonly<Record<string, string>>): Tag[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}
