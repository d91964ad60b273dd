import { UpdateSecretCommand } from "@aws-sdk/client-secrets-manager";
import { describe, expect, inject, it, onTestFinished } from "vitest";
import { type AwsFront, startAwsFront } from "../../dev/aws/strict-front/start-front.ts";
import { NOTHING_LEFT } from "./engine-world.ts";
import { type ValuesWorld, valuesWorld } from "./values-world.ts";

/** A key in the practice KMS. The account and region come from the signature's scope, as everywhere in moto. */
async function newKey(): Promise<string> {
  const scope = "Credential=practice/20260101/eu-central-1/kms/aws4_request, SignedHeaders=host, Signature=practice";
  const answer = await fetch(inject("stack").aws.endpointUrl, {
    method: "POST",
    headers: {
      "content-type": "application/x-amz-json-1.1",
      "x-amz-target": "TrentService.CreateKey",
      authorization: `AWS4-HMAC-SHA256 ${scope}`,
    },
    body: "{}",
  });
  const { KeyMetadata } = (await answer.json()) as { KeyMetadata: { Arn: string } };
  return KeyMetadata.Arn;
}

async function keyWorld(): Promise<{ world: ValuesWorld; front: AwsFront; ours: string; theirs: string }> {
  const front = await startAwsFront(inject("stack").aws.endpointUrl);
  onTestFinished(() => front.stop());
  const [ours, theirs] = [await newKey(), await newKey()];
  return { world: await valuesWorld({ awsEndpoint: front.url, kmsKeyIds: [ours] }), front, ours, theirs };
}

const targetWith = (name: string, kmsKeyId: string) => ({
  target: { accountId: "123456789012", region: "eu-central-1", name, kmsKeyId },
});
const keyOf = async (world: ValuesWorld, name: string) => (await world.describe(name)).KmsKeyId ?? null;

/** Somebody else's target under a key of theirs, and an approved move that takes it over under ours. */
async function adoptUnder(
  { world, ours, theirs }: Awaited<ReturnType<typeof keyWorld>>,
  theirKey: string | null = theirs,
) {
  const name = `${world.prefix}theirs`;
  const { ARN: arn = "", VersionId: versionId = null } = await world.createByHand(name, '{"a":"theirs"}');
  if (theirKey !== null) await world.aws.send(new UpdateSecretCommand({ SecretId: name, KmsKeyId: theirKey }));
  const adopt = { arn, versionId, isTombstone: false };
  const source = await world.lease.put("app", { a: "ours" });
  return { name, id: await world.order(source, { ...targetWith(name, ours), adopt }) };
}

describe("the key that a rule names", () => {
  it("encrypts a target that is made", async () => {
    const { world, ours } = await keyWorld();
    const name = `${world.prefix}new`;
    const id = await world.order(await world.lease.put("app", { a: "1" }), targetWith(name, ours));
    await world.migrate(id);
    expect(await world.rowOf(id)).toMatchObject({ state: "done" });
    expect(await keyOf(world, name)).toBe(ours);
  });

  it("replaces another key before the value is put, and an undo puts that one back", async () => {
    const made = await keyWorld();
    const { world, front, ours, theirs } = made;
    const { name, id } = await adoptUnder(made);
    await world.migrate(id);
    expect(await world.rowOf(id)).toMatchObject({ state: "done" });
    expect([await keyOf(world, name), await world.valueAt(name)]).toEqual([ours, '{"a":"ours"}']);
    const actions = front.calls().map(({ action }) => action);
    expect(actions.indexOf("UpdateSecret")).toBeGreaterThan(-1);
    expect(actions.indexOf("UpdateSecret")).toBeLessThan(actions.indexOf("PutSecretValue"));

    await world.undo(id);
    expect([await keyOf(world, name), await world.valueAt(name)]).toEqual([theirs, '{"a":"theirs"}']);
    expect((await world.rowOf(id)).causeText).toContain("encrypted with the other key");
  });

  it.each([
    ["the change of the key", "UpdateSecret", "key-failure"],
    ["the put", "PutSecretValue", "key-failure"],
    ["the reading back", "GetSecretValue", "decrypt-failure"],
  ] as const)("that AWS can't use at %s stops the run, with the target as it was", async (_where, action, kind) => {
    const made = await keyWorld();
    const { world, front, theirs } = made;
    const { name, id } = await adoptUnder(made);
    front.fault({ kind, action, times: Number.POSITIVE_INFINITY });
    if (action === "UpdateSecret") {
      front.clearFaults();
      front.fault({ kind, action }); // the key that is put back is another one
    }
    await world.migrate(id);
    expect(await world.rowOf(id)).toMatchObject({ state: "failed", causeCode: "TARGET_KEY", receipt: null });
    expect([await keyOf(world, name), await world.valueAt(name), await world.tagsOf(name)]).toEqual([
      theirs,
      '{"a":"theirs"}',
      {},
    ]);
    const { isPaused } = await world.store.selectFrom("control").select("isPaused").executeTakeFirstOrThrow();
    expect(isPaused).toBe(true);
    expect(await world.leftovers()).toEqual(NOTHING_LEFT);
  });

  it("that AWS can't use at a create leaves nothing there", async () => {
    const { world, front, ours } = await keyWorld();
    const name = `${world.prefix}new`;
    const id = await world.order(await world.lease.put("app", { a: "1" }), targetWith(name, ours));
    front.fault({ kind: "key-failure", action: "CreateSecret" });
    await world.migrate(id);
    expect(await world.rowOf(id)).toMatchObject({ state: "failed", causeCode: "TARGET_KEY" });
    expect(await world.describe(name).catch(({ name: code }: Error) => code)).toBe("ResourceNotFoundException");
    expect(await world.leftovers()).toEqual(NOTHING_LEFT);
  });
});
