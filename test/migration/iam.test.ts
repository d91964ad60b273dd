import { readFile } from "node:fs/promises";
import {
  DeleteSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
  TagResourceCommand,
  UpdateSecretVersionStageCommand,
} from "@aws-sdk/client-secrets-manager";
import { AssumeRoleCommand, STSClient } from "@aws-sdk/client-sts";
import { describe, expect, inject, it, onTestFinished } from "vitest";
import { orderUndo } from "../../src/approvals/order-undo.ts";
import { secretsManagerClients } from "../../src/aws/secrets-manager-client.ts";
import { secretsManagerTarget } from "../../src/aws/secrets-manager-target.ts";
import { targetSessions } from "../../src/aws/target-sessions.ts";
import { migrateSecret } from "../../src/migration/migrate-secret.ts";
import { startIamFront } from "../aws/iam-front.ts";
import type { Policy } from "../aws/iam-policy.ts";
import { type CrashWorld, crashWorld } from "./crash-world.ts";
import { PRACTICE_AWS } from "./engine-worker.ts";
import { APPROVER, type EngineWorldOptions } from "./engine-world.ts";
import { type Arrange, KINDS, RULES } from "./write-kinds.ts";

const WRITER = "arn:aws:iam::123456789012:role/writer";
const ROLLBACK = "arn:aws:iam::123456789012:role/rollback";
const KEY = "arn:aws:kms:eu-central-1:123456789012:key/KEYID";
const REGION = "eu-central-1";

/** The policies of docs/getting-started.md, as a person would fill them in. */
async function documentedPolicies(prefix: string, adapt: (text: string) => string): Promise<Record<string, Policy>> {
  const guide = await readFile(new URL("../../docs/getting-started.md", import.meta.url), "utf8");
  const policyAfter = (heading: string): Policy => {
    const [, text = ""] = /```json\n([\s\S]*?)\n```/.exec(guide.slice(guide.indexOf(heading))) ?? [];
    return JSON.parse(
      adapt(text)
        .replaceAll("111122223333", "123456789012")
        .replaceAll("migrated/", prefix)
        .replaceAll('glovebox-installation":"glovebox"', 'glovebox-installation":"practice"'), // the worker's in these tests
    );
  };
  return { [WRITER]: policyAfter("**The writer**"), [ROLLBACK]: policyAfter("**Rollback**") };
}

/** What the guide says to leave out: the key where AWS's own is used, and the line on replicas where rules add some. */
const asTheGuideSays = (text: string): string =>
  text
    .replace(/"ArnEquals":\{[^}]*\},\s*/, "")
    .replace(/,?\s*"Null":\{"secretsmanager:AddReplicaRegions":"true"\}/, "")
    .replace(/,\s*\}/g, "}");

async function iamWorld(options: EngineWorldOptions = {}, adapt: (text: string) => string = asTheGuideSays) {
  const policies: Record<string, Policy> = {};
  const { url, denied } = await startIamFront(inject("stack").aws.endpointUrl, policies);
  const world = await crashWorld({ ...options, awsEndpoint: url, fenceSeconds: 20 });
  Object.assign(policies, await documentedPolicies(world.prefix, adapt));
  const clients = secretsManagerClients({ endpoint: url, credentials: PRACTICE_AWS });
  onTestFinished(() => clients.close());
  const roles = { writer: WRITER, rollback: ROLLBACK };
  const migrate = (id: string): Promise<void> =>
    migrateSecret({ ...world.worker.deps, target: secretsManagerTarget(targetSessions(clients, roles, id)) }, id);
  /** Whoever has the worker's credentials assumes its roles without a session policy. */
  const thiefAs = async (RoleArn: string): Promise<SecretsManagerClient> => {
    const sts = new STSClient({ endpoint: url, region: REGION, credentials: PRACTICE_AWS });
    const { Credentials } = await sts.send(new AssumeRoleCommand({ RoleArn, RoleSessionName: "thief" }));
    const credentials = {
      accessKeyId: Credentials?.AccessKeyId ?? "",
      secretAccessKey: Credentials?.SecretAccessKey ?? "",
      sessionToken: Credentials?.SessionToken ?? "",
    };
    return new SecretsManagerClient({ endpoint: url, region: REGION, credentials, maxAttempts: 1 });
  };
  return { ...world, migrate, denied, thiefAs };
}

async function undo(world: Pick<CrashWorld, "rowOf" | "decide" | "migrate">, id: string): Promise<void> {
  await orderUndo(world.decide, { requestId: (await world.rowOf(id)).requestId, by: APPROVER });
  await world.migrate(id);
}

describe("under the policies of docs/getting-started.md, as we read IAM", () => {
  it.each(Object.keys(KINDS))("the worker's sessions may do all that %s and its undo take", async (kind) => {
    const world = await iamWorld(RULES[kind]);
    const { id } = await (KINDS[kind] as Arrange)(world);
    await world.migrate(id);
    expect([await world.rowOf(id), world.denied]).toMatchObject([{ state: "done", causeCode: null }, []]);
    await undo(world, id);
    expect([await world.rowOf(id), world.denied]).toMatchObject([{ state: "undone" }, []]);
  });

  it("a target is made under the named key, and under no other", async () => {
    const world = await iamWorld({ kmsKeyIds: [KEY, `${KEY}2`] }, (text) => text);
    const order = async (kmsKeyId: string) => {
      const path = `key-${kmsKeyId.length}`;
      const target = { accountId: "123456789012", region: REGION, name: `${world.prefix}${path}`, kmsKeyId };
      const id = await world.order(await world.lease.put(path, { a: "1" }), { target });
      await world.migrate(id);
      return world.rowOf(id);
    };
    expect(await order(KEY)).toMatchObject({ state: "done" });
    expect(await order(`${KEY}2`)).toMatchObject({ state: "failed", causeCode: "TARGET_ACCESS_DENIED" });
  });

  it("whoever steals the writer gets nothing that is sealed, and can't open it; nor does the rollback role alone", async () => {
    const world = await iamWorld();
    const { id } = await world.orderNew();
    await world.migrate(id);
    const SecretId = await world.targetOf(id);
    const { versionId = "" } = { versionId: Object.keys((await world.describe(SecretId)).VersionIdsToStages ?? {})[0] };
    const read = new GetSecretValueCommand({ SecretId });
    const put = new PutSecretValueCommand({ SecretId, SecretString: "mine" });
    const open = new TagResourceCommand({ SecretId, Tags: [{ Key: "glovebox-state", Value: "open" }] });
    const move = new UpdateSecretVersionStageCommand({ SecretId, VersionStage: "mine", MoveToVersionId: versionId });
    const remove = new DeleteSecretCommand({ SecretId, RecoveryWindowInDays: 7 });
    const atOnce = new DeleteSecretCommand({ SecretId, ForceDeleteWithoutRecovery: true });
    const refusedTo = async (role: string, commands: readonly object[]): Promise<void> => {
      const thief = await world.thiefAs(role);
      for (const command of commands) {
        await expect(thief.send(command as typeof read), command.constructor.name).rejects.toMatchObject({
          name: "AccessDeniedException",
        });
      }
    };
    await refusedTo(WRITER, [read, put, open, move, remove, atOnce]);
    await refusedTo(ROLLBACK, [read, put, atOnce]);
    // The honest limit of the threat model: with both roles in his hands he opens it, and reads it.
    await (await world.thiefAs(ROLLBACK)).send(open);
    expect((await (await world.thiefAs(WRITER)).send(read)).SecretString).toBe(await world.valueOf(id));
  });
});
