import { randomUUID } from "node:crypto";
import { paginateListSecrets } from "@aws-sdk/client-secrets-manager";
import { describe, expect, it } from "vitest";
import { orderUndo } from "../../src/approvals/order-undo.ts";
import type { Signed } from "../../src/audit/signing.ts";
import { freshKeys } from "../fakes/keys.ts";
import { crashWorld, FINISHED } from "./crash-world.ts";
import { APPROVER, NOTHING_LEFT } from "./engine-world.ts";

type AttackWorld = Awaited<ReturnType<typeof attackWorld>>;

/** A world with a crown jewel: approved by nobody, and what a thief with the database would like to have. */
async function attackWorld() {
  const world = await crashWorld({ fenceSeconds: 20 });
  const { store, lease, aws, prefix } = world;
  const jewel = await lease.put("crown/jewel", { value: "crown jewel" });
  const jewelRequest = await world.request(jewel);
  return {
    ...world,
    jewel,
    jewelRequest,
    /** A migration whose rows a thief may take values from: approved, and never run here. */
    other: await world.orderNew(),
    /** Runs it as a worker would, whatever comes. @returns The code of what it threw, if it did. */
    attempt: async (migrationId: string): Promise<string> =>
      world.migrate(migrationId).then(
        () => "returned",
        ({ code }: { code?: string }) => code ?? "threw",
      ),
    namesInAws: async (): Promise<string[]> => {
      const names: string[] = [];
      const input = { Filters: [{ Key: "name" as const, Values: [prefix] }] };
      for await (const { SecretList = [] } of paginateListSecrets({ client: aws }, input)) {
        names.push(...SecretList.map(({ Name = "" }) => Name));
      }
      return names.toSorted();
    },
    /** A statement of the bot about another request, with the signature of `sign` under it. */
    forge: async (requestId: string, like: string, sign: (content: unknown) => Signed): Promise<string> => {
      const { bytes } = await store
        .selectFrom("migration")
        .innerJoin("statement", "statement.id", "migration.statementId")
        .select("bytes")
        .where("migration.id", "=", like)
        .executeTakeFirstOrThrow();
      const [id, statementId] = [randomUUID(), randomUUID()];
      const statement = { ...JSON.parse(bytes), statementId, requestId, requestVersion: 1, source: jewel };
      const at = new Date();
      await store.updateTable("request").set({ status: "approved" }).where("id", "=", requestId).execute();
      await store
        .insertInto("decision")
        .values({ requestId, requestVersion: 1, verdict: "approve", decidedBy: APPROVER, decidedAt: at })
        .execute();
      await store
        .insertInto("statement")
        .values({ id: statementId, requestId, requestVersion: 1, ...sign(statement), signedAt: at })
        .execute();
      await store
        .insertInto("migration")
        .values({ id, requestId, statementId, attempt: 1, state: "queued", createdAt: at })
        .execute();
      return id;
    },
  };
}

describe("the state of a move altered in the database", () => {
  it.each(["leased", "read", "closed", "written", "verified", "sealed"] as const)(
    "to the state %s skips no step: the move is made whole",
    async (state) => {
      const world = await attackWorld();
      const { path, id } = await world.orderNew();
      await world.store.updateTable("migration").set({ state }).where("id", "=", id).execute();
      await world.migrate(id);
      expect(await world.outcomeOf(id)).toEqual({ ...FINISHED, value: { value: path } });
    },
  );
});

describe("rows forged or replayed in the database", () => {
  it.each([
    ["by a key of the thief's own", () => freshKeys().signer.sign],
    [
      "under the bot's key id",
      ({ signer }: AttackWorld) => {
        const thief = freshKeys().signer;
        return (purpose: "approval", content: unknown) => ({ ...thief.sign(purpose, content), keyId: signer.keyId });
      },
    ],
    [
      "by the bot, for another purpose",
      ({ signer }: AttackWorld) => {
        return (_purpose: "approval", content: unknown) => signer.sign("envelope", content);
      },
    ],
  ])("an approval signed %s moves nothing", async (_how, signerOf) => {
    const world = await attackWorld();
    const sign = signerOf(world);
    const id = await world.forge(world.jewelRequest, world.other.id, (content) => sign("approval", content));
    await world.attempt(id);
    expect(await world.rowOf(id)).toMatchObject({ state: "failed", causeCode: "SIGNATURE_REFUSED" });
    expect(await world.namesInAws()).toEqual([]);
    expect(await world.leftovers()).toEqual(NOTHING_LEFT);
  });

  it("a genuine approval under another request moves nothing", async () => {
    const world = await attackWorld();
    const { statementId } = await world.rowOf(world.other.id);
    const genuine = await world.store
      .selectFrom("statement")
      .select(["bytes", "signature", "keyId"])
      .where("id", "=", statementId)
      .executeTakeFirstOrThrow();
    const id = await world.forge(world.jewelRequest, world.other.id, () => genuine);
    await world.attempt(id);
    expect(await world.rowOf(id)).toMatchObject({ causeCode: "SIGNATURE_REFUSED" });
    expect(await world.namesInAws()).toEqual([]);
  });

  it("an order to undo one move does not undo another, nor one that nobody signed", async () => {
    const world = await attackWorld();
    const [one, two] = [await world.orderNew(), await world.orderNew()];
    for (const { id } of [one, two]) await world.migrate(id);
    await orderUndo(world.decide, { requestId: (await world.rowOf(one.id)).requestId, by: APPROVER });
    const { undoOrder, undoSignature, undoKeyId } = await world.rowOf(one.id);
    const asSigned = { undoOrder, undoSignature, undoKeyId };
    const renamed = { ...asSigned, undoOrder: (undoOrder ?? "").replaceAll(one.id, two.id) };
    for (const order of [asSigned, renamed]) {
      await world.store.updateTable("migration").set(order).where("id", "=", two.id).execute();
      await world.migrate(two.id);
      expect(await world.rowOf(two.id)).toMatchObject({ state: "done", causeCode: "SIGNATURE_REFUSED" });
      expect(await world.outcomeOf(two.id)).toMatchObject(FINISHED);
    }
  });

  it("somebody else's target is not taken over by rows that call it ours", async () => {
    const world = await attackWorld();
    const { path, id: owner } = await world.orderNew();
    await world.migrate(owner);
    const name = await world.targetOf(owner);
    const target = { accountId: "123456789012", region: "eu-central-1", name, kmsKeyId: null };
    // With the database, the claim that refuses a second request for one name can be hidden.
    await world.store.updateTable("request").set({ places: [] }).execute();
    const thief = await world.order(await world.lease.put("thief", { value: "thief" }), { target });
    const { entryId } = await world.store
      .selectFrom("request")
      .select("entryId")
      .where("id", "=", (await world.rowOf(thief)).requestId)
      .executeTakeFirstOrThrow();
    await world.store
      .updateTable("request")
      .set({ entryId })
      .where("id", "=", (await world.rowOf(owner)).requestId)
      .execute();
    await world.attempt(thief);
    expect(await world.rowOf(thief)).toMatchObject({ state: "failed", causeCode: "TARGET_NOT_OURS" });
    expect(await world.valueAt(name)).toBe(JSON.stringify({ value: path }));
  });
});
