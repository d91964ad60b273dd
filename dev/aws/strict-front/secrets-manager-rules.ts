import type { FrontAnswer } from "../../faults/fault-list.ts";
import type { AskTarget, FrontRequest, Ruling } from "../../faults/http-front.ts";
import { type AwsCall, awsError } from "../aws-call.ts";
import { plainPut } from "./plain-put.ts";
import { isMalformedPolicy, isPublicPolicy } from "./resource-policy.ts";
import { SecretsManagerInput } from "./secrets-manager-input.ts";

/**
 * Where moto 5.2.5 accepts what AWS refuses (facts/toolchain.md section 9), the refusal of AWS. Limits and error
 * names: facts/aws.md sections 1 and 2. Errors of the API's own input model come as ValidationException, those of the
 * service as InvalidParameterException or InvalidRequestException; where an issue shows the real answer, it is named.
 */
export interface Refusal {
  readonly code: string;
  readonly message: string;
}
type Rule = (input: SecretsManagerInput, describe: Describe) => Refusal | undefined | Promise<Refusal | undefined>;
type Describe = () => Promise<
  { isScheduledForDeletion: boolean; tagKeys: string[]; replicaRegions: string[] } | undefined
>;

// aws.md section 1.
const MAX_NAME_CHARS = 512;
const MAX_VALUE_BYTES = 65_536;
const MAX_TAGS = 50;
const MAX_TAG_KEY_CHARS = 128;
const MAX_TAG_VALUE_CHARS = 256;
const MAX_POLICY_CHARS = 20_480;
const MAX_DESCRIPTION_CHARS = 2_048;
const MAX_STAGES = 20;
const MAX_STAGE_CHARS = 256;

const validation = (message: string): Refusal => ({ code: "ValidationException", message });
const parameter = (message: string): Refusal => ({ code: "InvalidParameterException", message });
const request = (message: string): Refusal => ({ code: "InvalidRequestException", message });
const tooLong = (member: string, limit: number): Refusal =>
  validation(
    `1 validation error detected: Value at '${member}' failed to satisfy constraint: Member must have length less than or equal to ${limit}`,
  );

/** aws.md section 1, "name"; the answer as in smithy-lang/smithy-typescript#1546. */
const nameIsValid: Rule = ({ Name = "" }) => {
  if (Name.length > MAX_NAME_CHARS) return tooLong("name", MAX_NAME_CHARS);
  if (/^[A-Za-z0-9/_+=.@-]+$/.test(Name)) return undefined;
  return validation(
    "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!",
  );
};

/** aws.md section 1, "value"; answers as in kubernetes-sigs/cluster-api-provider-aws#1531 and aws/aws-sdk-java#1556. */
const valueFits: Rule = ({ SecretString, SecretBinary }) => {
  if (SecretString && SecretBinary) {
    return parameter("You can't specify both a binary secret value and a string secret value in the same secret.");
  }
  if (Buffer.byteLength(SecretString ?? "") > MAX_VALUE_BYTES) return tooLong("secretString", MAX_VALUE_BYTES);
  if (Buffer.from(SecretBinary ?? "", "base64").length > MAX_VALUE_BYTES)
    return tooLong("secretBinary", MAX_VALUE_BYTES);
  return undefined;
};

/**
 * aws.md section 1, "value": one of the two must be there, and an empty string is treated as unsupported. (AWS itself
 * is known to let CreateSecret make a secret without a version; Glovebox never may, so the practice AWS refuses it.)
 */
const valueIsGiven: Rule = ({ SecretString, SecretBinary }) =>
  SecretString || SecretBinary ? undefined : request("You must provide either SecretString or SecretBinary.");

/** aws.md section 1, "tags". */
const tagsAreValid: Rule = ({ Tags = [] }) => {
  if (Tags.length > MAX_TAGS) return parameter(`The request has more than ${MAX_TAGS} tags.`);
  if (Tags.some(({ Key }) => Key.toLowerCase().startsWith("aws:"))) {
    return parameter("Tag keys that start with aws: are reserved for AWS.");
  }
  if (Tags.some(({ Key }) => Key.length < 1 || Key.length > MAX_TAG_KEY_CHARS))
    return tooLong("tags.key", MAX_TAG_KEY_CHARS);
  if (Tags.some(({ Value }) => Value.length > MAX_TAG_VALUE_CHARS)) return tooLong("tags.value", MAX_TAG_VALUE_CHARS);
  return new Set(Tags.map(({ Key }) => Key)).size < Tags.length ? parameter("Tag keys must be unique.") : undefined;
};

