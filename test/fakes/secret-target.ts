import type { TargetRef } from "../../src/approvals/content.ts";
import type { PresentTarget, SecretTarget } from "../../src/migration/secret-target.ts";
import {
  TargetMovedOnError,
  TargetNotFoundError,
  TargetTakenError,
  TargetTombstonedError,
} from "../../src/migration/target-errors.ts";
import { Secret } from "../../src/secret.ts";

interface Held {
  readonly arn: string;
  tags: Record<string, string>;
  readonly values: Map<string, string>;
  current: string;
  deletionDate: Date | null;
}

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
    async create(target, value, { requestToken, tags }) {
      const known = held.get(target.name);
      if (known?.deletionDate) throw new TargetTombstonedError(failure("create", target));
      if (known && known.values.get(requestToken) !== value.reveal()) {
        throw new TargetTakenError(failure("create", target));
      }
      if (known) return { arn: known.arn };
      const arn = `arn:aws:secretsmanager:${target.region}:${target.accountId}:secret:${target.name}-AbCdEf`;
      const values = new Map([[requestToken, value.reveal()]]);
      held.set(target.name, { arn, tags: { ...tags }, values, current: requestToken, deletionDate: null });
      calls.push(`create ${target.name}`);
      return { arn };
    },
    async put(target, value, { requestToken }) {
      const secret = findLive("put", target);
      const known = secret.values.get(requestToken);
      if (known !== undefined && known !== value.reveal()) throw new TargetTakenError(failure("put", target));
      if (known !== undefined) return;
      secret.values.set(requestToken, value.reveal());
      secret.current = requestToken;
      calls.push(`put ${target.name}`);
    },
    async read(target, versionId) {
      const value = findLive("read", target).values.get(versionId);
      if (value === undefined) throw new TargetNotFoundError(failure("read", target));
      return new Secret(value);
    },
    async setTags(target, tags) {
      const secret = findLive("setTags", target);
      secret.tags = { ...secret.tags, ...tags };
      calls.push(`setTags ${target.name}`);
    },
    async scheduleDeletion(target, recoveryDays) {
      const secret = find("scheduleDeletion", target);
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
  };
}

function presentOf({ arn, tags, values, current, deletionDate }: Held): PresentTarget {
  return {
    status: "present",
    arn,
    tags: { ...tags },
    stagesByVersion: Object.fromEntries([...values.keys()].map((id) => [id, id === current ? ["AWSCURRENT"] : []])),
    currentVersionId: current,
    deletionDate,
  };
}
