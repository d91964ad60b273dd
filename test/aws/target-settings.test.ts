import { randomUUID } from "node:crypto";
import { afterEach, beforeAll, describe, expect, inject, it } from "vitest";
import { type AwsFront, startAwsFront } from "../../dev/aws/strict-front/start-front.ts";
import { PLAIN_SETTINGS, type TargetRef, type TargetSettings } from "../../src/approvals/content.ts";
import { type SecretsManagerClients, secretsManagerClients } from "../../src/aws/secrets-manager-client.ts";
import { secretsManagerTarget } from "../../src/aws/secrets-manager-target.ts";
import type { SecretTarget, TargetValue } from "../../src/migration/secret-target.ts";
import { TargetPolicyError, TargetRefusedError, TargetTakenError } from "../../src/migration/target-errors.ts";
import { Secret } from "../../src/secret.ts";
import { textValue } from "../fakes/secret-target.ts";

const credentials = { accessKeyId: "practice", secretAccessKey: "practice" };

let front: AwsFront;
let clients: SecretsManagerClients;
let aws: SecretTarget;

beforeAll(async () => {
  front = await startAwsFront(inject("stack").aws.endpointUrl);
  clients = secretsManagerClients({ endpoint: front.url, credentials, requestTimeoutMs: 1_000 });
  aws = secretsManagerTarget({ clientFor: clients.clientFor, wait: async () => {} });
  return async () => {
    clients.close();
    await front.stop();
  };
});

afterEach(() => front.clearFaults());

const freshTarget = (kmsKeyId: string | null = null): TargetRef => ({
  accountId: "123456789012",
  region: "eu-central-1",
  name: `settings-test/${randomUUID()}/a`,
  kmsKeyId,
});

const policyFor = (principal: string) =>
  JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      { Effect: "Allow", Principal: { AWS: principal }, Action: "secretsmanager:GetSecretValue", Resource: "*" },
    ],
  });
const READERS = policyFor("arn:aws:iam::123456789012:role/readers");
const SETTINGS: TargetSettings = {
  description: "Payments, from Vault",
  replicaRegions: ["eu-west-1", "us-east-1"],
  resourcePolicy: READERS,
};

async function present(target: TargetRef) {
  const state = await aws.describe(target);
  if (state.status !== "present") throw new Error("the target should be there");
  return state;
}

async function made(options: { target?: TargetRef; settings?: TargetSettings; value?: TargetValue } = {}) {
  const { target = freshTarget(), settings = PLAIN_SETTINGS, value = textValue("one") } = options;
  const requestToken = randomUUID();
  await aws.create(target, value, { requestToken, tags: {}, settings });
  return { target, requestToken };
}

/** What was asked about one target's settings since the last look. */
function callsSince(): () => string[] {
  const before = front.calls().length;
  return () =>
    front
      .calls()
      .slice(before)
      .map(({ action }) => action);
}

describe("a value as bytes", () => {
  const bytes = Buffer.from([0, 255, 10, 13, 128, 0]);
  const binary = (text: string): TargetValue => ({ form: "binary", secret: new Secret(text) });

  it("comes back byte for byte, from a create and from a put", async () => {
    const { target, requestToken } = await made({ value: binary(bytes.toString("base64")) });
    const second = randomUUID();
    await aws.put(target, binary(Buffer.from("later").toString("base64")), { requestToken: second });
    for (const [version, expected] of [
      [requestToken, bytes],
      [second, Buffer.from("later")],
    ] as const) {
      const stored = await aws.read(target, version);
      expect([stored.form, stored.secret.reveal()]).toEqual(["binary", expected.toString("base64")]);
    }
  });

  it("is not the text that looks the same: the same token with it is refused", async () => {
    const { target, requestToken } = await made({ value: binary("AAAA") });
    await expect(aws.put(target, textValue("AAAA"), { requestToken })).rejects.toThrow(TargetTakenError);
  });

  it.each(["not base64!", "AAA", "-_-_", "AAAA\n"])(
    "is not written from %j, which is no canonical base64",
    async (text) => {
      const target = freshTarget();
      const options = { requestToken: randomUUID(), tags: {}, settings: PLAIN_SETTINGS };
      await expect(aws.create(target, binary(text), options)).rejects.toThrow(TargetRefusedError);
      expect(await aws.describe(target)).toEqual({ status: "absent" });
    },
  );
});

