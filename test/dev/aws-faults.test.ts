import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  CreateSecretCommand,
  DescribeSecretCommand,
  ListSecretVersionIdsCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type PracticeAws, startAws } from "../../dev/aws/start-moto.ts";

const PRACTICE = { region: "eu-central-1", credentials: { accessKeyId: "practice", secretAccessKey: "practice" } };
const folder = mkdtempSync(join(tmpdir(), "glovebox-faults-"));
const logTo = join(folder, "moto.log");
let aws: PracticeAws;
let client: SecretsManagerClient;
const SecretId = "faults-test/one";
const describeIt = () => client.send(new DescribeSecretCommand({ SecretId }));
const putIt = (SecretString = "a value") => client.send(new PutSecretValueCommand({ SecretId, SecretString }));
const versions = async () => (await client.send(new ListSecretVersionIdsCommand({ SecretId }))).Versions?.length;

beforeAll(async () => {
  aws = await startAws({ logTo });
  client = new SecretsManagerClient({ ...PRACTICE, endpoint: aws.endpointUrl, maxAttempts: 1 });
  await client.send(new CreateSecretCommand({ Name: SecretId, SecretString: "first" }));
});
afterEach(() => {
  aws.front.clearFaults();
  aws.front.down(false);
});
afterAll(async () => {
  await aws.stop();
  rmSync(folder, { recursive: true });
});

describe("a fault on order in AWS", () => {
  it.each([
    ["throttle", "ThrottlingException", 400],
    ["server-error", "InternalServiceError", 500],
    ["access-denied", "AccessDeniedException", 400],
  ] as const)("%s is answered as %s, and the call is not carried out", async (kind, name, httpStatusCode) => {
    const before = await versions();
    aws.front.fault({ action: "PutSecretValue", kind });
    await expect(putIt()).rejects.toMatchObject({ name, $metadata: { httpStatusCode } });
    expect(await versions()).toBe(before);
  });

  it("cut breaks the connection before the call is carried out", async () => {
    const before = await versions();
    aws.front.fault({ action: "PutSecretValue", kind: "cut" });
    await expect(putIt()).rejects.toMatchObject({ code: "ECONNRESET" });
    expect(await versions()).toBe(before);
  });

  it.each([
    ["lost-answer", "", undefined],
    ["half-answer", ", in the middle of its answer", 200],
  ] as const)("%s breaks the connection after the call was carried out%s", async (kind, _where, httpStatusCode) => {
    const before = (await versions()) ?? 0;
    aws.front.fault({ action: "PutSecretValue", kind });
    const thrown = await putIt().catch((error: unknown) => error);
    expect(thrown).toMatchObject({ code: "ECONNRESET", $metadata: { attempts: 1 } });
    expect((thrown as { $metadata: { httpStatusCode?: number } }).$metadata.httpStatusCode).toBe(httpStatusCode);
    expect(await versions()).toBe(before + 1);
  });

  it("slow carries the call out after the caller has given up", async () => {
    const before = (await versions()) ?? 0;
    aws.front.fault({ action: "PutSecretValue", kind: "slow", delayMs: 300 });
    const abortSignal = AbortSignal.timeout(50);
    const put = new PutSecretValueCommand({ SecretId, SecretString: "late" });
    await expect(client.send(put, { abortSignal })).rejects.toThrow();
    await expect.poll(versions, { timeout: 5_000 }).toBe(before + 1);
  });

  it("strikes the nth call of its action, as often as told, and no other", async () => {
    aws.front.fault({ action: "DescribeSecret", kind: "throttle", nth: 2, times: 2 });
    const outcomes: string[] = [];
    for (let call = 1; call <= 4; call += 1) {
      await putIt();
      outcomes.push(
        await describeIt().then(
          () => "ok",
          () => "throttled",
        ),
      );
    }
    expect(outcomes).toEqual(["ok", "throttled", "throttled", "ok"]);
  });

  it("speaks the protocol of the service that it strikes", async () => {
    const sts = new STSClient({ ...PRACTICE, endpoint: aws.endpointUrl, maxAttempts: 1 });
    aws.front.fault({ service: "sts", kind: "throttle" });
    await expect(sts.send(new GetCallerIdentityCommand({}))).rejects.toMatchObject({ name: "Throttling" });
    await expect(sts.send(new GetCallerIdentityCommand({}))).resolves.toHaveProperty("Account");
  });

  it("goes away when cleared", async () => {
    aws.front.fault({ kind: "cut", times: Number.POSITIVE_INFINITY });
    aws.front.clearFaults();
    await expect(describeIt()).resolves.toHaveProperty("Name", SecretId);
  });
});

describe("AWS that is down", () => {
  it("cuts every connection, also those that are open, until it is up again", async () => {
    await describeIt();
    aws.front.down(true);
    await expect(describeIt()).rejects.toMatchObject({ code: "ECONNRESET" });
    aws.front.down(false);
    await expect(describeIt()).resolves.toHaveProperty("Name", SecretId);
  });
});

describe("the list of calls", () => {
  it("names service and action in order, and holds no value", async () => {
    const canary = "canary-7f3a";
    const before = aws.front.calls().length;
    await putIt(canary);
    await describeIt();
    const made = aws.front.calls().slice(before);
    expect(made.map(({ service, action }) => `${service}:${action}`)).toEqual([
      "secretsmanager:PutSecretValue",
      "secretsmanager:DescribeSecret",
    ]);
    expect(JSON.stringify(aws.front.calls())).not.toContain(canary);
  });
});
