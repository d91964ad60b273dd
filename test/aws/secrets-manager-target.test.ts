import { randomUUID } from "node:crypto";
import { inspect } from "node:util";
import { afterEach, beforeAll, describe, expect, inject, it } from "vitest";
import { type AwsFront, startAwsFront } from "../../dev/aws/strict-front/start-front.ts";
import { PLAIN_SETTINGS, type TargetRef } from "../../src/approvals/content.ts";
import { type SecretsManagerClients, secretsManagerClients } from "../../src/aws/secrets-manager-client.ts";
import { secretsManagerTarget } from "../../src/aws/secrets-manager-target.ts";
import type { SecretTarget } from "../../src/migration/secret-target.ts";
import {
  TargetAccountError,
  TargetMovedOnError,
  TargetNotFoundError,
  TargetRefusedError,
  TargetTakenError,
  TargetTombstonedError,
} from "../../src/migration/target-errors.ts";
import { textValue } from "../fakes/secret-target.ts";

const credentials = { accessKeyId: "practice", secretAccessKey: "practice" };
const noWait = async () => {};

let front: AwsFront;
let clients: SecretsManagerClients;
let aws: SecretTarget;

beforeAll(async () => {
  front = await startAwsFront(inject("stack").aws.endpointUrl);
  clients = secretsManagerClients({ endpoint: front.url, credentials, requestTimeoutMs: 1_000 });
  aws = secretsManagerTarget({ clientFor: clients.clientFor, wait: noWait });
  return async () => {
    clients.close();
    await front.stop();
  };
});

afterEach(() => front.clearFaults());

function freshTarget(): TargetRef {
  const name = `aws-target-test/${randomUUID()}/a`;
  return { accountId: "123456789012", region: "eu-central-1", name, kmsKeyId: null };
}

async function present(target: TargetRef) {
  const state = await aws.describe(target);
  if (state.status !== "present") throw new Error("the target should be there");
  return state;
}

