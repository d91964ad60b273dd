import { isDeepStrictEqual } from "node:util";
import { type DescribeSecretResponse, GetSecretValueCommand } from "@aws-sdk/client-secrets-manager";
import type { ChaosWorld } from "./chaos-world.ts";
import { THEIR_DESCRIPTION, THEIR_TAGS } from "./plant.ts";
import { idByLabel } from "./raw-aws.ts";
import type { ExpectedTarget, LaidValue } from "./targets.ts";

export interface Say {
  lost(what: string): void;
  leftover(what: string): void;
}

/** Whether one target is as it must be: live or not, whose, and each label on the right value and version. */
export async function judgeTarget(
  world: ChaosWorld,
  expected: ExpectedTarget,
  described: DescribeSecretResponse | null,
  say: Say,
): Promise<void> {
  if (expected.is === "absent") {
    if (described) say.lost("something is at its target, though nothing was to be written");
    return;
  }
  if (!described) return say.lost("nothing is at its target");
  const isTombstone = described.DeletedDate !== undefined;
  if (isTombstone !== (expected.is === "tombstone")) {
    return say.lost(
      isTombstone ? "its target is scheduled for deletion" : "its target is live, though it must be scheduled",
    );
  }
  judgeOwner(expected, described, say);
  if (isTombstone && expected.theirs === "no") return; // nobody can read it
  await judgeLabels(world, expected, described, say);
}

function judgeOwner({ theirs }: ExpectedTarget, { Tags = [], Description }: DescribeSecretResponse, say: Say): void {
  if (theirs === "no") return;
  const kept = Tags.filter((tag) => THEIR_TAGS.some((their) => isDeepStrictEqual({ ...tag }, their)));
  if (kept.length !== THEIR_TAGS.length) say.lost("a tag of its owner's is gone from the target");
  if (Description !== THEIR_DESCRIPTION) say.lost("the target has another description than its owner's");
  if (theirs === "untouched" && Tags.length > kept.length)
    say.lost("somebody else's target has tags that are not theirs");
}

async function judgeLabels(
  { aws }: ChaosWorld,
  expected: ExpectedTarget,
  described: DescribeSecretResponse,
  say: Say,
): Promise<void> {
  const ids = idByLabel(described);
  const whose = expected.theirs === "untouched" ? "its owner's" : "Vault's";
  for (const [label, { value, versionId }] of Object.entries(expected.labels)) {
    const id = ids[label];
    if (id === undefined) {
      say.lost(`no version at its target has the label ${label}`);
      continue;
    }
    const isReadable = expected.is === "live";
    if (isReadable && !(await isHeld(aws, expected.name, label, value)))
      say.lost(`${label} of its target holds another value than ${whose}`);
    else if (versionId !== null && versionId !== id)
      say.lost(`${label} of its target is on another version than before`);
  }
  const strays = Object.keys(ids).filter((label) => !(label in expected.labels));
  if (strays.length > 0)
    say.leftover(`a version at the target has the label ${strays.join(", ")}, which no move accounts for`);
}

async function isHeld(aws: ChaosWorld["aws"], name: string, label: string, value: LaidValue): Promise<boolean> {
  const { SecretString, SecretBinary } = await aws.send(
    new GetSecretValueCommand({ SecretId: name, VersionStage: label }),
  );
  if (value.as === "bytes")
    return SecretBinary !== undefined && Buffer.from(SecretBinary).equals(Buffer.from(value.content, "base64"));
  if (SecretString === undefined) return false;
  return value.as === "text" ? SecretString === value.content : isSameJson(SecretString, value.content);
}

function isSameJson(one: string, other: string): boolean {
  try {
    return isDeepStrictEqual(JSON.parse(one), JSON.parse(other));
  } catch {
    return false;
  }
}
