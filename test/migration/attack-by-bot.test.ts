import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { ApprovalStatement } from "../../src/approvals/content.ts";
import { migrateSecret } from "../../src/migration/migrate-secret.ts";
import { withPoints } from "./crash-points.ts";
import { engineWorld, NOTHING_LEFT } from "./engine-world.ts";

const OUR_REGION = "eu-central-1";
const KEY = `arn:aws:kms:${OUR_REGION}:123456789012:key/${randomUUID()}`;
const OPEN_TO_ALL = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: "*", Action: "secretsmanager:GetSecretValue", Resource: "*" }],
});
/** What the worker's own rules set on every target. */
const RULE = { description: "Kept by the platform team", replicaRegions: ["eu-west-1"] };
const SETTINGS = { ...RULE, resourcePolicy: null };

/** A thief with the whole bot: he signs what he likes with its key, and its gate says yes to him. The worker is not his. */
async function stolenBot() {
  const world = await engineWorld({ targetRule: RULE, kmsKeyIds: [KEY] });
  const { store, prefix, worker, signer } = world;
  const target = { accountId: "123456789012", region: OUR_REGION, name: `${prefix}app`, kmsKeyId: KEY };
  const id = await world.order(await world.lease.put("app", { a: "1" }), { target, settings: SETTINGS });
  const { statementId } = await world.rowOf(id);
  return {
    ...world,
    id,
    /** Signs another statement in place of the approved one. */
    resign: async (alter: (approved: ApprovalStatement) => object): Promise<void> => {
      const where = store.selectFrom("statement").select("bytes").where("id", "=", statementId);
      const approved = JSON.parse((await where.executeTakeFirstOrThrow()).bytes) as ApprovalStatement;
      const { bytes, signature, keyId } = signer.sign("approval", { ...approved, ...alter(approved) });
      await store
        .updateTable("statement")
        .set({ bytes, signature, keyId })
        .where("id", "=", statementId)
        .executeTakeFirstOrThrow();
    },
    /** @returns Every call that the worker made to Vault, to AWS and to the gate. */
    runHeard: async (): Promise<string[]> => {
      const points: string[] = [];
      await migrateSecret(withPoints(worker.deps, { reached: (point) => points.push(point) }), id);
      return points.filter((point) => /^(broker|admin|reader|target|gate)\./.test(point));
    },
  };
}

type Alter = (approved: ApprovalStatement) => object;
const toTarget =
  (wish: (target: ApprovalStatement["target"]) => object): Alter =>
  ({ target }) => ({ target: { ...target, ...wish(target) } });
const withSettings =
  (wish: object): Alter =>
  ({ settings }) => ({ settings: { ...settings, ...wish } });

const ELSEWHERE: [string, Alter][] = [
  ["another account", toTarget(() => ({ accountId: "999999999999" }))],
  ["another region", toTarget(() => ({ region: "us-east-1" }))],
  ["a name below another prefix", toTarget(({ name }) => ({ name: `thief/${name}` }))],
  ["a name that only looks like the prefix", toTarget(({ name }) => ({ name: name.replace("/", "-") }))],
  ["another KMS key", toTarget(() => ({ kmsKeyId: `arn:aws:kms:${OUR_REGION}:999999999999:key/${randomUUID()}` }))],
  ["the AWS-managed key in place of ours", toTarget(() => ({ kmsKeyId: null }))],
];
const WITH_OTHER_SETTINGS: [string, Alter][] = [
  ["a resource policy", withSettings({ resourcePolicy: OPEN_TO_ALL })],
  ["a replica in another region", withSettings({ replicaRegions: ["eu-west-1", "us-east-1"] })],
  ["no replica", withSettings({ replicaRegions: [] })],
  ["another description", withSettings({ description: "read me at https://thief.invalid" })],
  ["no description", withSettings({ description: null })],
];

describe("a thief with the bot and its key", () => {
  it("can do what the worker's rules allow: a statement that he signs is genuine", async () => {
    const world = await stolenBot();
    const { resign, runHeard, rowOf, prefix, id } = world;
    await resign(toTarget(() => ({ name: `${prefix}thief` })));
    expect(await runHeard()).toContain("target.create");
    expect(await rowOf(id)).toMatchObject({ state: "done", causeCode: null });
    expect(await world.valueOf(id)).toBe('{"a":"1"}');
  });

  it.each([
    ...ELSEWHERE.map(([what, alter]) => [what, alter, "TARGET_NOT_ALLOWED"] as const),
    ...WITH_OTHER_SETTINGS.map(([what, alter]) => [what, alter, "SETTINGS_NOT_ALLOWED"] as const),
  ])("moves nothing under %s: the worker calls nobody and lends nothing", async (_what, alter, causeCode) => {
    const world = await stolenBot();
    await world.resign(alter);
    expect(await world.runHeard()).toEqual([]);
    expect(await world.rowOf(world.id)).toMatchObject({
      state: "failed",
      causeCode,
      leaseOpenedAt: null,
      secretIdAccessor: null,
      writes: null,
      receipt: null,
    });
    expect(await world.store.selectFrom("gateAsk").select("id").execute()).toEqual([]);
    const name = await world.targetOf(world.id);
    await expect(world.describe(name)).rejects.toMatchObject({ name: "ResourceNotFoundException" });
    expect(await world.leftovers()).toEqual(NOTHING_LEFT);
  });
});
