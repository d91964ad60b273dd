import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { TargetRef } from "../../src/approvals/content.ts";
import { MAX_SESSION_POLICY, sessionPolicy, type TargetDuty } from "../../src/aws/session-policy.ts";
import { matchesArn } from "./iam-policy.ts";

interface Statement {
  readonly Action: string | string[];
  readonly Resource: string | string[];
  readonly Condition?: unknown;
}

const target: TargetRef = { accountId: "123456789012", region: "eu-central-1", name: "app/a", kmsKeyId: null };
const arnOf = (name: string) => `arn:aws:secretsmanager:eu-central-1:123456789012:secret:${name}`;
const statementsOf = (ref: TargetRef, duty: TargetDuty, partition = "aws"): Statement[] =>
  JSON.parse(sessionPolicy(ref, duty, partition)).Statement;
const list = (value: string | string[]): string[] => [value].flat();

/** What the session could do to the secret whose whole ARN this is, if its role allowed everything. */
function allowed(ref: TargetRef, duty: TargetDuty, arn: string): string[] {
  return statementsOf(ref, duty)
    .filter(({ Resource }) => list(Resource).some((pattern) => matchesArn(pattern, arn)))
    .flatMap(({ Action }) => list(Action))
    .toSorted();
}

const awsName = fc.stringMatching(/^[A-Za-z0-9/_+=.@-]{1,512}$/);
const anyName = fc.string({ minLength: 1, maxLength: 60, unit: fc.constantFrom(..."ab-/*?", ..."${", ...'}"\\.') });
const suffix = fc.stringMatching(/^[A-Za-z0-9]{6}$/);
const duty = fc.constantFrom<TargetDuty>("write", "configure", "roll-back");
const COUNT: Record<TargetDuty, number> = { write: 6, configure: 3, "roll-back": 9 };
/** Judging a policy's text is of no secret. */
const onSecrets = (actions: string[]) => actions.filter((action) => !action.endsWith(":ValidateResourcePolicy"));

describe("sessionPolicy", () => {
  it("lets a writing session write, read back, tag and describe its one name, and neither delete nor restore it", () => {
    expect(allowed(target, "write", arnOf("app/a-AbC123"))).toEqual([
      "secretsmanager:CreateSecret",
      "secretsmanager:DescribeSecret",
      "secretsmanager:GetSecretValue",
      "secretsmanager:PutSecretValue",
      "secretsmanager:ReplicateSecretToRegions",
      "secretsmanager:TagResource",
    ]);
  });

  it("lets a session for settings change what stands beside the value, and neither read the value nor take anything away", () => {
    expect(allowed(target, "configure", arnOf("app/a-AbC123"))).toEqual([
      "secretsmanager:PutResourcePolicy",
      "secretsmanager:ReplicateSecretToRegions",
      "secretsmanager:UpdateSecret",
      "secretsmanager:ValidateResourcePolicy",
    ]);
  });

  it("lets a session for undo delete, restore, tag and move labels, and neither write nor read a value", () => {
    expect(allowed(target, "roll-back", arnOf("app/a-AbC123"))).toEqual([
      "secretsmanager:DeleteResourcePolicy",
      "secretsmanager:DeleteSecret",
      "secretsmanager:DescribeSecret",
      "secretsmanager:GetResourcePolicy",
      "secretsmanager:RemoveRegionsFromReplication",
      "secretsmanager:RestoreSecret",
      "secretsmanager:TagResource",
      "secretsmanager:UntagResource",
      "secretsmanager:UpdateSecretVersionStage",
    ]);
    expect(sessionPolicy(target, "roll-back", "aws")).not.toContain("kms:");
  });

  it.each([
    "app/ab-AbC123",
    "app/a/b-AbC123",
    "app-AbC123",
    "app/a-AbC1234",
    "app/a-b-AbC123",
    "app/A-AbC123",
    "app/a-",
  ])("says nothing of %s", (name) => {
    const duties = ["write", "configure", "roll-back"] as const;
    expect(duties.flatMap((work) => onSecrets(allowed(target, work, arnOf(name))))).toEqual([]);
  });

  it("allows everything that it allows on its own secret, for any name", () => {
    fc.assert(
      fc.property(fc.oneof(awsName, anyName), duty, suffix, (name, work, end) => {
        const actions = onSecrets(allowed({ ...target, name }, work, arnOf(`${name}-${end}`)));
        expect(actions).toHaveLength(COUNT[work]);
      }),
    );
  });

  it("allows nothing on any other secret, however alike the names and whatever characters they have", () => {
    fc.assert(
      fc.property(anyName, anyName, duty, suffix, (name, other, work, end) => {
        fc.pre(name !== other);
        expect(onSecrets(allowed({ ...target, name }, work, arnOf(`${other}-${end}`)))).toEqual([]);
      }),
      { numRuns: 2_000 },
    );
  });

  it("is not fooled by a name that looks like the whole ARN of another secret", () => {
    expect(allowed({ ...target, name: "app/a-AbC123" }, "write", arnOf("app/a-AbC123"))).toEqual([]);
  });

  it("fits AWS's limit for every name that AWS takes, in the longest place and with the longest key", () => {
    const kmsKeyId = "arn:aws-us-gov:kms:us-gov-west-1:123456789012:key/mrk-1234567890abcdef1234567890abcdef";
    fc.assert(
      fc.property(awsName, duty, (name, work) => {
        const ref: TargetRef = { accountId: "123456789012", region: "us-gov-west-1", name, kmsKeyId };
        expect(sessionPolicy(ref, work, "aws-us-gov").length).toBeLessThanOrEqual(MAX_SESSION_POLICY);
      }),
    );
    const longest: TargetRef = { ...target, region: "us-gov-west-1", name: "/".repeat(512), kmsKeyId };
    expect(sessionPolicy(longest, "write", "aws-us-gov").length).toBeLessThanOrEqual(MAX_SESSION_POLICY);
  });

  it.each([
    ["the AWS-managed key", null, "arn:aws:kms:eu-central-1:123456789012:key/*", undefined],
    ["a key's id", "1234-abcd", "arn:aws:kms:eu-central-1:123456789012:key/1234-abcd", undefined],
    ["a key's ARN", "arn:aws:kms:eu-central-1:9:key/k", "arn:aws:kms:eu-central-1:9:key/k", undefined],
    ["a key id with a wildcard", "*", `arn:aws:kms:eu-central-1:123456789012:key/$${"{*}"}`, undefined],
    ["an alias", "alias/vault", "arn:aws:kms:eu-central-1:123456789012:key/*", "alias/vault"],
    ["an alias's ARN", "arn:aws:kms:eu-central-1:9:alias/v", "arn:aws:kms:eu-central-1:123456789012:key/*", "alias/v"],
  ])("lets %s be used through Secrets Manager alone", (_which, kmsKeyId, resource, alias) => {
    const key = statementsOf({ ...target, kmsKeyId }, "write").at(-1);
    expect(key).toEqual({
      Effect: "Allow",
      Action: ["kms:Decrypt", "kms:GenerateDataKey"],
      Resource: resource,
      Condition: {
        StringLike: { "kms:ViaService": "secretsmanager.eu-central-1.amazonaws.com*" },
        ...(alias !== undefined && { "ForAnyValue:StringEquals": { "kms:ResourceAliases": alias } }),
      },
    });
  });
});
