import { GetResourcePolicyCommand } from "@aws-sdk/client-secrets-manager";
import { describe, expect, it } from "vitest";
import type { TargetSettings } from "../../src/approvals/content.ts";
import { type ValuesWorld, valuesWorld } from "./values-world.ts";

const POLICY = JSON.stringify({
  Version: "2012-10-17",
  Statement: [
    {
      Effect: "Allow",
      Principal: { AWS: "arn:aws:iam::123456789012:role/reader" },
      Action: "secretsmanager:GetSecretValue",
      Resource: "*",
    },
  ],
});
const SETTINGS: TargetSettings = {
  description: "Kept by the platform team",
  replicaRegions: ["eu-west-1"],
  resourcePolicy: POLICY,
};
/** The worker's own rule, which says the same. */
const RULE = { description: "Kept by the platform team", replicaRegions: ["eu-west-1"], resourcePolicy: POLICY };

async function settingsAt(world: ValuesWorld, name: string) {
  const { Description, ReplicationStatus = [] } = await world.describe(name);
  const { ResourcePolicy } = await world.aws.send(new GetResourcePolicyCommand({ SecretId: name }));
  return {
    description: Description ?? "",
    regions: ReplicationStatus.map(({ Region }) => Region),
    policy: ResourcePolicy ? JSON.parse(ResourcePolicy) : null,
  };
}
const SET = { description: SETTINGS.description, regions: ["eu-west-1"], policy: JSON.parse(POLICY) };

describe("what the rules add to a target", () => {
  it("is there after a create, stands on the receipt, and an undo takes the replicas away first", async () => {
    const world = await valuesWorld({ targetRule: RULE });
    const id = await world.order(await world.lease.put("app", { a: "1" }), { settings: SETTINGS });
    await world.migrate(id);
    const [row, name] = [await world.rowOf(id), await world.targetOf(id)];
    expect(row).toMatchObject({ state: "done", causeCode: null });
    expect(await settingsAt(world, name)).toEqual(SET);
    expect(JSON.parse(row.receipt ?? "").receipt.targets[0].replicas).toEqual([
      { region: "eu-west-1", status: "InSync" },
    ]);

    await world.undo(id);
    const described = await world.describe(name);
    expect(described.DeletedDate).toBeDefined();
    expect(described.ReplicationStatus ?? []).toEqual([]);
    expect((await world.rowOf(id)).causeText).toContain("replicas in other regions are deleted");
  });

  it("is given to a target of ours by its next move, and an undo puts back what can be put back", async () => {
    const world = await valuesWorld({ targetRule: RULE });
    const source = await world.lease.put("app", { a: "1" });
    const name = `${world.prefix}theirs`;
    await world.createByHand(name, '{"a":"0"}');
    const { ARN: arn = "" } = await world.describe(name);
    const { AWSCURRENT: versionId = null } = await world.labelsOf(name);
    const target = { accountId: "123456789012", region: "eu-central-1", name, kmsKeyId: null };
    const adopt = { arn, versionId, isTombstone: false };
    const id = await world.order(source, { target, adopt, settings: SETTINGS });
    await world.migrate(id);
    expect(await world.rowOf(id)).toMatchObject({ state: "done", causeCode: null });
    expect(await settingsAt(world, name)).toEqual(SET);

    await world.undo(id);
    expect(await settingsAt(world, name)).toEqual({ ...SET, regions: [], policy: null });
    expect((await world.rowOf(id)).causeText).toContain("The description that it got stays");
    expect([await world.valueAt(name), await world.tagsOf(name)]).toEqual(['{"a":"0"}', {}]);
  });
});
