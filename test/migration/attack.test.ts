import { randomUUID } from "node:crypto";
import { paginateListSecrets } from "@aws-sdk/client-secrets-manager";
import { sql } from "kysely";
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

/** A table's columns, and for each two ways to alter it: made up, and taken from another migration's rows. */
async function alterationsOf(
  { store }: AttackWorld,
  table: string,
): Promise<{ name: string; column: string; by: string }[]> {
  const { rows } = await sql<{ columnName: string; dataType: string }>`
    select column_name as "columnName", data_type as "dataType" from information_schema.columns
    where table_schema = current_schema() and table_name = ${table} order by ordinal_position`.execute(store);
  return rows.flatMap(({ columnName: column, dataType }) => [
    { name: `${column} made up`, column, by: MADE_UP[dataType] ?? `unknown type ${dataType}` },
    { name: `${column} of another`, column, by: "other" },
  ]);
}

const MADE_UP: Record<string, string> = {
  text: "coalesce(this.%, '') || 'x'",
  integer: "coalesce(this.%, 0) + 1",
  bigint: "coalesce(this.%, 0) + 1",
  uuid: "gen_random_uuid()",
  ARRAY: "coalesce(this.%, '{}') || '{x}'",
  jsonb: `'[{"field":"x","from":"a","to":"b"}]'::jsonb`,
  "timestamp with time zone": "coalesce(this.%, now()) + interval '10 years'",
};

/** How to find the one row of the migration `$id` in each table. */
const ROW_OF: Record<string, string> = {
  migration: "this.id = $id",
  statement: "this.id = (select statement_id from migration where id = $id)",
  request: "this.id = (select request_id from migration where id = $id)",
  decision: "this.request_id = (select request_id from migration where id = $id)",
};

async function alter(world: AttackWorld, table: string, id: string, { column, by }: { column: string; by: string }) {
  const where = (migrationId: string): string => (ROW_OF[table] ?? "").replaceAll("$id", `'${migrationId}'`);
  const value =
    by === "other"
      ? `(select this."${column}" from "${table}" this where ${where(world.other.id)})`
      : by.replaceAll("%", `"${column}"`);
  await sql.raw(`update "${table}" this set "${column}" = ${value} where ${where(id)}`).execute(world.store);
}

describe("one column of a row altered in the database", () => {
  it.each(["request", "decision", "statement", "migration"] as const)(
    "of the table %s moves what was signed, or nothing",
    { timeout: 60_000 },
    async (table) => {
      const world = await attackWorld();
      const movedTo: string[] = [];
      const movedBy: string[] = [];
      for (const alteration of await alterationsOf(world, table)) {
        const { path, id } = await world.orderNew();
        const target = await world.targetOf(id);
        // A refusal of the database (a key, a check, a counted id) is an answer too: then the row is as it was.
        await alter(world, table, id, alteration).catch(({ code }: { code: string }) =>
          expect(code, alteration.name).toMatch(/^(23...|428C9)$/),
        );
        const code = await world.attempt(id);
        const stored = await world.valueAt(target).catch(() => null);
        if (stored === null) continue;
        expect(stored, `${alteration.name}: ${code}`).toBe(JSON.stringify({ value: path }));
        movedTo.push(target);
        movedBy.push(alteration.name);
      }
      expect(await world.namesInAws()).toEqual(movedTo.toSorted());
      expect(await world.leftovers()).toEqual(NOTHING_LEFT);
      // Some columns are only told to people; where rows decide, most alterations stop the move.
      const harmless = {
        request: "changes",
        decision: "decided_by",
        statement: "signed_at",
        migration: "vault_version",
      };
      expect(movedBy).toContain(`${harmless[table]} made up`);
    },
  );

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