/** aws.md section 1: the limit is on the secret, so what it has already counts. */
const tagsStayInLimit: Rule = async ({ Tags = [] }, describe) => {
  const keys = new Set([...((await describe())?.tagKeys ?? []), ...Tags.map(({ Key }) => Key)]);
  return keys.size > MAX_TAGS ? parameter(`A secret can have at most ${MAX_TAGS} tags.`) : undefined;
};

/** aws.md section 2, CreateSecret; the answer as in aws/copilot-cli#655. */
const nameIsNotScheduledForDeletion: Rule = async (_input, describe) =>
  (await describe())?.isScheduledForDeletion
    ? request("You can't create this secret because a secret with this name is already scheduled for deletion.")
    : undefined;

/** aws.md section 2, write algorithm: a secret scheduled for deletion must be restored before it is written. */
const secretIsNotScheduledForDeletion: Rule = async (_input, describe) =>
  (await describe())?.isScheduledForDeletion
    ? request("You can't perform this operation on the secret because it was marked for deletion.")
    : undefined;

/** aws.md sections 1 and 2, PutResourcePolicy. */
const policyIsValid: Rule = ({ ResourcePolicy = "", BlockPublicPolicy }) => {
  if (ResourcePolicy.length > MAX_POLICY_CHARS) return tooLong("resourcePolicy", MAX_POLICY_CHARS);
  if (isMalformedPolicy(ResourcePolicy)) {
    return { code: "MalformedPolicyDocumentException", message: "This resource policy contains a syntax error." };
  }
  if (BlockPublicPolicy && isPublicPolicy(ResourcePolicy)) {
    return { code: "PublicPolicyException", message: "This resource policy grants broad access to the secret." };
  }
  return undefined;
};

/** aws.md section 1, "description". */
const descriptionFits: Rule = ({ Description = "" }) =>
  Description.length > MAX_DESCRIPTION_CHARS ? tooLong("description", MAX_DESCRIPTION_CHARS) : undefined;

/** aws.md section 1, "staging labels". moto would make a version without any label of an empty list. */
const stagesAreValid: Rule = ({ VersionStages }) => {
  if (VersionStages === undefined) return undefined;
  if (VersionStages.length > MAX_STAGES) return tooLong("versionStages", MAX_STAGES);
  if (VersionStages.length > 0 && VersionStages.every(({ length }) => length > 0 && length <= MAX_STAGE_CHARS)) {
    return undefined;
  }
  return validation(
    "1 validation error detected: Value at 'versionStages' failed to satisfy constraint: Member must have length greater than or equal to 1",
  );
};

/** UpdateSecretVersionStage: moto takes AWSCURRENT off and leaves the secret without a current version. */
const currentIsMovedNotRemoved: Rule = ({ VersionStage, MoveToVersionId }) =>
  VersionStage === "AWSCURRENT" && !MoveToVersionId
    ? parameter(
        "You can only move staging label AWSCURRENT to a different secret version. It can't be completely removed.",
      )
    : undefined;

/** ReplicateSecretToRegions: moto adds the region a second time, as failed. What AWS says is UNVERIFIED. */
const regionHasNoReplica: Rule = async ({ AddReplicaRegions = [] }, describe) => {
  const there = (await describe())?.replicaRegions ?? [];
  return AddReplicaRegions.some(({ Region }) => there.includes(Region))
    ? parameter("The secret is already replicated to that region.")
    : undefined;
};

/** RemoveRegionsFromReplication: moto passes over a region without a replica. What AWS says is UNVERIFIED. */
const regionHasReplica: Rule = async ({ RemoveReplicaRegions = [] }, describe) => {
  const there = (await describe())?.replicaRegions ?? [];
  return RemoveReplicaRegions.every((region) => there.includes(region))
    ? undefined
    : parameter("The secret is not replicated to that region.");
};

