import {
  DeleteSecretCommand,
  GetResourcePolicyCommand,
  GetSecretValueCommand,
  UpdateSecretCommand,
} from "@aws-sdk/client-secrets-manager";
import type { RequestContent, TargetSettings } from "../../src/approvals/content.ts";
import type { CrashWorld } from "./crash-world.ts";
import type { EngineWorldOptions } from "./engine-world.ts";

/** AWS's own: they say when a label moved, not what there is. */
const NOT_COMPARED = "AWSPREVIOUS";

export interface Arranged {
  readonly id: string;
  /** All targets that it writes. */
  readonly names: readonly string[];
}
export type Arrange = (world: CrashWorld) => Promise<Arranged>;

/** What is at one name, told by values: ids differ from run to run. */
export async function lookAt(world: CrashWorld, name: string, id: string) {
  const described = await world.describe(name).catch(() => null);
  if (described === null) return "absent";
  const isTombstone = described.DeletedDate !== undefined;
  const values: Record<string, string> = {};
  for (const [VersionId, stages] of Object.entries(described.VersionIdsToStages ?? {})) {
    for (const stage of stages.filter((each) => each !== NOT_COMPARED)) {
      const got = isTombstone ? null : await world.aws.send(new GetSecretValueCommand({ SecretId: name, VersionId }));
      values[stage] = got?.SecretString ?? "not readable";
    }
  }
  const tags = (described.Tags ?? []).map(({ Key, Value }) => {
    const isOwnId = Key === "glovebox-migration" || Key === "glovebox-request";
    return `${Key}=${isOwnId ? (Value === id ? "this move" : "an earlier one") : Value}`;
  });
  return {
    isTombstone,
    values,
    tags: tags.filter((tag) => !tag.startsWith("glovebox-request")).toSorted(),
    settings: {
      description: described.Description,
      key: described.KmsKeyId,
      regions: (described.ReplicationStatus ?? []).map(({ Region }) => Region),
      policy: isTombstone ? null : await policyAt(world, name),
    },
  };
}

async function policyAt({ aws }: CrashWorld, name: string): Promise<unknown> {
  const { ResourcePolicy } = await aws.send(new GetResourcePolicyCommand({ SecretId: name }));
  return ResourcePolicy === undefined ? null : JSON.parse(ResourcePolicy);
}

export async function lookAll(world: CrashWorld, { id, names }: Arranged) {
  const looks = await Promise.all(names.map((name) => lookAt(world, name, id)));
  const versions = await Promise.all(names.map(async (name) => (await world.versionsOf(name).catch(() => [])).length));
  const { state, receipt } = await world.rowOf(id);
  return { looks, versions, state, hasReceipt: receipt !== null, left: await world.leftovers() };
}

let count = 0;
const newPath = (): string => {
  count += 1;
  return `writes-${process.pid}-${count}`;
};

async function ordered(world: CrashWorld, values: Record<string, string>[], patch: Partial<RequestContent> = {}) {
  const path = newPath();
  const [first = {}, ...others] = values;
  const source = await world.lease.put(path, first);
  for (const value of others) await world.lease.put(path, value);
  const row = { ...source, currentVersion: values.length, versions: "[]", customMetadata: "{}", seenAt: new Date() };
  await world.store.insertInto("entry").values(row).execute();
  const id = await world.order(source, patch);
  return { id, source, path, name: await world.targetOf(id) };
}

/** Approves the next version to the same target. */
async function orderedNext(
  world: CrashWorld,
  { source, path, name }: Awaited<ReturnType<typeof ordered>>,
  value: Record<string, string>,
  patch: Partial<RequestContent> = {},
): Promise<Arranged> {
  await world.lease.put(path, value);
  await world.store
    .updateTable("entry")
    .set(({ eb }) => ({ currentVersion: eb("currentVersion", "+", 1) }))
    .where("path", "=", path)
    .execute();
  const target = { accountId: "123456789012", region: "eu-central-1", name, kmsKeyId: null };
  return { id: await world.order(source, { target, ...patch }), names: [name] };
}

