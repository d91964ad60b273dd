import { randomBytes } from "node:crypto";
import { GetSecretValueCommand } from "@aws-sdk/client-secrets-manager";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { RequestContent } from "../../src/approvals/content.ts";
import { kindOf } from "../../src/migration/write-list.ts";
import { NOTHING_LEFT } from "./engine-world.ts";
import { type ValuesWorld, valuesWorld } from "./values-world.ts";

/** Moves a new KV v2 secret. @returns Its migration's row and id. */
async function move(world: ValuesWorld, data: Record<string, unknown>, patch: Partial<RequestContent> = {}) {
  const id = await world.order(await world.lease.put(`app-${randomBytes(4).toString("hex")}`, data), patch);
  await world.migrate(id);
  return { id, row: await world.rowOf(id), name: await world.targetOf(id) };
}

const split = (...parts: { name: string; keys: string[] }[]) => ({ shape: { kind: "split" as const, parts } });

describe("a split value", () => {
  it("becomes a document for each part, with every key once, and one undo takes all of it back", async () => {
    const world = await valuesWorld();
    const parts = split({ name: "db", keys: ["user", "password"] }, { name: "mail", keys: ["token"] });
    const { id, row, name } = await move(world, { token: "t", password: "p", user: "u" }, parts);
    expect(row).toMatchObject({ state: "done", causeCode: null });
    expect(await world.valueAt(`${name}/db`)).toBe('{"password":"p","user":"u"}');
    expect(await world.valueAt(`${name}/mail`)).toBe('{"token":"t"}');
    const { receipt } = JSON.parse(row.receipt ?? "");
    expect(receipt.targets.map((target: { name: string }) => target.name)).toEqual([`${name}/db`, `${name}/mail`]);
    expect(row.targetArns).toHaveLength(2);
    expect(await world.leftovers()).toEqual(NOTHING_LEFT);

    await world.undo(id);
    expect(await world.rowOf(id)).toMatchObject({ state: "undone" });
    for (const part of ["db", "mail"]) expect((await world.describe(`${name}/${part}`)).DeletedDate).toBeDefined();
  });

  it.each([
    ["a key that no part takes", { a: "1", b: "2", c: "3" }, "UNASSIGNED_KEY"],
    ["a part's key that is not there", { a: "1" }, "MISSING_KEY"],
    ["a part that AWS would not take", { a: "1", b: "x".repeat(65_536) }, "OVERSIZED_VALUE"],
  ])("writes nothing at all for %s", async (_what, data, code) => {
    const world = await valuesWorld();
    const { row, name } = await move(world, data, split({ name: "one", keys: ["a"] }, { name: "two", keys: ["b"] }));
    expect(row).toMatchObject({ state: "failed", causeCode: code, writes: null });
    await expect(world.describe(`${name}/one`)).rejects.toThrow();
  });

  it("writes no part where one of them is somebody else's", async () => {
    const world = await valuesWorld();
    const id = await world.order(
      await world.lease.put("app", { a: "1", b: "2" }),
      split({ name: "one", keys: ["a"] }, { name: "two", keys: ["b"] }),
    );
    const name = await world.targetOf(id);
    await world.createByHand(`${name}/two`, '{"b":"2"}');
    await world.migrate(id);
    const row = await world.rowOf(id);
    expect(row).toMatchObject({ state: "failed", causeCode: "TARGET_NOT_OURS", writes: null });
    expect(row.comparison).toMatchObject({ targetName: `${name}/two`, keys: { same: ["b"] }, others: [] });
    await expect(world.describe(`${name}/one`)).rejects.toThrow();
  });
});

describe("base64 as bytes", () => {
  const asBytes = { shape: { kind: "single" as const, key: "file", encoding: "base64" as const } };

  it("arrives as exactly those bytes, whatever they are", async () => {
    const world = await valuesWorld();
    const bytes = randomBytes(1_000);
    const { row, name } = await move(world, { file: bytes.toString("base64") }, asBytes);
    expect(row).toMatchObject({ state: "done" });
    const stored = await world.aws.send(new GetSecretValueCommand({ SecretId: name }));
    expect([stored.SecretString, Buffer.from(stored.SecretBinary ?? []).equals(bytes)]).toEqual([undefined, true]);
  });

  it("is refused where it is not strict, without a word of it", async () => {
    const world = await valuesWorld();
    const { row } = await move(world, { file: "canary+value==\n" }, asBytes);
    expect(row).toMatchObject({ state: "failed", causeCode: "NOT_BASE64", writes: null });
    expect(row.causeText).not.toContain("canary");
  });
});

