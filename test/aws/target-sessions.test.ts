import { randomUUID } from "node:crypto";
import { describe, expect, inject, it, onTestFinished } from "vitest";
import { startAwsFront } from "../../dev/aws/strict-front/start-front.ts";
import { PLAIN_SETTINGS, type TargetRef } from "../../src/approvals/content.ts";
import { roleFindings } from "../../src/aws/check-roles.ts";
import { secretsManagerClients } from "../../src/aws/secrets-manager-client.ts";
import { secretsManagerTarget } from "../../src/aws/secrets-manager-target.ts";
import { sessionPolicy } from "../../src/aws/session-policy.ts";
import { type TargetRoles, targetSessions } from "../../src/aws/target-sessions.ts";
import {
  TargetAccessDeniedError,
  TargetAccountError,
  TargetRefusedError,
  TargetUnavailableError,
} from "../../src/migration/target-errors.ts";
import { textValue } from "../fakes/secret-target.ts";
import { type RecordedCall, recordCalls } from "./record-calls.ts";

const WRITER = "arn:aws:iam::123456789012:role/glovebox-writer";
const ROLLBACK = "arn:aws:iam::123456789012:role/glovebox-rollback";
const OWN_KEY = "practice";
const credentials = { accessKeyId: OWN_KEY, secretAccessKey: "practice" };
const OPEN = { "glovebox-state": "open" };
const SEALED = { "glovebox-state": "sealed" };

const POLICY = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Deny", Principal: "*", Action: "secretsmanager:DeleteSecret", Resource: "*" }],
});

const freshTarget = (): TargetRef => ({
  accountId: "123456789012",
  region: "eu-central-1",
  name: `session-test/${randomUUID()}/a`,
  kmsKeyId: null,
});

/** A worker's way to AWS, with everything that it sends on record. */
async function worldWith(roles: TargetRoles) {
  const { url, calls } = await recordCalls(inject("stack").aws.endpointUrl);
  const clients = secretsManagerClients({ endpoint: url, credentials });
  onTestFinished(() => clients.close());
  const startMigration = (migrationId: string = randomUUID()) =>
    secretsManagerTarget({ ...targetSessions(clients, roles, migrationId), wait: async () => {} });
  return { calls, startMigration, assumed: () => calls.filter(({ action }) => action === "AssumeRole") };
}

const actionsOf = (calls: readonly RecordedCall[]) => calls.map(({ action }) => action);
/** Which keys signed the calls of one kind. */
const keysOf = (calls: readonly RecordedCall[], ...actions: string[]) => [
  ...new Set(calls.filter(({ action }) => actions.includes(action)).map(({ accessKeyId }) => accessKeyId)),
];