const splitOf = (): Pick<RequestContent, "shape"> => ({
  shape: {
    kind: "split",
    parts: [
      { name: "one", keys: ["a"] },
      { name: "two", keys: ["b"] },
    ],
  },
});

const KEY = "11111111-2222-3333-4444-555555555555";
const SETTINGS: TargetSettings = {
  description: "Kept by the platform team",
  replicaRegions: ["eu-west-1"],
  resourcePolicy: JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Allow",
        Principal: { AWS: "arn:aws:iam::123456789012:role/reader" },
        Action: "secretsmanager:GetSecretValue",
        Resource: "*",
      },
    ],
  }),
};
const { description, replicaRegions, resourcePolicy } = SETTINGS;
/** The worker's own rules say the same. */
export const RULES: Readonly<Record<string, EngineWorldOptions>> = {
  "an adopted target with settings, tags and labels of its own": {
    kmsKeyIds: [KEY],
    targetRule: {
      description: description ?? "",
      replicaRegions: [...replicaRegions],
      resourcePolicy: resourcePolicy ?? "",
    },
  },
};

/** Somebody else's target, with a description, tags and a key of its own, that a person said to take over. */
async function adopted(
  world: CrashWorld,
  values: Record<string, string>[],
  how: { patch?: Partial<RequestContent>; kmsKeyId?: string; isTombstone?: boolean },
): Promise<Arranged> {
  const { patch = {}, kmsKeyId = null, isTombstone = false } = how;
  const name = `${world.prefix}${newPath()}`;
  const theirTags = [
    { Key: "team", Value: "theirs" },
    { Key: "owner-team", Value: "theirs too" },
  ];
  const { ARN: arn = "", VersionId = "" } = await world.createByHand(name, '{"v":"theirs"}', theirTags);
  const theirs = { SecretId: name, Description: "Kept by them", KmsKeyId: "99999999-8888-7777-6666-555555555555" };
  if (kmsKeyId !== null) await world.aws.send(new UpdateSecretCommand(theirs));
  if (isTombstone) await world.aws.send(new DeleteSecretCommand({ SecretId: name, RecoveryWindowInDays: 7 }));
  const target = { accountId: "123456789012", region: "eu-central-1", name, kmsKeyId };
  const adopt = { arn, versionId: VersionId, isTombstone };
  const { id } = await ordered(world, values, { target, adopt, ...patch });
  return { id, names: [name] };
}

export const KINDS: Readonly<Record<string, Arrange>> = {
  "a split value": async (world) => {
    const { id, name } = await ordered(world, [{ a: "1", b: "2" }], splitOf());
    return { id, names: [`${name}/one`, `${name}/two`] };
  },
  "older versions": async (world) => {
    const { id, name } = await ordered(world, [{ v: "1" }, { v: "2" }, { v: "3" }], { olderVersions: 2 });
    return { id, names: [name] };
  },
  "a second version with an older one": async (world) => {
    const made = await ordered(world, [{ v: "1" }]);
    await world.migrate(made.id);
    return orderedNext(world, made, { v: "2" }, { olderVersions: 1, tags: { "owner-team": "team-b" } });
  },
  "an adopted target with settings, tags and labels of its own": async (world) => {
    const patch = { olderVersions: 1, settings: SETTINGS };
    return adopted(world, [{ v: "older" }, { v: "ours" }], { patch, kmsKeyId: KEY });
  },
  "an adopted tombstone": async (world) => adopted(world, [{ v: "ours" }], { isTombstone: true }),
  "an equal value": async (world) => {
    const made = await ordered(world, [{ v: "same" }]);
    await world.migrate(made.id);
    return orderedNext(world, made, { v: "same" });
  },
};
