import {
  DeleteResourcePolicyCommand,
  GetResourcePolicyCommand,
  PutResourcePolicyCommand,
  RemoveRegionsFromReplicationCommand,
  ReplicateSecretToRegionsCommand,
  UpdateSecretCommand,
  ValidateResourcePolicyCommand,
} from "@aws-sdk/client-secrets-manager";
import type { TargetRef, TargetSettings } from "../approvals/content.ts";
import type { PresentTarget, SecretTarget } from "../migration/secret-target.ts";
import { TargetNotFoundError, TargetPolicyError } from "../migration/target-errors.ts";
import { repeatWhileNotFound, type TargetCalls } from "./target-calls.ts";

type SettingsPort = Pick<SecretTarget, "applySettings" | "readPolicy" | "removePolicy" | "removeReplicas">;
export interface TargetSettingsCalls extends SettingsPort {
  /** @throws {TargetPolicyError} AWS finds a fault in it. */
  validatePolicy(target: TargetRef, policy: string | null): Promise<void>;
  putPolicy(target: TargetRef, policy: string | null): Promise<void>;
}

/** What the organisation's rules add to a target, beside its value. */
export function targetSettings(
  { attempt, checkCaller, describe }: TargetCalls,
  wait: (delayMs: number) => Promise<unknown>,
): TargetSettingsCalls {
  const validatePolicy: TargetSettingsCalls["validatePolicy"] = async (target, policy) => {
    if (policy === null) return;
    const operation = "ValidateResourcePolicy";
    // Without SecretId: it is judged before the secret is there.
    const { PolicyValidationPassed: isValid } = await attempt(operation, { target, duty: "configure" }, (client) =>
      client.send(new ValidateResourcePolicyCommand({ ResourcePolicy: policy })),
    );
    if (isValid !== true) throw new TargetPolicyError({ operation, target });
  };

  const putPolicy: TargetSettingsCalls["putPolicy"] = async (target, policy) => {
    if (policy === null) return;
    const put = () =>
      attempt("PutResourcePolicy", { target, duty: "configure" }, (client) =>
        client.send(
          new PutResourcePolicyCommand({ SecretId: target.name, ResourcePolicy: policy, BlockPublicPolicy: true }),
        ),
      );
    await repeatWhileNotFound(put, wait);
  };

  const update = async (target: TargetRef, settings: TargetSettings, present: PresentTarget): Promise<void> => {
    const changes = {
      ...(settings.description !== null && settings.description !== (present.description ?? "")
        ? { Description: settings.description }
        : {}),
      // AWS takes an empty key for its own one.
      ...(isSameKey(target.kmsKeyId, present.kmsKeyId) ? {} : { KmsKeyId: target.kmsKeyId ?? "" }),
    };
    if (Object.keys(changes).length === 0) return;
    await attempt("UpdateSecret", { target, duty: "configure" }, (client) =>
      client.send(new UpdateSecretCommand({ SecretId: target.name, ...changes })),
    );
  };

  /** Calls that AWS refuses once they are done: after a lost answer the SDK's own repeat is refused. */
  const unlessDone = async (
    target: TargetRef,
    isDone: (present: PresentTarget) => boolean,
    call: () => Promise<unknown>,
  ): Promise<void> => {
    await call().catch(async (error: unknown) => {
      const now = await describe(target).catch(() => null);
      if (now?.status !== "present" || !isDone(now)) throw error;
    });
  };

  const replicate = async (target: TargetRef, regions: readonly string[]): Promise<void> => {
    if (regions.length === 0) return;
    const call = () =>
      attempt("ReplicateSecretToRegions", { target, duty: "configure" }, (client) =>
        client.send(
          new ReplicateSecretToRegionsCommand({ SecretId: target.name, AddReplicaRegions: replicaList(regions) }),
        ),
      );
    await unlessDone(target, (now) => regions.every((region) => hasReplicaIn(now, region)), call);
  };

  return {
    validatePolicy,
    putPolicy,

    async applySettings(target, settings) {
      await checkCaller("UpdateSecret", target);
      const present = await describe(target);
      if (present.status === "absent") throw new TargetNotFoundError({ operation: "DescribeSecret", target });
      await validatePolicy(target, settings.resourcePolicy);
      await update(target, settings, present);
      await putPolicy(target, settings.resourcePolicy);
      await replicate(
        target,
        settings.replicaRegions.filter((region) => !hasReplicaIn(present, region)),
      );
    },

    async readPolicy(target) {
      const answer = await attempt("GetResourcePolicy", { target, duty: "roll-back" }, (client) =>
        client.send(new GetResourcePolicyCommand({ SecretId: target.name })),
      );
      return answer.ResourcePolicy || null;
    },

    async removePolicy(target) {
      await attempt("DeleteResourcePolicy", { target, duty: "roll-back" }, (client) =>
        client.send(new DeleteResourcePolicyCommand({ SecretId: target.name })),
      );
    },

    async removeReplicas(target, regions) {
      const present = await describe(target);
      if (present.status === "absent") return;
      const there = regions.filter((region) => hasReplicaIn(present, region));
      if (there.length === 0) return;
      const call = () =>
        attempt("RemoveRegionsFromReplication", { target, duty: "roll-back" }, (client) =>
          client.send(new RemoveRegionsFromReplicationCommand({ SecretId: target.name, RemoveReplicaRegions: there })),
        );
      await unlessDone(target, (now) => !there.some((region) => hasReplicaIn(now, region)), call);
    },
  };
}

export const replicaList = (regions: readonly string[]): { Region: string }[] =>
  regions.map((region) => ({ Region: region }));

const hasReplicaIn = (present: PresentTarget, wanted: string): boolean =>
  present.replicas.some(({ region }) => region === wanted);

/** AWS may name by ARN what we named by id or alias. */
function isSameKey(wanted: string | null, present: string | null): boolean {
  const [ours, theirs] = [wanted, present].map((key) => (key === null ? MANAGED_KEY : bareKey(key)));
  return ours === theirs;
}

const MANAGED_KEY = "alias/aws/secretsmanager";

const bareKey = (key: string): string => (key.startsWith("arn:") ? key.replace(/^(?:[^:]*:){5}(?:key\/)?/, "") : key);