describe("secretsManagerTarget on a Secrets Manager that answers like AWS", () => {
  it("says that an unknown name is absent", async () => {
    expect(await aws.describe(freshTarget())).toEqual({ status: "absent" });
  });

  it("creates a secret with its tags, under our token as version id", async () => {
    const [target, requestToken] = [freshTarget(), randomUUID()];
    const { arn } = await aws.create(target, textValue('{"a":1}'), {
      requestToken,
      tags: { owner: "team a" },
      settings: PLAIN_SETTINGS,
    });
    expect(arn).toContain(`:${target.accountId}:secret:${target.name}-`);
    expect(await aws.describe(target)).toEqual({
      status: "present",
      arn,
      tags: { owner: "team a" },
      description: null,
      kmsKeyId: null,
      replicas: [],
      stagesByVersion: { [requestToken]: ["AWSCURRENT"] },
      currentVersionId: requestToken,
      deletionDate: null,
    });
    expect((await aws.read(target, requestToken)).secret.reveal()).toBe('{"a":1}');
  });

  it("takes the same create twice as one", async () => {
    const [target, requestToken, value] = [freshTarget(), randomUUID(), textValue("v")];
    const first = await aws.create(target, value, { requestToken, tags: {}, settings: PLAIN_SETTINGS });
    expect(await aws.create(target, value, { requestToken, tags: {}, settings: PLAIN_SETTINGS })).toEqual(first);
    expect(Object.keys((await present(target)).stagesByVersion)).toEqual([requestToken]);
  });

  it.each([
    ["another token", { token: randomUUID(), value: "v" }],
    ["the same token with another value", { token: null, value: "w" }],
  ])("refuses to create over a taken name with %s, and leaves it as it was", async (_with, { token, value }) => {
    const [target, requestToken] = [freshTarget(), randomUUID()];
    await aws.create(target, textValue("v"), { requestToken, tags: {}, settings: PLAIN_SETTINGS });
    const again = aws.create(target, textValue(value), {
      requestToken: token ?? requestToken,
      tags: {},
      settings: PLAIN_SETTINGS,
    });
    await expect(again).rejects.toThrow(TargetTakenError);
    expect((await aws.read(target, requestToken)).secret.reveal()).toBe("v");
  });

  it("puts a new version and never moves AWSCURRENT back when an older put is repeated", async () => {
    const target = freshTarget();
    const [first, second] = [randomUUID(), randomUUID()];
    await aws.create(target, textValue("one"), { requestToken: first, tags: {}, settings: PLAIN_SETTINGS });
    await aws.put(target, textValue("two"), { requestToken: second });
    await aws.put(target, textValue("two"), { requestToken: second });
    await aws.put(target, textValue("one"), { requestToken: first });
    const { currentVersionId, stagesByVersion } = await present(target);
    expect([currentVersionId, Object.keys(stagesByVersion).sort()]).toEqual([second, [first, second].sort()]);
    await expect(aws.put(target, textValue("three"), { requestToken: first })).rejects.toThrow(TargetTakenError);
  });

  it("reads exactly the version asked for, also when AWSCURRENT is another", async () => {
    const target = freshTarget();
    const [first, second] = [randomUUID(), randomUUID()];
    await aws.create(target, textValue("one"), { requestToken: first, tags: {}, settings: PLAIN_SETTINGS });
    await aws.put(target, textValue("two"), { requestToken: second });
    expect((await aws.read(target, first)).secret.reveal()).toBe("one");
    expect((await aws.read(target, second)).secret.reveal()).toBe("two");
  });

  it("asks a few times for a version that is not there, then says so", async () => {
    const target = freshTarget();
    await aws.create(target, textValue("one"), { requestToken: randomUUID(), tags: {}, settings: PLAIN_SETTINGS });
    const delays: number[] = [];
    const patient = secretsManagerTarget({
      clientFor: clients.clientFor,
      wait: async (delayMs) => void delays.push(delayMs),
    });
    await expect(patient.read(target, randomUUID())).rejects.toThrow(TargetNotFoundError);
    expect(delays).toEqual([200, 400, 800, 1_600]);
  });

  it("overwrites one tag and keeps the others", async () => {
    const target = freshTarget();
    await aws.create(target, textValue("v"), {
      requestToken: randomUUID(),
      tags: { state: "open", owner: "a" },
      settings: PLAIN_SETTINGS,
    });
    await aws.setTags(target, { state: "sealed" });
    expect((await present(target)).tags).toEqual({ state: "sealed", owner: "a" });
  });

  it("schedules a deletion once, however often it is asked, and restores it", async () => {
    const target = freshTarget();
    await aws.create(target, textValue("v"), { requestToken: randomUUID(), tags: {}, settings: PLAIN_SETTINGS });
    await aws.scheduleDeletion(target, 30);
    await aws.scheduleDeletion(target, 30);
    expect((await present(target)).deletionDate).toBeInstanceOf(Date);
    await aws.restore(target);
    await aws.restore(target);
    expect((await present(target)).deletionDate).toBeNull();
  });

  it("moves AWSCURRENT back, once", async () => {
    const target = freshTarget();
    const [first, second] = [randomUUID(), randomUUID()];
    await aws.create(target, textValue("one"), { requestToken: first, tags: {}, settings: PLAIN_SETTINGS });
    await aws.put(target, textValue("two"), { requestToken: second });
    await aws.moveCurrent(target, { from: second, to: first });
    await aws.moveCurrent(target, { from: second, to: first });
    expect((await present(target)).currentVersionId).toBe(first);
  });

  it("leaves AWSCURRENT where it is when somebody wrote a newer version", async () => {
    const target = freshTarget();
    const [first, second, third] = [randomUUID(), randomUUID(), randomUUID()];
    await aws.create(target, textValue("one"), { requestToken: first, tags: {}, settings: PLAIN_SETTINGS });
    await aws.put(target, textValue("two"), { requestToken: second });
    await aws.put(target, textValue("three"), { requestToken: third });
    await expect(aws.moveCurrent(target, { from: second, to: first })).rejects.toThrow(TargetMovedOnError);
    expect((await present(target)).currentVersionId).toBe(third);
  });

  it("writes nothing when the credentials belong to another account than the approved one", async () => {
    const careful = secretsManagerTarget(clients);
    const target = freshTarget();
    const elsewhere = { ...target, accountId: "999988887777" };
    const create = careful.create(elsewhere, textValue("v"), {
      requestToken: randomUUID(),
      tags: {},
      settings: PLAIN_SETTINGS,
    });
    await expect(create).rejects.toThrow(TargetAccountError);
    expect(await aws.describe(target)).toEqual({ status: "absent" });
    await careful.create(target, textValue("v"), { requestToken: randomUUID(), tags: {}, settings: PLAIN_SETTINGS });
    await expect(careful.describe(elsewhere)).rejects.toThrow(TargetAccountError);
  });

  it("refuses to create or put over a tombstone", async () => {
    const target = freshTarget();
    await aws.create(target, textValue("v"), { requestToken: randomUUID(), tags: {}, settings: PLAIN_SETTINGS });
    await aws.scheduleDeletion(target, 30);
    const create = aws.create(target, textValue("w"), {
      requestToken: randomUUID(),
      tags: {},
      settings: PLAIN_SETTINGS,
    });
    await expect(create).rejects.toThrow(TargetTombstonedError);
    const put = aws.put(target, textValue("w"), { requestToken: randomUUID() });
    await expect(put).rejects.toThrow(TargetTombstonedError);
  });

  it.each([
    ["65,537 bytes", textValue("x".repeat(65_537)), {}],
    ["51 tags", textValue("v"), Object.fromEntries(Array.from({ length: 51 }, (_, index) => [`t${index}`, ""]))],
  ])("passes on that AWS refuses %s", async (_what, value, tags) => {
    const create = aws.create(freshTarget(), value, { requestToken: randomUUID(), tags, settings: PLAIN_SETTINGS });
    await expect(create).rejects.toThrow(TargetRefusedError);
  });

  it.each(["lost-answer", "half-answer", "throttle", "server-error", "cut"] as const)(
    "writes one version when a create and a put meet a %s",
    async (kind) => {
      const target = freshTarget();
      const [first, second] = [randomUUID(), randomUUID()];
      front.fault({ kind, action: "CreateSecret" });
      front.fault({ kind, action: "PutSecretValue" });
      await aws.create(target, textValue("one"), { requestToken: first, tags: {}, settings: PLAIN_SETTINGS });
      await aws.put(target, textValue("two"), { requestToken: second });
      const { stagesByVersion } = await present(target);
      expect(stagesByVersion).toEqual({ [first]: ["AWSPREVIOUS"], [second]: ["AWSCURRENT"] });
    },
  );

  it("keeps the value out of what it throws", async () => {
    const [target, canary] = [freshTarget(), `canary-${randomUUID()}`];
    await aws.create(target, textValue("v"), { requestToken: randomUUID(), tags: {}, settings: PLAIN_SETTINGS });
    const thrown = await aws
      .create(target, textValue(canary), { requestToken: randomUUID(), tags: {}, settings: PLAIN_SETTINGS })
      .catch((error: unknown) => error);
    expect(thrown).toBeInstanceOf(TargetTakenError);
    expect(inspect(thrown, { depth: null, showHidden: true })).not.toContain(canary);
    expect(thrown).not.toHaveProperty("cause");
  });
});