describe("targetSessions with roles", () => {
  it("assumes the writer's role once for a migration, named after it and limited to its one target", async () => {
    const world = await worldWith({ writer: WRITER, rollback: ROLLBACK });
    const [target, migrationId, requestToken] = [freshTarget(), randomUUID(), randomUUID()];
    const aws = world.startMigration(migrationId);
    expect(await aws.describe(target)).toEqual({ status: "absent" });
    await aws.create(target, textValue("v"), { requestToken, tags: OPEN, settings: PLAIN_SETTINGS });
    expect((await aws.read(target, requestToken)).secret.reveal()).toBe("v");
    await aws.setTags(target, SEALED);
    const [session] = world.assumed();
    expect(Object.fromEntries(session?.form ?? [])).toEqual({
      Action: "AssumeRole",
      Version: "2011-06-15",
      RoleArn: WRITER,
      RoleSessionName: migrationId,
      DurationSeconds: "900",
      Policy: sessionPolicy(target, "write", "aws"),
    });
    expect(actionsOf(world.calls)).toEqual([
      "AssumeRole",
      "DescribeSecret",
      "CreateSecret",
      "GetSecretValue",
      "TagResource",
    ]);
  });

  it("signs with its own credentials only to assume the role, and everything else as the session", async () => {
    const world = await worldWith({ writer: WRITER, rollback: ROLLBACK });
    const aws = world.startMigration();
    await aws.create(freshTarget(), textValue("v"), {
      requestToken: randomUUID(),
      tags: OPEN,
      settings: PLAIN_SETTINGS,
    });
    expect(keysOf(world.calls, "AssumeRole")).toEqual([OWN_KEY]);
    expect(keysOf(world.calls, "CreateSecret")).toEqual([expect.stringMatching(/^ASIA/)]);
    expect(world.calls.at(-1)?.headers["x-amz-security-token"]).toBeDefined();
  });

  it("assumes the rollback role only to undo, delete, restore or open again, in a session without a value's rights", async () => {
    const world = await worldWith({ writer: WRITER, rollback: ROLLBACK });
    const [target, first, second] = [freshTarget(), randomUUID(), randomUUID()];
    const aws = world.startMigration();
    await aws.create(target, textValue("v"), { requestToken: first, tags: OPEN, settings: PLAIN_SETTINGS });
    await aws.put(target, textValue("w"), { requestToken: second });
    await aws.setTags(target, SEALED);
    expect(world.assumed().map(({ form }) => form.get("RoleArn"))).toEqual([WRITER]);
    await aws.moveCurrent(target, { from: second, to: first });
    await aws.scheduleDeletion(target, 30);
    await aws.restore(target);
    await aws.setTags(target, OPEN);
    expect(world.assumed().map(({ form }) => form.get("RoleArn"))).toEqual([WRITER, ROLLBACK]);
    expect(world.assumed()[1]?.form.get("Policy")).toBe(sessionPolicy(target, "roll-back", "aws"));
    const writing = keysOf(world.calls, "CreateSecret", "PutSecretValue", "DescribeSecret");
    const undoing = keysOf(world.calls, "UpdateSecretVersionStage", "DeleteSecret", "RestoreSecret");
    expect([writing.length, undoing.length]).toEqual([1, 1]);
    expect(writing).not.toEqual(undoing);
    expect(keysOf(world.calls, "TagResource")).toEqual([...writing, ...undoing]);
  });

  it("makes a session for settings, as the writer, only for a target that the rules add something to", async () => {
    const front = await startAwsFront(inject("stack").aws.endpointUrl);
    onTestFinished(() => front.stop());
    const { url, calls } = await recordCalls(front.url);
    const clients = secretsManagerClients({ endpoint: url, credentials });
    onTestFinished(() => clients.close());
    const aws = secretsManagerTarget(targetSessions(clients, { writer: WRITER, rollback: ROLLBACK }, randomUUID()));
    const [plain, target] = [freshTarget(), freshTarget()];
    const options = { requestToken: randomUUID(), tags: OPEN };
    await aws.create(plain, textValue("v"), { ...options, settings: PLAIN_SETTINGS });
    await aws.create(target, textValue("v"), { ...options, settings: { ...PLAIN_SETTINGS, resourcePolicy: POLICY } });
    const assumed = calls.filter(({ action }) => action === "AssumeRole").map(({ form }) => form);
    expect(assumed.map((form) => [form.get("RoleArn"), form.get("Policy")])).toEqual([
      [WRITER, sessionPolicy(plain, "write", "aws")],
      [WRITER, sessionPolicy(target, "configure", "aws")],
      [WRITER, sessionPolicy(target, "write", "aws")],
    ]);
    expect(keysOf(calls, "PutResourcePolicy")).not.toEqual(keysOf(calls, "CreateSecret"));
  });

  it("opens another session for another migration and for another target", async () => {
    const world = await worldWith({ writer: WRITER, rollback: ROLLBACK });
    const [target, other] = [freshTarget(), freshTarget()];
    const aws = world.startMigration("migration-1");
    await aws.describe(target);
    await aws.describe(other);
    await world.startMigration("migration-2").describe(target);
    const asked = world.assumed().map(({ form }) => [form.get("RoleSessionName"), form.get("Policy")]);
    expect(asked).toEqual([
      ["migration-1", sessionPolicy(target, "write", "aws")],
      ["migration-1", sessionPolicy(other, "write", "aws")],
      ["migration-2", sessionPolicy(target, "write", "aws")],
    ]);
    expect(keysOf(world.calls, "DescribeSecret")).toHaveLength(3);
  });

  it("lets the writer's role undo where no rollback role is named, in a session of its own", async () => {
    const world = await worldWith({ writer: WRITER, rollback: null });
    const target = freshTarget();
    const aws = world.startMigration();
    await aws.create(target, textValue("v"), { requestToken: randomUUID(), tags: OPEN, settings: PLAIN_SETTINGS });
    await aws.scheduleDeletion(target, 30);
    expect(world.assumed().map(({ form }) => [form.get("RoleArn"), form.get("Policy")])).toEqual([
      [WRITER, sessionPolicy(target, "write", "aws")],
      [WRITER, sessionPolicy(target, "roll-back", "aws")],
    ]);
  });

  it("writes with its own credentials and undoes with the rollback role where only that is named", async () => {
    const world = await worldWith({ writer: null, rollback: ROLLBACK });
    const target = freshTarget();
    const aws = world.startMigration();
    await aws.create(target, textValue("v"), { requestToken: randomUUID(), tags: OPEN, settings: PLAIN_SETTINGS });
    await aws.scheduleDeletion(target, 30);
    expect(keysOf(world.calls, "CreateSecret")).toEqual([OWN_KEY]);
    expect(world.assumed().map(({ form }) => form.get("RoleArn"))).toEqual([ROLLBACK]);
  });

  it("goes to the role of the target's own account where the name says {account}", async () => {
    const world = await worldWith({ writer: "arn:aws:iam::{account}:role/writer", rollback: null });
    const target = { ...freshTarget(), accountId: "210987654321" };
    const { arn } = await world
      .startMigration()
      .create(target, textValue("v"), { requestToken: randomUUID(), tags: OPEN, settings: PLAIN_SETTINGS });
    expect(world.assumed()[0]?.form.get("RoleArn")).toBe("arn:aws:iam::210987654321:role/writer");
    expect(arn).toContain(":210987654321:secret:");
  });

  it("writes nothing when the role is of another account than the approved target", async () => {
    const world = await worldWith({ writer: WRITER, rollback: null });
    const target = { ...freshTarget(), accountId: "210987654321" };
    const aws = world.startMigration();
    const written = aws.create(target, textValue("v"), {
      requestToken: randomUUID(),
      tags: OPEN,
      settings: PLAIN_SETTINGS,
    });
    await expect(written).rejects.toThrow(TargetAccountError);
    expect(world.calls).toEqual([]);
  });

  it("asks AWS nothing for a name whose policy would not fit", async () => {
    const world = await worldWith({ writer: WRITER, rollback: null });
    const described = world.startMigration().describe({ ...freshTarget(), name: "*".repeat(512) });
    await expect(described).rejects.toThrow(TargetRefusedError);
    expect(world.calls).toEqual([]);
  });
});

