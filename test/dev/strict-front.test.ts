import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  CreateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutResourcePolicyCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
  TagResourceCommand,
  UpdateSecretVersionStageCommand,
} from "@aws-sdk/client-secrets-manager";
import { CreateQueueCommand, SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { AssumeRoleCommand, STSClient } from "@aws-sdk/client-sts";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type PracticeAws, startAws } from "../../dev/aws/start-moto.ts";

const LARGEST = 65_536;
const PRACTICE = { region: "eu-central-1", credentials: { accessKeyId: "practice", secretAccessKey: "practice" } };
const folder = mkdtempSync(join(tmpdir(), "glovebox-front-"));
let aws: PracticeAws;
let strict: SecretsManagerClient;
let moto: SecretsManagerClient;
let count = 0;
const newName = (): string => {
  count += 1;
  return `front-test/${count}`;
};

beforeAll(async () => {
  aws = await startAws({ logTo: join(folder, "moto.log") });
  strict = new SecretsManagerClient({ ...PRACTICE, endpoint: aws.endpointUrl });
  moto = new SecretsManagerClient({ ...PRACTICE, endpoint: aws.motoUrl });
});
afterAll(async () => {
  await aws.stop();
  rmSync(folder, { recursive: true });
});

async function madeSecret(tagCount = 0): Promise<string> {
  const Name = newName();
  await strict.send(new CreateSecretCommand({ Name, SecretString: "first", Tags: tags(tagCount) }));
  return Name;
}
async function tombstone(): Promise<string> {
  const Name = await madeSecret();
  await strict.send(new DeleteSecretCommand({ SecretId: Name, RecoveryWindowInDays: 7 }));
  return Name;
}
const tags = (howMany: number) => Array.from({ length: howMany }, (_, n) => ({ Key: `key-${n}`, Value: "x" }));
const create = (input: object) => new CreateSecretCommand({ Name: newName(), SecretString: "x", ...input });
const bytes = (howMany: number) => new Uint8Array(howMany).fill(7);
const policy = (statement: object) => JSON.stringify({ Version: "2012-10-17", Statement: [statement] });

describe("the strict front refuses, as AWS does, what moto accepts", () => {
  it.each([
    ["a string of 65,537 bytes", () => create({ SecretString: "x".repeat(LARGEST + 1) }), "ValidationException"],
    [
      "a string over the limit in bytes, not in letters",
      () => create({ SecretString: "é".repeat(LARGEST / 2 + 1) }),
      "ValidationException",
    ],
    [
      "65,537 binary bytes",
      () => create({ SecretString: undefined, SecretBinary: bytes(LARGEST + 1) }),
      "ValidationException",
    ],
    ["a name with a blank", () => create({ Name: "front test" }), "ValidationException"],
    ["a name of 513 letters", () => create({ Name: "n".repeat(513) }), "ValidationException"],
    ["51 tags", () => create({ Tags: tags(51) }), "InvalidParameterException"],
    [
      "a tag that starts with aws:",
      () => create({ Tags: [{ Key: "aws:owner", Value: "x" }] }),
      "InvalidParameterException",
    ],
    ["a string and bytes together", () => create({ SecretBinary: bytes(1) }), "InvalidParameterException"],
    ["neither a string nor bytes", () => create({ SecretString: undefined }), "InvalidRequestException"],
  ])("%s", async (_what, command, expected) => {
    await expect(strict.send(command())).rejects.toMatchObject({ name: expected, $metadata: { httpStatusCode: 400 } });
    await expect(moto.send(command())).resolves.toHaveProperty("ARN"); // once moto refuses it too, the rule can go
  });

  it("a write to a secret that is scheduled for deletion", async () => {
    const SecretId = await tombstone();
    const put = new PutSecretValueCommand({ SecretId, SecretString: "second" });
    await expect(strict.send(put)).rejects.toMatchObject({ name: "InvalidRequestException" });
    await expect(moto.send(put)).resolves.toHaveProperty("VersionId");
  });

  it("a value that a new version of a secret may not have", async () => {
    const SecretId = await madeSecret();
    const put = new PutSecretValueCommand({ SecretId, SecretString: "x".repeat(LARGEST + 1) });
    await expect(strict.send(put)).rejects.toMatchObject({ name: "ValidationException" });
  });

  it("a tag too many, counting those that the secret has", async () => {
    const SecretId = await madeSecret(50);
    const one = new TagResourceCommand({ SecretId, Tags: [{ Key: "one-more", Value: "x" }] });
    await expect(strict.send(one)).rejects.toMatchObject({ name: "InvalidParameterException" });
    const known = new TagResourceCommand({ SecretId, Tags: [{ Key: "key-1", Value: "changed" }] });
    await expect(strict.send(known)).resolves.toBeDefined();
  });

  it.each([
    ["that is not JSON", "{", "MalformedPolicyDocumentException"],
    [
      "without a principal",
      policy({ Effect: "Allow", Action: "*", Resource: "*" }),
      "MalformedPolicyDocumentException",
    ],
    [
      "that lets everybody in",
      policy({ Effect: "Allow", Principal: "*", Action: "*", Resource: "*" }),
      "PublicPolicyException",
    ],
  ])("a resource policy %s", async (_what, ResourcePolicy, expected) => {
    const SecretId = await madeSecret();
    const put = new PutResourcePolicyCommand({ SecretId, ResourcePolicy, BlockPublicPolicy: true });
    await expect(strict.send(put)).rejects.toMatchObject({ name: expected });
    await expect(moto.send(put)).resolves.toHaveProperty("ARN");
  });
});