const RULES: Record<string, readonly Rule[]> = {
  CreateSecret: [nameIsValid, valueFits, valueIsGiven, descriptionFits, tagsAreValid, nameIsNotScheduledForDeletion],
  PutSecretValue: [valueFits, valueIsGiven, stagesAreValid, secretIsNotScheduledForDeletion],
  UpdateSecret: [valueFits, descriptionFits, secretIsNotScheduledForDeletion],
  UpdateSecretVersionStage: [currentIsMovedNotRemoved, secretIsNotScheduledForDeletion],
  TagResource: [tagsAreValid, tagsStayInLimit],
  PutResourcePolicy: [policyIsValid, secretIsNotScheduledForDeletion],
  RemoveRegionsFromReplication: [regionHasReplica],
  ReplicateSecretToRegions: [regionHasNoReplica, secretIsNotScheduledForDeletion],
};

export async function ruleSecretsManager(call: AwsCall, asked: FrontRequest, askTarget: AskTarget): Promise<Ruling> {
  const input = SecretsManagerInput.safeParse(parseJson(asked.body));
  if (!input.success) return undefined; // moto says what is wrong with it
  const { data } = input;
  if (call.action === "GetSecretValue" && !data.VersionId && !data.VersionStage) {
    // moto answers with the version written last; AWS with the one that AWSCURRENT is on, also after a roll-back.
    return { body: Buffer.from(JSON.stringify({ ...data, VersionStage: "AWSCURRENT" })) };
  }
  if (call.action === "ValidateResourcePolicy") return { answer: judgePolicy(call, data) };
  const describe = (): ReturnType<Describe> => describeSecret(data.SecretId ?? data.Name ?? "", asked, askTarget);
  for (const rule of RULES[call.action] ?? []) {
    const refusal = await rule(data, describe);
    if (refusal) return { answer: awsError(call, 400, refusal.code, refusal.message) };
  }
  if (call.action === "PutSecretValue" && data.VersionStages === undefined) {
    const answer = await plainPut(data, asked, askTarget);
    return answer && { answer };
  }
  return undefined;
}

/** moto has no ValidateResourcePolicy. AWS throws for what it can't read, and names what it can read and refuses. */
function judgePolicy(call: AwsCall, { ResourcePolicy = "" }: SecretsManagerInput): FrontAnswer {
  if (ResourcePolicy.length > MAX_POLICY_CHARS || isMalformedPolicy(ResourcePolicy)) {
    return awsError(call, 400, "MalformedPolicyDocumentException", "This resource policy contains a syntax error.");
  }
  const errors = isPublicPolicy(ResourcePolicy)
    ? [{ CheckName: "PUBLIC_POLICY", ErrorMessage: "This resource policy grants broad access to the secret." }]
    : [];
  const body = JSON.stringify({ PolicyValidationPassed: errors.length === 0, ValidationErrors: errors });
  return { status: 200, headers: { "content-type": "application/x-amz-json-1.1" }, body };
}

/** With the caller's own signature, which says the account and the region that moto looks into. */
async function describeSecret(secretId: string, asked: FrontRequest, askTarget: AskTarget): ReturnType<Describe> {
  const headers = { ...asked.headers, "x-amz-target": "secretsmanager.DescribeSecret" };
  const { status, body } = await askTarget({
    ...asked,
    headers,
    body: Buffer.from(JSON.stringify({ SecretId: secretId })),
  });
  if (status !== 200) return undefined;
  const { DeletedDate, Tags, ReplicationStatus = [] } = SecretsManagerInput.parse(parseJson(Buffer.from(body)));
  return {
    isScheduledForDeletion: DeletedDate != null,
    tagKeys: (Tags ?? []).map(({ Key }) => Key),
    replicaRegions: ReplicationStatus.map(({ Region }) => Region),
  };
}

/** Not our error's cause: JSON.parse quotes its input, and the input may hold a value. */
function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString("utf8"));
  } catch {
    return undefined;
  }
}
