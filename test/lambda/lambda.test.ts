import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { PRACTICE_AWS } from "../migration/engine-worker.ts";
import { engineWorld, NOTHING_LEFT } from "../migration/engine-world.ts";

const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), "glovebox-lambda-"));
const bundle = join(folder, "index.mjs");
const ROOT = new URL("../../", import.meta.url);

const Emf = z.object({
  service: z.string(),
  _aws: z.object({
    Timestamp: z.number(),
    CloudWatchMetrics: z.array(
      z.object({
        Namespace: z.literal("Glovebox"),
        Dimensions: z.array(z.array(z.string())),
        Metrics: z.array(z.object({ Name: z.string(), Unit: z.string() })),
      }),
    ),
  }),
});

describe("the worker in Lambda, from its bundle", () => {
  beforeAll(async () => {
    await run(process.execPath, ["dev/lambda/bundle-lambda.ts", bundle], { cwd: ROOT });
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it("holds no queue of ours: SQS is its queue", () => {
    expect(readFileSync(bundle, "utf8")).not.toContain("node_modules/bullmq");
  });

  it("moves the secret that a record rings for, and leaves nothing lent", async () => {
    const { world, invoke, order } = await lambdaWorld();
    const { migrationId, value } = await order();
    const { answer } = await invoke([ring(migrationId)]);
    expect(answer).toEqual({ batchItemFailures: [] });
    expect(await world.rowOf(migrationId)).toMatchObject({ state: "done" });
    expect(JSON.parse((await world.valueOf(migrationId)) ?? "")).toEqual(value);
    expect(await world.leftovers()).toEqual(NOTHING_LEFT);
  });

  it("does nothing for a ring that comes a second time", async () => {
    const { world, invoke, order } = await lambdaWorld();
    const { migrationId } = await order();
    await invoke([ring(migrationId)]);
    expect((await invoke([ring(migrationId)])).answer).toEqual({ batchItemFailures: [] });
    expect(await world.versionsOf(await world.targetOf(migrationId))).toHaveLength(1);
  });

  it("hands back what it has no time for, and all that comes after it", async () => {
    const { world, invoke, order } = await lambdaWorld();
    const [first, second] = [await order(), await order()];
    const { answer } = await invoke([ring(first.migrationId), ring(second.migrationId)], 4_000);
    expect(answer.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier)).toEqual(["message-1", "message-2"]);
    expect(await world.rowOf(first.migrationId)).toMatchObject({ state: "queued", startedAt: null });
  });

  it("hands a record back while another worker holds the fence", async () => {
    const { world, invoke, order } = await lambdaWorld();
    const { migrationId } = await order();
    await world.store
      .updateTable("fence")
      .set({ holder: "another", deadline: new Date(Date.now() + 60_000) })
      .execute();
    const { answer } = await invoke([ring(migrationId)]);
    expect(answer.batchItemFailures).toEqual([{ itemIdentifier: "message-1" }]);
    expect(await world.rowOf(migrationId)).toMatchObject({ state: "queued" });
  });

  it("drops a ring that it can't read and goes on with the next", async () => {
    const { world, invoke, order } = await lambdaWorld();
    const { migrationId } = await order();
    const { answer, emf } = await invoke(["hunter2 {", ring(migrationId)]);
    expect(answer).toEqual({ batchItemFailures: [] });
    expect(await world.rowOf(migrationId)).toMatchObject({ state: "done" });
    expect(emf).toMatchObject({ RingsUnreadable: 1, MigrationsDone: 1 });
  });

  it("prints metrics that are pure JSON, with the installation as their only dimension", async () => {
    const { world, invoke, order } = await lambdaWorld();
    const { migrationId, value } = await order();
    const { stdout, emf } = await invoke([ring(migrationId)]);
    expect(Emf.parse(emf)._aws.CloudWatchMetrics[0]?.Dimensions).toEqual([["service"]]);
    expect(emf).toMatchObject({ MigrationsDone: 1, service: "practice" });
    expect(JSON.stringify(emf)).not.toContain(migrationId);
    for (const hidden of [value.password, await world.targetOf(migrationId)]) expect(stdout).not.toContain(hidden);
  });

  it("closes what a killed one left before it moves anything", async () => {
    const { world, invoke, order } = await lambdaWorld();
    const [killed, next] = [await order(), await order()];
    await world.store
      .updateTable("migration")
      .set({ leaseOpenedAt: new Date(), leaseClosedAt: null })
      .where("id", "=", killed.migrationId)
      .execute();
    await invoke([ring(next.migrationId)]);
    expect((await world.rowOf(killed.migrationId)).leaseClosedAt).not.toBeNull();
  });

  it("names every fault of its configuration together, and shows no value", async () => {
    const { invoke } = await lambdaWorld();
    const failure = await invoke([ring("x")], 60_000, { DATABASE_URL: "", VAULT_ADMIN_ROLE_ID: "" }).catch(String);
    expect(failure).toContain("DATABASE_URL is not set");
    expect(failure).toContain("VAULT_ADMIN_ROLE_ID is not set");
  });
});

const ring = (migrationId: string): string => JSON.stringify({ migrationId });

async function lambdaWorld() {
  const world = await engineWorld();
  const { settings } = world;
  const place = mkdtempSync(join(folder, "world-"));
  const file = (name: string, text: string): string => {
    writeFileSync(join(place, name), text, { mode: 0o600 });
    return join(place, name);
  };
  const env = {
    PATH: process.env.PATH,
    AWS_ACCESS_KEY_ID: PRACTICE_AWS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: PRACTICE_AWS.secretAccessKey,
    AWS_ENDPOINT_URL: settings.awsEndpoint,
    DATABASE_URL: settings.databaseUrl,
    VAULT_ADDR: settings.vaultAddress,
    VAULT_AUTH_MOUNT: settings.names.authMount,
    VAULT_POLICY_PREFIX: settings.names.policyPrefix,
    VAULT_ADMIN_ROLE_ID: settings.adminRoleId,
    VAULT_ADMIN_SECRET_ID: settings.adminSecretId,
    VAULT_READER_TTL_SECONDS: String(settings.readerTtlSeconds),
    APPROVAL_PUBLIC_KEY_FILES: file("approval.pub", settings.approvalPublicPem),
    RECEIPT_KEY_FILE: file("receipt.key", settings.receiptPrivatePem),
    DIGEST_KEY_FILE: file("digest.key", settings.digestKey),
    MIGRATION_NEEDS_SECONDS: "10",
    GLOVEBOX_RULES: file("glovebox.yaml", JSON.stringify(rulesOf(settings.allowedTargets))),
  };
  return {
    world,
    order: async () => {
      const value = { username: "svc", password: `canary-${crypto.randomUUID()}` };
      const source = await world.lease.put(`lambda/${crypto.randomUUID()}`, value);
      return { migrationId: await world.order(source), value };
    },
    /** One event, in a process of its own as Lambda's cold start is. */
    invoke: async (bodies: readonly string[], remainingMs = 60_000, patch: Record<string, string> = {}) => {
      const script = new URL("invoke-bundle.ts", import.meta.url).pathname;
      const { stdout } = await run(process.execPath, [script, bundle, String(remainingMs), ...bodies], {
        env: { ...env, ...patch },
      });
      const lines = stdout.trim().split("\n");
      const answer = JSON.parse(lines.find((line) => line.startsWith("ANSWER "))?.slice(7) ?? "null") as {
        batchItemFailures: { itemIdentifier: string }[];
      };
      const emf: unknown = JSON.parse(lines.find((line) => line.includes('"_aws"')) ?? "null");
      return { stdout, answer, emf };
    },
  };
}

function rulesOf(targets: unknown) {
  const people = { users: ["U0OPERATOR"], usergroups: [] };
  return {
    installation: "practice",
    approvals: { channel: "C0APPROVALS", approvers: people },
    support: { channel: "C0SUPPORT", staff: people },
    operators: people,
    targets,
  };
}