describe("the strict front answers as AWS does where moto answers otherwise", () => {
  it("a create over a secret that is scheduled for deletion says so", async () => {
    const Name = await tombstone();
    const again = new CreateSecretCommand({ Name, SecretString: "x" });
    await expect(strict.send(again)).rejects.toMatchObject({
      name: "InvalidRequestException",
      message: expect.stringContaining("already scheduled for deletion"),
    });
    await expect(moto.send(again)).rejects.toMatchObject({ name: "ResourceExistsException" });
  });

  it("a plain read after a roll-back gives the version that AWSCURRENT is on", async () => {
    const SecretId = await madeSecret();
    const { VersionId: second = "" } = await moto.send(new PutSecretValueCommand({ SecretId, SecretString: "second" }));
    const { VersionIdsToStages = {} } = await strict.send(new DescribeSecretCommand({ SecretId }));
    const first = Object.keys(VersionIdsToStages).find((id) => id !== second);
    const rollBack = { SecretId, VersionStage: "AWSCURRENT", MoveToVersionId: first, RemoveFromVersionId: second };
    await strict.send(new UpdateSecretVersionStageCommand(rollBack));
    const read = new GetSecretValueCommand({ SecretId });
    await expect(strict.send(read)).resolves.toMatchObject({ SecretString: "first" });
    await expect(moto.send(read)).resolves.toMatchObject({ SecretString: "second" });
  });
});

describe("a plain put after AWSCURRENT was moved back", () => {
  it("takes AWSCURRENT from the version that has it, and from no other", async () => {
    const SecretId = await madeSecret();
    const first = await strict.send(new DescribeSecretCommand({ SecretId }));
    const [from = ""] = Object.keys(first.VersionIdsToStages ?? {});
    const second = await strict.send(
      new PutSecretValueCommand({ SecretId, SecretString: "second", VersionStages: ["ours"] }),
    );
    const moved = { SecretId, VersionStage: "AWSCURRENT", MoveToVersionId: second.VersionId };
    await strict.send(new UpdateSecretVersionStageCommand({ ...moved, RemoveFromVersionId: from }));

    const third = await strict.send(new PutSecretValueCommand({ SecretId, SecretString: "third" }));
    const { VersionIdsToStages } = await strict.send(new DescribeSecretCommand({ SecretId }));
    expect(VersionIdsToStages?.[third.VersionId ?? ""]).toEqual(["AWSCURRENT"]);
    expect(VersionIdsToStages?.[second.VersionId ?? ""]?.toSorted()).toEqual(["AWSPREVIOUS", "ours"]);
    expect((await strict.send(new GetSecretValueCommand({ SecretId }))).SecretString).toBe("third");
  });
});

describe("the strict front passes on", () => {
  it.each([
    ["a string of 65,536 bytes", { SecretString: "x".repeat(LARGEST) }],
    ["65,536 binary bytes", { SecretString: undefined, SecretBinary: bytes(LARGEST) }],
    ["50 tags", { Tags: tags(50) }],
    ["a name that ends like an ARN's suffix", { Name: "front-test/suffix-AbCdEf" }],
  ])("%s", async (_what, input) => {
    await expect(strict.send(create(input))).resolves.toHaveProperty("ARN");
  });

  it("strings and bytes unchanged", async () => {
    const text = '{"number":12345678901234567890,"word":"naïve ☂"}';
    const Name = newName();
    await strict.send(create({ Name, SecretString: text }));
    await expect(strict.send(new GetSecretValueCommand({ SecretId: Name }))).resolves.toMatchObject({
      SecretString: text,
    });
  });

  it("SQS, with queue URLs that lead through it, and STS", async () => {
    const sqs = new SQSClient({ ...PRACTICE, endpoint: aws.endpointUrl });
    const { QueueUrl = "" } = await sqs.send(new CreateQueueCommand({ QueueName: "front-test" }));
    expect(QueueUrl.startsWith(aws.endpointUrl)).toBe(true);
    await expect(sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "id" }))).resolves.toHaveProperty(
      "MessageId",
    );
    const role = { RoleArn: "arn:aws:iam::123456789012:role/writer", RoleSessionName: "front-test" };
    const sts = new STSClient({ ...PRACTICE, endpoint: aws.endpointUrl });
    await expect(sts.send(new AssumeRoleCommand(role))).resolves.toHaveProperty("Credentials.AccessKeyId");
  });
});