describe("a version under labels of its own", () => {
  it("leaves AWSCURRENT where it is, however often it is put", async () => {
    const { target, requestToken } = await made();
    const older = randomUUID();
    for (let time = 0; time < 2; time += 1) {
      await aws.put(target, textValue("older"), { requestToken: older, stages: ["vault-v3"] });
    }
    const { currentVersionId, stagesByVersion } = await present(target);
    expect(currentVersionId).toBe(requestToken);
    expect(stagesByVersion).toEqual({ [requestToken]: ["AWSCURRENT"], [older]: ["vault-v3"] });
  });

  it("loses a label once, also when the answer is lost, and only from the version that was named", async () => {
    const { target, requestToken } = await made();
    const older = randomUUID();
    await aws.put(target, textValue("older"), { requestToken: older, stages: ["vault-v3", "vault-kept"] });
    await aws.removeStage(target, { stage: "vault-v3", from: requestToken });
    expect((await present(target)).stagesByVersion[older]).toEqual(["vault-v3", "vault-kept"]);
    front.fault({ kind: "lost-answer", action: "UpdateSecretVersionStage" });
    await aws.removeStage(target, { stage: "vault-v3", from: older });
    await aws.removeStage(target, { stage: "vault-v3", from: older });
    expect((await present(target)).stagesByVersion[older]).toEqual(["vault-kept"]);
  });

  it("keeps AWSCURRENT: that label can only be moved", async () => {
    const { target, requestToken } = await made();
    const taken = aws.removeStage(target, { stage: "AWSCURRENT", from: requestToken });
    await expect(taken).rejects.toThrow(TargetRefusedError);
    expect((await present(target)).currentVersionId).toBe(requestToken);
  });
});

describe("what the rules add to a new target", () => {
  it("is all there after the create, and a plain one gets nothing and asks for nothing", async () => {
    const { target } = await made({ target: freshTarget("alias/vault"), settings: SETTINGS });
    expect(await present(target)).toMatchObject({
      description: "Payments, from Vault",
      kmsKeyId: "alias/vault",
      replicas: [
        { region: "eu-west-1", status: "InSync" },
        { region: "us-east-1", status: "InSync" },
      ],
    });
    expect(await aws.readPolicy(target)).toBe(READERS);
    const calls = callsSince();
    const plain = await made();
    expect(calls()).toEqual(["CreateSecret"]);
    expect(await present(plain.target)).toMatchObject({ description: null, kmsKeyId: null, replicas: [] });
    expect(await aws.readPolicy(plain.target)).toBeNull();
  });

  it.each([
    ["lets everybody in", policyFor("*")],
    ["is no JSON", "{"],
    ["is no policy", '{"Statement":[]}'],
  ])("is refused before anything is created when the policy %s", async (_which, resourcePolicy) => {
    const target = freshTarget();
    await expect(made({ target, settings: { ...SETTINGS, resourcePolicy } })).rejects.toThrow(TargetPolicyError);
    expect(await aws.describe(target)).toEqual({ status: "absent" });
  });

  it("is completed by the same create again, where the policy didn't get there", async () => {
    const target = freshTarget();
    const options = { requestToken: randomUUID(), tags: {}, settings: SETTINGS };
    front.fault({ kind: "access-denied", action: "PutResourcePolicy" });
    await expect(aws.create(target, textValue("v"), options)).rejects.toMatchObject({ code: "TARGET_ACCESS_DENIED" });
    await aws.create(target, textValue("v"), options);
    expect(await aws.readPolicy(target)).toBe(READERS);
    expect(Object.keys((await present(target)).stagesByVersion)).toEqual([options.requestToken]);
  });
});

