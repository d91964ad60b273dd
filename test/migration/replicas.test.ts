import { CreateSecretCommand, GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { describe, expect, inject, it, onTestFinished } from "vitest";
import { type AwsFront, startAwsFront } from "../../dev/aws/strict-front/start-front.ts";
import type { TargetSettings } from "../../src/approvals/content.ts";
import { PRACTICE_AWS } from "./engine-worker.ts";
import { NOTHING_LEFT } from "./engine-world.ts";
import { type ValuesWorld, valuesWorld } from "./values-world.ts";

const REGION = "eu-west-1";
const SETTINGS: TargetSettings = { description: null, replicaRegions: [REGION], resourcePolicy: null };

async function replicaWorld(): Promise<{ world: ValuesWorld; front: AwsFront; id: string; name: string }> {
  const front = await startAwsFront(inject("stack").aws.endpointUrl);
  onTestFinished(() => front.stop());
  const world = await valuesWorld({ awsEndpoint: front.url, targetRule: { replicaRegions: [REGION] } });
  const id = await world.order(await world.lease.put("app", { a: "1" }), { settings: SETTINGS });
  return { world, front, id, name: await world.targetOf(id) };
}

describe("a replica", () => {
  it("that AWS can't make stops the move; the target is scheduled for deletion, what was there stays", async () => {
    const { world, id, name } = await replicaWorld();
    const { endpointUrl: endpoint } = inject("stack").aws;
    const there = new SecretsManagerClient({ endpoint, region: REGION, credentials: PRACTICE_AWS });
    onTestFinished(() => there.destroy());
    await there.send(new CreateSecretCommand({ Name: name, SecretString: "theirs" }));
    await world.migrate(id);
    const row = await world.rowOf(id);
    expect(row).toMatchObject({ state: "failed", causeCode: "REPLICA_FAILED", receipt: null });
    expect(row.causeText).toContain("scheduled for deletion");
    const described = await world.describe(name);
    expect([described.DeletedDate !== undefined, described.ReplicationStatus ?? []]).toEqual([true, []]);
    expect((await there.send(new GetSecretValueCommand({ SecretId: name }))).SecretString).toBe("theirs");
    expect(await world.leftovers()).toEqual(NOTHING_LEFT);
  });

  it("that takes longer than the move waits is told on the receipt, and an undo takes it away", {
    timeout: 90_000,
  }, async () => {
    const { world, front, id, name } = await replicaWorld();
    front.replicasAre("InProgress");
    await world.migrate(id);
    const row = await world.rowOf(id);
    expect(row).toMatchObject({ state: "done", causeCode: null });
    const { targets } = JSON.parse(row.receipt ?? "").receipt;
    expect(targets[0].replicas).toEqual([{ region: REGION, status: "InProgress" }]);
    await world.undo(id);
    const described = await world.describe(name);
    expect([described.DeletedDate !== undefined, described.ReplicationStatus ?? []]).toEqual([true, []]);
  });
});
