import { onTestFinished } from "vitest";
import { type AwsCall, awsError, nameAwsCall } from "../../dev/aws/aws-call.ts";
import { FaultList } from "../../dev/faults/fault-list.ts";
import { type AskTarget, type FrontRequest, type Ruling, startHttpFront } from "../../dev/faults/http-front.ts";
import { allows, type Policy, type Wish } from "./iam-policy.ts";

interface Session {
  readonly roleArn: string;
  /** null: assumed without one, as a thief would. */
  readonly sessionPolicy: Policy | null;
}

interface Input {
  readonly Name?: string;
  readonly SecretId?: string;
  readonly KmsKeyId?: string;
  readonly Tags?: readonly { readonly Key: string; readonly Value: string }[];
  readonly AddReplicaRegions?: readonly unknown[];
  readonly BlockPublicPolicy?: boolean;
  readonly ForceDeleteWithoutRecovery?: boolean;
}

const ACCOUNT = "123456789012"; // moto's own
const REGION = "eu-central-1";
const arnOf = (name: string): string => `arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:${name}`;

/**
 * AWS with an IAM: who assumed a role may do what the role's policy and the session's both allow; the process's own
 * credentials may assume roles and nothing else. Rights on KMS keys are not looked at: no call names KMS.
 * @returns Its URL, and what it denied.
 */
export async function startIamFront(awsUrl: string, policies: Readonly<Record<string, Policy>>) {
  const sessions = new Map<string, Session>();
  const denied: string[] = [];
  const rule = async (call: AwsCall, request: FrontRequest, askTarget: AskTarget): Promise<Ruling> => {
    if (call.service === "sts") return call.action === "AssumeRole" ? assume(sessions, request, askTarget) : undefined;
    const session = sessions.get(/Credential=([^/]*)\//.exec(String(request.headers.authorization))?.[1] ?? "");
    const rolePolicy = session && policies[session.roleArn];
    const wishes = await wishesOf(call, request, askTarget);
    const refused = wishes.find(
      (wish) =>
        rolePolicy === undefined ||
        !allows(rolePolicy, wish) ||
        !(session?.sessionPolicy ? allows(session.sessionPolicy, wish) : true),
    );
    if (refused === undefined) return undefined;
    denied.push(`${session?.roleArn.split("/").at(-1) ?? "own credentials"}: ${refused.action}`);
    return { answer: awsError(call, 400, "AccessDeniedException", "not authorized") };
  };
  const front = await startHttpFront({ target: awsUrl, faults: new FaultList<AwsCall>(), nameCall: nameAwsCall, rule });
  onTestFinished(() => front.stop());
  return { url: front.url, denied };
}

async function assume(sessions: Map<string, Session>, request: FrontRequest, askTarget: AskTarget): Promise<Ruling> {
  const asked = new URLSearchParams(request.body.toString("utf8"));
  const { status, body } = await askTarget(request);
  const policy = asked.get("Policy");
  sessions.set(/<AccessKeyId>(.*?)</.exec(body)?.[1] ?? "", {
    roleArn: asked.get("RoleArn") ?? "",
    sessionPolicy: policy === null ? null : (JSON.parse(policy) as Policy),
  });
  return { answer: { status, headers: { "content-type": "text/xml" }, body } };
}

/** A create asks for the rights on what it brings along as well. */
async function wishesOf({ action }: AwsCall, request: FrontRequest, askTarget: AskTarget): Promise<Wish[]> {
  const input = JSON.parse(request.body.toString("utf8")) as Input;
  const name = input.SecretId ?? input.Name ?? "";
  const found = await describe(name, request, askTarget);
  // AWS ends an ARN with six characters of its own, also the one that a create is judged by.
  const resource = found?.ARN ?? arnOf(action === "CreateSecret" ? `${name}-AbCdEf` : name);
  const keys = {
    ...Object.fromEntries((found?.Tags ?? []).map(({ Key, Value }) => [`aws:ResourceTag/${Key}`, Value])),
    ...Object.fromEntries((input.Tags ?? []).map(({ Key, Value }) => [`aws:RequestTag/${Key}`, Value])),
    ...(input.KmsKeyId !== undefined && { "secretsmanager:KmsKeyArn": input.KmsKeyId }),
    ...(input.AddReplicaRegions !== undefined && { "secretsmanager:AddReplicaRegions": "some" }),
    ...(input.BlockPublicPolicy !== undefined && {
      "secretsmanager:BlockPublicPolicy": String(input.BlockPublicPolicy),
    }),
    ...(input.ForceDeleteWithoutRecovery !== undefined && {
      "secretsmanager:ForceDeleteWithoutRecovery": String(input.ForceDeleteWithoutRecovery),
    }),
  };
  const brings = action !== "CreateSecret" ? [] : [input.Tags && "TagResource", input.AddReplicaRegions && REPLICATE];
  return [action, ...brings.filter((each) => each !== undefined)].map((each) => ({
    action: `secretsmanager:${each}`,
    resource: each === "ValidateResourcePolicy" ? "*" : resource,
    keys,
  }));
}
const REPLICATE = "ReplicateSecretToRegions";

interface Described {
  readonly ARN: string;
  readonly Tags?: readonly { readonly Key: string; readonly Value: string }[];
}

async function describe(SecretId: string, request: FrontRequest, askTarget: AskTarget): Promise<Described | null> {
  const headers = { ...request.headers, "x-amz-target": "secretsmanager.DescribeSecret" };
  const { status, body } = await askTarget({ ...request, headers, body: Buffer.from(JSON.stringify({ SecretId })) });
  return status === 200 ? (JSON.parse(body) as Described) : null;
}