describe("what the rules add to a target that is there", () => {
  it("is added once, and makes no version", async () => {
    const { target, requestToken } = await made();
    await aws.applySettings({ ...target, kmsKeyId: "alias/vault" }, SETTINGS);
    const calls = callsSince();
    await aws.applySettings({ ...target, kmsKeyId: "alias/vault" }, SETTINGS);
    expect(calls()).toEqual(["DescribeSecret", "ValidateResourcePolicy", "PutResourcePolicy"]);
    const state = await present(target);
    expect(state).toMatchObject({ description: SETTINGS.description, kmsKeyId: "alias/vault" });
    expect(state.replicas.map(({ region }) => region)).toEqual(SETTINGS.replicaRegions);
    expect(state.stagesByVersion).toEqual({ [requestToken]: ["AWSCURRENT"] });
    expect(await aws.readPolicy(target)).toBe(READERS);
  });

  it("takes nothing away: what the rules say nothing of stays", async () => {
    const { target } = await made({ settings: SETTINGS });
    const calls = callsSince();
    await aws.applySettings(target, PLAIN_SETTINGS);
    expect(calls()).toEqual(["DescribeSecret"]);
    await aws.applySettings(target, { ...PLAIN_SETTINGS, replicaRegions: ["us-east-1", "ap-south-1"] });
    const { description, replicas } = await present(target);
    expect(description).toBe(SETTINGS.description);
    expect(replicas.map(({ region }) => region)).toEqual([...SETTINGS.replicaRegions, "ap-south-1"]);
    expect(await aws.readPolicy(target)).toBe(READERS);
  });

  it.each([
    ["an ARN for our id", "arn:aws:kms:eu-central-1:123456789012:key/1234-abcd", "1234-abcd"],
    ["an ARN for our alias", "arn:aws:kms:eu-central-1:123456789012:alias/vault", "alias/vault"],
    ["AWS's own key by its alias", "alias/aws/secretsmanager", null],
  ])("is not asked for again when AWS says %s", async (_which, theirs, ours) => {
    const { target } = await made({ target: freshTarget(theirs) });
    const calls = callsSince();
    await aws.applySettings({ ...target, kmsKeyId: ours }, PLAIN_SETTINGS);
    expect(calls()).toEqual(["DescribeSecret"]);
  });

  it("goes back to AWS's own key where that is what was approved", async () => {
    const { target } = await made({ target: freshTarget("alias/vault") });
    await aws.applySettings({ ...target, kmsKeyId: null }, PLAIN_SETTINGS);
    expect((await present(target)).kmsKeyId).toBeNull();
  });

  it("changes nothing when AWS refuses the policy", async () => {
    const { target } = await made();
    const refused = aws.applySettings(target, { ...SETTINGS, resourcePolicy: policyFor("*") });
    await expect(refused).rejects.toThrow(TargetPolicyError);
    expect(await present(target)).toMatchObject({ description: null, replicas: [] });
    expect(await aws.readPolicy(target)).toBeNull();
  });

  it.each(["lost-answer", "half-answer", "throttle", "server-error", "cut"] as const)(
    "meets a %s at each call",
    async (kind) => {
      const { target } = await made();
      for (const action of ["UpdateSecret", "ValidateResourcePolicy", "PutResourcePolicy"])
        front.fault({ kind, action });
      await aws.applySettings(target, { ...SETTINGS, replicaRegions: [] });
      expect((await present(target)).description).toBe(SETTINGS.description);
      expect(await aws.readPolicy(target)).toBe(READERS);
    },
  );

  it("has its replicas when the answer to that call is lost", async () => {
    const { target } = await made();
    front.fault({ kind: "lost-answer", action: "ReplicateSecretToRegions" });
    await aws.applySettings(target, { ...PLAIN_SETTINGS, replicaRegions: ["us-east-1"] });
    expect((await present(target)).replicas.map(({ region }) => region)).toEqual(["us-east-1"]);
  });
});

describe("taking away what was added", () => {
  it("takes the policy, and does so twice", async () => {
    const { target } = await made({ settings: SETTINGS });
    await aws.removePolicy(target);
    await aws.removePolicy(target);
    expect(await aws.readPolicy(target)).toBeNull();
  });

  it("takes just the replicas that it is told, after which the secret can be deleted", async () => {
    const { target } = await made({ settings: SETTINGS });
    await expect(aws.scheduleDeletion(target, 30)).rejects.toThrow(TargetRefusedError);
    await aws.removeReplicas(target, ["us-east-1", "ap-south-1"]);
    await aws.removeReplicas(target, ["us-east-1"]);
    expect((await present(target)).replicas.map(({ region }) => region)).toEqual(["eu-west-1"]);
    front.fault({ kind: "lost-answer", action: "RemoveRegionsFromReplication" });
    await aws.removeReplicas(target, ["eu-west-1"]);
    await aws.scheduleDeletion(target, 30);
    expect((await present(target)).deletionDate).toBeInstanceOf(Date);
  });

  it("takes just the tags that it is told", async () => {
    const { target } = await made();
    await aws.setTags(target, { ours: "1", theirs: "2" });
    await aws.removeTags(target, ["ours", "never-there"]);
    await aws.removeTags(target, ["ours"]);
    expect((await present(target)).tags).toEqual({ theirs: "2" });
  });
});
