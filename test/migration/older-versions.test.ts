import { describe, expect, it } from "vitest";
import { NOTHING_LEFT } from "./engine-world.ts";
import { type ValuesWorld, valuesWorld } from "./values-world.ts";

/** A KV v2 secret whose versions hold these values, and which the catalogue knows at the last of them. */
async function versioned(world: ValuesWorld, values: readonly Record<string, string>[]) {
  const [first = {}, ...others] = values;
  const source = await world.lease.put("app", first);
  for (const value of others) await world.lease.put("app", value);
  await world.catalogue(source, values.length);
  return source;
}

async function moveWith(world: ValuesWorld, olderVersions: number, values = ["one", "two", "three", "four"]) {
  const source = await versioned(
    world,
    values.map((v) => ({ v })),
  );
  const id = await world.order(source, { olderVersions });
  return { id, source, name: await world.targetOf(id) };
}

describe("older versions", () => {
  it("go along, each under its label, and the approved one is current", async () => {
    const world = await valuesWorld();
    const { id, name } = await moveWith(world, 2);
    await world.migrate(id);
    expect(await world.rowOf(id)).toMatchObject({ state: "done", vaultVersion: 4 });
    const values = await Promise.all(["AWSCURRENT", "vault-v3", "vault-v2"].map((stage) => world.valueAt(name, stage)));
    expect(values).toEqual(['{"v":"four"}', '{"v":"three"}', '{"v":"two"}']);
    expect(Object.keys(await world.labelsOf(name)).toSorted()).toEqual(["AWSCURRENT", "vault-v2", "vault-v3"]);
    expect(await world.versionsOf(name)).toHaveLength(3);
    expect(await world.leftovers()).toEqual(NOTHING_LEFT);
  });

  it("that Vault no longer has are left out, and the receipt says which", async () => {
    const world = await valuesWorld();
    const { id, name, source } = await moveWith(world, 10);
    await world.lease.operator.write(`${source.mount}/delete/${source.path}`, { versions: [3] });
    await world.lease.operator.write(`${source.mount}/destroy/${source.path}`, { versions: [1] });
    await world.migrate(id);
    const row = await world.rowOf(id);
    expect(row).toMatchObject({ state: "done" });
    expect(Object.keys(await world.labelsOf(name)).toSorted()).toEqual(["AWSCURRENT", "vault-v2"]);
    expect(JSON.parse(row.receipt ?? "").receipt.skippedVersions).toEqual([
      { vaultVersion: 1, reason: "deleted" },
      { vaultVersion: 3, reason: "deleted" },
    ]);
  });

  it("may hold the same value: each is a version of its own", async () => {
    const world = await valuesWorld();
    const { id, name } = await moveWith(world, 2, ["same", "same", "same"]);
    await world.migrate(id);
    expect(await world.rowOf(id)).toMatchObject({ state: "done" });
    expect(await world.versionsOf(name)).toHaveLength(3);
  });

  it("into a target of ours add only what is not there, and an undo takes back just that", async () => {
    const world = await valuesWorld();
    const { id, name, source } = await moveWith(world, 1);
    await world.migrate(id);
    const before = await world.labelsOf(name);
    await world.lease.put(source.path, { v: "five" });
    await world.nowAt(source.path, 5);
    const again = await world.orderAgain(id, { olderVersions: 2 });
    await world.migrate(again);
    const after = await world.labelsOf(name);
    expect(await world.rowOf(again)).toMatchObject({ state: "done", vaultVersion: 5 });
    expect(after["vault-v3"]).toBe(before["vault-v3"]); // kept
    expect([await world.valueAt(name), await world.valueAt(name, "vault-v4")]).toEqual([
      '{"v":"five"}',
      '{"v":"four"}',
    ]);
    expect(Object.keys(after)).not.toContain("glovebox-pending");

    await world.undo(again);
    const undone = await world.labelsOf(name);
    expect(undone.AWSCURRENT).toBe(before.AWSCURRENT);
    expect([undone["vault-v3"], undone["vault-v4"]]).toEqual([before["vault-v3"], undefined]);
  });

  it("that can't go in the approved shape stop the move, by number", async () => {
    const world = await valuesWorld();
    const source = await versioned(world, [{ other: "1" }, { k: "2" }]);
    const shape = { kind: "single" as const, key: "k", encoding: "text" as const };
    const migrationId = await world.order(source, { olderVersions: 1, shape });
    await world.migrate(migrationId);
    const row = await world.rowOf(migrationId);
    expect(row).toMatchObject({ state: "failed", causeCode: "OLDER_VERSION_UNFIT", writes: null });
    expect(row.causeText).toContain("Version 1 of the secret");
  });
});