describe("targetSessions when STS says no", () => {
  async function worldBehindFaults() {
    const front = await startAwsFront(inject("stack").aws.endpointUrl);
    const clients = secretsManagerClients({ endpoint: front.url, credentials });
    onTestFinished(async () => {
      clients.close();
      await front.stop();
    });
    const roles = { writer: WRITER, rollback: ROLLBACK };
    return { front, aws: secretsManagerTarget(targetSessions(clients, roles, randomUUID())) };
  }

  it("names AssumeRole as the call that was denied, and touches no secret", async () => {
    const { front, aws } = await worldBehindFaults();
    front.fault({ kind: "access-denied", service: "sts", action: "AssumeRole" });
    const denied = aws.describe(freshTarget());
    await expect(denied).rejects.toThrow(TargetAccessDeniedError);
    await expect(denied).rejects.toThrow(/^AssumeRole of .* failed \(AccessDenied/);
    expect(front.calls().map(({ action }) => action)).toEqual(["AssumeRole"]);
  });

  it.each(["access-denied", "expired-token"] as const)(
    "makes one new session after an %s, and lets the next denial stand",
    async (kind) => {
      const { front, aws } = await worldBehindFaults();
      const target = freshTarget();
      front.fault({ kind, action: "DescribeSecret" });
      expect(await aws.describe(target)).toEqual({ status: "absent" });
      const actions = () => front.calls().map(({ action }) => action);
      expect(actions()).toEqual(["AssumeRole", "DescribeSecret", "AssumeRole", "DescribeSecret"]);
      front.fault({ kind, action: "DescribeSecret" });
      await expect(aws.describe(target)).rejects.toThrow(TargetAccessDeniedError);
      expect(actions().filter((action) => action === "AssumeRole")).toHaveLength(2);
    },
  );

  it("counts an STS that is down as passing, and goes on with the next call", async () => {
    const { front, aws } = await worldBehindFaults();
    front.fault({ kind: "server-error", service: "sts", action: "AssumeRole", times: 3 });
    const target = freshTarget();
    await expect(aws.describe(target)).rejects.toThrow(TargetUnavailableError);
    expect(await aws.describe(target)).toEqual({ status: "absent" });
  });
});

describe("roleFindings", () => {
  const allowed = (accountId: string) => ({ accountId, region: "eu-central-1", namePrefix: "vault/", kmsKeyIds: [] });

  it("assumes each role for one name under each rule, and writes nothing", async () => {
    const { url, calls } = await recordCalls(inject("stack").aws.endpointUrl);
    const roles = { writer: WRITER, rollback: ROLLBACK };
    expect(await roleFindings({ endpoint: url, credentials }, [allowed("123456789012")], roles)).toEqual([
      { ok: true, text: "AWS eu-central-1: the writer role can be assumed for one name in 123456789012" },
      { ok: true, text: "AWS eu-central-1: the rollback role can be assumed for one name in 123456789012" },
    ]);
    expect(actionsOf(calls)).toEqual(["AssumeRole", "AssumeRole"]);
    for (const { form } of calls) expect(form.get("Policy")).toContain(":secret:vault/glovebox-doctor-probe-??????");
  });

  it("names a role of an account that the rules don't allow, and one that can't be assumed", async () => {
    const front = await startAwsFront(inject("stack").aws.endpointUrl);
    onTestFinished(() => front.stop());
    const options = { endpoint: front.url, credentials };
    const roles = { writer: null, rollback: ROLLBACK };
    expect(await roleFindings(options, [allowed("210987654321")], roles)).toEqual([
      { ok: false, text: "AWS eu-central-1: the rollback role is of account 123456789012, the rules say 210987654321" },
    ]);
    front.fault({ kind: "access-denied", service: "sts", action: "AssumeRole" });
    expect(await roleFindings(options, [allowed("123456789012")], roles)).toEqual([
      { ok: false, text: expect.stringMatching(/the rollback role: AssumeRole of .* failed \(AccessDenied/) },
    ]);
  });

  it("says nothing where no role is named", async () => {
    expect(await roleFindings({ credentials }, [allowed("123456789012")], { writer: null, rollback: null })).toEqual(
      [],
    );
  });
});
