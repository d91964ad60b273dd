import { PLAIN_SETTINGS, type TargetRef, type TargetSettings } from "../../src/approvals/content.ts";
import type { PresentTarget, SecretTarget, TargetValue } from "../../src/migration/secret-target.ts";
import {
  TargetMovedOnError,
  TargetNotFoundError,
  TargetRefusedError,
  TargetTakenError,
  TargetTombstonedError,
} from "../../src/migration/target-errors.ts";
import { Secret } from "../../src/secret.ts";

interface HeldVersion {
  readonly value: TargetValue;
  /** Without AWSCURRENT, which only one version has. */
  stages: string[];
}
interface Held {
  readonly arn: string;
  tags: Record<string, string>;
  settings: TargetSettings;
  kmsKeyId: string | null;
  readonly versions: Map<string, HeldVersion>;
  current: string;
  deletionDate: Date | null;
}

/** Text as Secrets Manager keeps it. */
export const textValue = (text: string): TargetValue => ({ form: "string", secret: new Secret(text) });

/** Secrets Manager in memory, with AWS's answers. `calls` holds the writes that changed something, in order. */
export function fakeSecretTarget(): SecretTarget & { readonly calls: string[] } {
  const held = new Map<string, Held>();
  const calls: string[] = [];
  const failure = (operation: string, target: TargetRef) => ({ operation, target });
  const find = (operation: string, target: TargetRef): Held => {
    const secret = held.get(target.name);
    if (!secret) throw new TargetNotFoundError(failure(operation, target));
    return secret;
  };
  const findLive = (operation: string, target: TargetRef): Held => {
    const secret = find(operation, target);
    if (secret.deletionDate) throw new TargetTombstonedError(failure(operation, target));
    return secret;
  };

  return {
    calls,
    async describe({ name }) {
      const secret = held.get(name);
      return secret ? presentOf(secret) : { status: "absent" };
    },
    async create(target, value, { requestToken, tags, settings }) {
      const known = held.get(target.name);
      if (known?.deletionDate) throw new TargetTombstonedError(failure("create", target));
      if (known && !isSameValue(known.versions.get(requestToken)?.value, value)) {
        throw new TargetTakenError(failure("create", target));
      }
      if (known) return { arn: known.arn };
      const arn = `arn:aws:secretsmanager:${target.region}:${target.accountId}:secret:${target.name}-AbCdEf`;
      const versions = new Map([[requestToken, { value, stages: [] }]]);
      const { kmsKeyId } = target;
      held.set(target.name, {
        arn,
        tags: { ...tags },
        settings,
        kmsKeyId,
        versions,
        current: requestToken,
        deletionDate: null,
      });
      calls.push(`create ${target.name}`);
      return { arn };
    },
    async put(target, value, { requestToken, stages }) {
      const secret = findLive("put", target);
      const known = secret.versions.get(requestToken);
      if (known !== undefined && !isSameValue(known.value, value)) throw new TargetTakenError(failure("put", target));
      if (known !== undefined) return;
      for (const version of secret.versions.values()) {
        version.stages = version.stages.filter((stage) => !stages?.includes(stage));
      }
      secret.versions.set(requestToken, { value, stages: [...(stages ?? [])] });
      if (stages === undefined) secret.current = requestToken;
      calls.push(stages ? `put ${target.name} as ${stages.join(", ")}` : `put ${target.name}`);
    },
    async read(target, versionId) {
      const version = findLive("read", target).versions.get(versionId);
      if (version === undefined) throw new TargetNotFoundError(failure("read", target));
      return version.value;
    },
    async applySettings(target, settings) {
      const secret = findLive("applySettings", target);
      const { description, resourcePolicy } = secret.settings;
      secret.settings = {
        description: settings.description ?? description,
        resourcePolicy: settings.resourcePolicy ?? resourcePolicy,
        replicaRegions: [...new Set([...secret.settings.replicaRegions, ...settings.replicaRegions])],
      };
      secret.kmsKeyId = target.kmsKeyId;
      calls.push(`applySettings ${target.name}`);
    },
    async readPolicy(target) {
      return findLive("readPolicy", target).settings.resourcePolicy;
    },
    async removePolicy(target) {
      const secret = findLive("removePolicy", target);
      secret.settings = { ...secret.settings, resourcePolicy: PLAIN_SETTINGS.resourcePolicy };
      calls.push(`removePolicy ${target.name}`);
    },
    async removeReplicas(target, regions) {
      const secret = held.get(target.name);
      if (!secret?.settings.replicaRegions.some((region) => regions.includes(region))) return;
      const replicaRegions = secret.settings.replicaRegions.filter((region) => !regions.includes(region));
      secret.settings = { ...secret.settings, replicaRegions };
      calls.push(`removeReplicas ${target.name} ${regions.join(", ")}`);
    },
    async setTags(target, tags) {
      const secret = findLive("setTags", target);
      secret.tags = { ...secret.tags, ...tags };
      calls.push(`setTags ${target.name}`);
    },
    async removeTags(target, keys) {
      const secret = findLive("removeTags", target);
      secret.tags = Object.fromEntries(Object.entries(secret.tags).filter(([key]) => !keys.includes(key)));
      calls.push(`removeTags ${target.name} ${keys.join(", ")}`);
    },
    async scheduleDeletion(target, recoveryDays) {
      const secret = find("scheduleDeletion", target);
      if (secret.settings.replicaRegions.length > 0) {
        throw new TargetRefusedError(failure("scheduleDeletion", target));
      }
      if (secret.deletionDate) return;
      secret.deletionDate = new Date(Date.now() + recoveryDays * 86_400_000);
      calls.push(`scheduleDeletion ${target.name} ${recoveryDays}`);
    },
    async restore(target) {
      const secret = find("restore", target);
      if (!secret.deletionDate) return;
      secret.deletionDate = null;
      calls.push(`restore ${target.name}`);
    },
    async moveCurrent(target, { from, to }) {
      const secret = findLive("moveCurrent", target);
      if (secret.current === to) return;
      if (secret.current !== from) throw new TargetMovedOnError(failure("moveCurrent", target));
      secret.current = to;
      calls.push(`moveCurrent ${target.name} to ${to}`);
    },
    async removeStage(target, { stage, from }) {
      const version = findLive("removeStage", target).versions.get(from);
      if (!version?.stages.includes(stage)) return;
      version.stages = version.stages.filter((each) => each !== stage);
      calls.push(`removeStage ${target.name} ${stage}`);
    },
  };
}

const isSameValue = (one: TargetValue | undefined, other: TargetValue): boolean =>
  one !== undefined && one.form === other.form && one.secret.equals(other.secret);

function presentOf({ arn, tags, settings, kmsKeyId, versions, current, deletionDate }: Held): PresentTarget {
  const stagesOf = (id: string, { stages }: HeldVersion) => [...(id === current ? ["AWSCURRENT"] : []), ...stages];
  return {
    status: "present",
    arn,
    tags: { ...tags },
    description: settings.description,
    kmsKeyId,
    replicas: settings.replicaRegions.map((region) => ({ region, status: "InSync" })),
    stagesByVersion: Object.fromEntries([...versions].map(([id, version]) => [id, stagesOf(id, version)])),
    currentVersionId: current,
    deletionDate,
  };
}