describe("an equal value", () => {
  it("is not written again: tags are set, the receipt says so, and an undo leaves it", async () => {
    const world = await valuesWorld();
    const { id, name } = await move(world, { a: "1" });
    const { path } = (await world.statementOf(id)).source;
    await world.lease.put(path, { a: "1" }); // version 2 with the same value
    await world.nowAt(path, 2);
    const again = await world.orderAgain(id, { tags: { "owner-team": "team-b" } });
    await world.migrate(again);
    const row = await world.rowOf(again);
    expect(row).toMatchObject({ state: "done", vaultVersion: 2 });
    expect(await world.versionsOf(name)).toHaveLength(1);
    expect((await world.writesOf(again)).targets.map(kindOf)).toEqual(["keep"]);
    expect(JSON.parse(row.receipt ?? "").receipt.targets[0]).toMatchObject({ kind: "keep" });
    expect(await world.tagsOf(name)).toMatchObject({ "owner-team": "team-b", "glovebox-state": "sealed" });

    await world.undo(again);
    expect((await world.rowOf(again)).causeText).toContain("its value stays as it is");
    expect(await world.tagsOf(name)).toMatchObject({ "owner-team": "team-a", "glovebox-migration": id });
    expect(await world.valueAt(name)).toBe('{"a":"1"}');
  });
});

/** JSON values with all that goes wrong elsewhere. Vault itself takes no number beyond 64-bit floats (400 and more digits). */
const leaf = fc.oneof(
  fc.string({ unit: "binary" }).map((text) => JSON.stringify(text)),
  fc.constantFrom("true", "false", "null", '"<&>\u2028"', '""'),
  fc.bigInt({ min: -(10n ** 40n), max: 10n ** 40n }).map(String),
  fc.tuple(fc.maxSafeInteger(), fc.nat(999), fc.integer({ min: -280, max: 280 })).map(([n, f, e]) => `${n}.${f}0E${e}`),
);
const tree = fc.letrec<{ node: string }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 6, depthSize: "medium" },
    leaf,
    fc.array(tie("node"), { maxLength: 4 }).map((items) => `[${items.join(",")}]`),
    fc
      .dictionary(fc.string({ unit: "binary", minLength: 1 }), tie("node"), { maxKeys: 4 })
      .map((members) => objectOf(members)),
  ),
})).node;
const objectOf = (members: Record<string, string>): string =>
  `{${Object.entries(members)
    .map(([key, value]) => `${JSON.stringify(key)}:${value}`)
    .join(",")}}`;
/** A secret's data as text: some keys of each kind, and one nested 60 deep. */
const documents = fc
  .dictionary(fc.string({ unit: "binary", minLength: 1 }), tree, { minKeys: 20, maxKeys: 40 })
  .map((members) => objectOf({ ...members, "gb deep": `${"[".repeat(60)}1${"]".repeat(60)}` }));

/** Equal for equal content: digits and order of items count, the order of keys and the way of escaping don't. */
function canonical(text: string, roundsNumbers = false): string {
  const number = (source: string): string => (roundsNumbers ? String(Number(source)) : source);
  const revive = (_key: string, value: unknown, { source = "" }: { source?: string }): unknown => {
    if (typeof value === "number") return { number: number(source) };
    if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
    const members = Object.entries(value).toSorted(([one], [other]) => (one < other ? -1 : 1));
    return { members };
  };
  return JSON.stringify((JSON.parse as (text: string, reviver: typeof revive) => unknown)(text, revive));
}

describe("generated documents through the real Vault", () => {
  it("arrive from KV v1 with every digit, key and character as they were", { timeout: 240_000 }, async () => {
    const world = await valuesWorld({ fenceSeconds: 60 });
    let count = 0;
    const arrives = async (text: string): Promise<void> => {
      count += 1;
      const id = await world.order(await world.putTextV1(`doc-${count}`, text));
      await world.migrate(id);
      expect(await world.rowOf(id)).toMatchObject({ state: "done" });
      expect(canonical((await world.valueOf(id)) ?? "")).toBe(canonical(text));
    };
    await fc.assert(fc.asyncProperty(documents, arrives), { numRuns: 8, endOnFailure: true });
  });

  it("arrive from KV v2 as Vault itself keeps them: it rounds numbers beyond 64-bit floats", {
    timeout: 240_000,
  }, async () => {
    const world = await valuesWorld({ fenceSeconds: 60 });
    let count = 0;
    const arrives = async (text: string): Promise<void> => {
      count += 1;
      const source = await world.putTextV2(`doc-${count}`, text);
      const kept = await world.textInVault(source);
      const id = await world.order(source);
      await world.migrate(id);
      expect(await world.rowOf(id)).toMatchObject({ state: "done" });
      const stored = (await world.valueOf(id)) ?? "";
      expect(canonical(stored)).toBe(canonical(kept)); // ours: digit by digit
      expect(canonical(stored, true)).toBe(canonical(text, true)); // Vault's own: as a float holds them
    };
    await fc.assert(fc.asyncProperty(documents, arrives), { numRuns: 8, endOnFailure: true });
  });

  it("KV v2 itself loses digits beyond 2^53, and the move keeps what it has", async () => {
    const world = await valuesWorld();
    const source = await world.putTextV2("big", '{"n":12345678901234567890123}');
    const id = await world.order(source);
    await world.migrate(id);
    expect(await world.valueOf(id)).toBe(await world.textInVault(source));
    expect(await world.valueOf(id)).not.toContain("12345678901234567890123");
  });
});
