import type { TargetRef } from "../approvals/content.ts";

/**
 * What a session is for. "configure" gives an open target what the rules add beside its value; a session for it is made
 * only where they add something. Deleting, restoring, moving labels back and taking away is "roll-back".
 */
export type TargetDuty = "write" | "configure" | "roll-back";

/** AWS's limit for an inline session policy, in characters. @see https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html */
export const MAX_SESSION_POLICY = 2_048;

const ACTIONS: Readonly<Record<TargetDuty, readonly string[]>> = {
  // The last one: CreateSecret asks for it where it is given replicas.
  write: [
    "CreateSecret",
    "DescribeSecret",
    "GetSecretValue",
    "PutSecretValue",
    "TagResource",
    "ReplicateSecretToRegions",
  ],
  configure: ["PutResourcePolicy", "ReplicateSecretToRegions", "UpdateSecret"],
  "roll-back": [
    "DeleteResourcePolicy",
    "DeleteSecret",
    "DescribeSecret",
    "GetResourcePolicy",
    "RemoveRegionsFromReplication",
    "RestoreSecret",
    "TagResource",
    "UntagResource",
    "UpdateSecretVersionStage",
  ],
};

/**
 * The session policy for one target: whatever the role may do, the session may do this to this one name and nothing
 * else. It gives no right that the role has not.
 */
export function sessionPolicy(target: TargetRef, duty: TargetDuty, partition: string): string {
  const { region, accountId, name } = target;
  const bare = `arn:${partition}:secretsmanager:${region}:${accountId}:secret:${literal(name)}`;
  // AWS ends every ARN with a dash and six characters. Six single wildcards match no longer name: `NAME*` would.
  const actions = ACTIONS[duty].map((action) => `secretsmanager:${action}`);
  const statements = [
    { Effect: "Allow", Action: actions, Resource: `${bare}-??????` },
    // A name that is not there has no suffix yet, and a denial would hide that it is free.
    ...(duty === "configure" || looksLikeArnEnd(name) ? [] : [allow("DescribeSecret", bare)]),
    // A policy is judged before its secret is there, so that call names none. It reads and changes nothing.
    ...(duty === "configure" ? [allow("ValidateResourcePolicy", "*")] : []),
    ...(duty === "roll-back" ? [] : [keyStatement(target, partition)]),
  ];
  return JSON.stringify({ Version: "2012-10-17", Statement: statements });
}

const allow = (action: string, Resource: string) => ({
  Effect: "Allow",
  Action: `secretsmanager:${action}`,
  Resource,
});

/** The key is used only through Secrets Manager, and for a named key only that one. */
function keyStatement({ region, accountId, kmsKeyId }: TargetRef, partition: string): unknown {
  const keys = `arn:${partition}:kms:${region}:${accountId}:key/`;
  const alias = /(?:^|:)(alias\/.+)$/.exec(kmsKeyId ?? "")?.[1];
  const named = kmsKeyId?.startsWith("arn:") ? literal(kmsKeyId) : `${keys}${literal(kmsKeyId ?? "")}`;
  return {
    Effect: "Allow",
    Action: ["kms:Decrypt", "kms:GenerateDataKey"],
    // IAM takes no alias as the resource of these actions, and the AWS-managed key's id is AWS's own affair.
    Resource: kmsKeyId === null || alias !== undefined ? `${keys}*` : named,
    Condition: {
      StringLike: { "kms:ViaService": `secretsmanager.${region}.amazonaws.com*` }, // .cn in China
      ...(alias !== undefined && { "ForAnyValue:StringEquals": { "kms:ResourceAliases": literal(alias) } }),
    },
  };
}

/** IAM reads `*`, `?` and `${…}` in a policy as patterns; this is how it is told not to. */
function literal(text: string): string {
  return text.replaceAll(/[*?$]/g, (character) => `\${${character}}`);
}

/** `foo-abcdef` without a suffix of its own is the whole ARN of a secret `foo`. */
function looksLikeArnEnd(name: string): boolean {
  return /-[A-Za-z0-9]{6}$/.test(name);
}
