import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { mountSlug } from "../../src/approvals/mint-metadata.ts";
import { cleanUpAfterCrash } from "../../src/migration/keep-fence.ts";
import { crashWorld, FINISHED } from "./crash-world.ts";
import { NOTHING_LEFT } from "./engine-world.ts";

/** A worker that was killed at a point, and what the real Vault still holds of it. */
async function diedAt(at: string) {
  const world = await crashWorld();
  const { lease, worker, rowOf } = world;
  const { names, kv2, operator } = lease;
  const { path, id } = await world.orderNew();
  await world.crash(id, { at });
  const isAlive = (accessor: string | null): Promise<boolean> =>
    operator.write("auth/token/lookup-accessor", { accessor }).then(
      () => true,
      () => false,
    );
  const used: string[] = [];
  return {
    ...world,
    ...{ id, isAlive, used },
    listedSecretIds: () => operator.list(`auth/${names.authMount}/role/reader-${mountSlug(kv2.path)}/secret-id`),
    readerAccessor: async () => (await rowOf(id)).readerAccessor,
    adminAccessor: async () =>
      (await world.store.selectFrom("fence").select("adminAccessor").executeTakeFirstOrThrow()).adminAccessor,
    /** The janitor alone, as at the start of a worker. */
    cleanUp: async () => {
      await world.untilFenceIsFree();
      await cleanUpAfterCrash({ ...worker.deps, trace: (point) => void used.push(point) });
    },
    /** Nothing is left that a thief could use, and the successor ends the move as if nothing had been. */
    expectWhole: async () => {
      expect(await world.leftovers()).toEqual(NOTHING_LEFT);
      await world.takeOver(id);
      expect(await world.outcomeOf(id)).toEqual({ ...FINISHED, value: { value: path } });
    },
  };
}

// Named after the rows of the crash table in facts/vault, "The gate".
describe("the crash table: what the janitor closes", { timeout: 60_000 }, () => {
  it("after 2: one secret ID is destroyed", async () => {
    const world = await diedAt("admin.mint");
    expect(await world.listedSecretIds()).toHaveLength(1);
    await world.cleanUp();
    expect(await world.listedSecretIds()).toEqual([]);
    expect(world.used).toContain("janitor.closed");
    await world.expectWhole();
  });

  it("in 3, answer lost, and the secret ID still listed: no login happened, so it is destroyed without a wait", async () => {
    const world = await diedAt("secret-id.journaled");
    expect(await world.listedSecretIds()).toHaveLength(1);
    await world.cleanUp();
    expect(await world.listedSecretIds()).toEqual([]);
    expect(world.used).not.toContain("janitor.disabled");
    await world.expectWhole();
  });

  it("in 3, answer lost after a login: the kill switch outlives the token that nobody can name", async () => {
    const world = await diedAt("admin.lend");
    expect([await world.listedSecretIds(), await world.readerAccessor()]).toEqual([[], null]);
    await world.cleanUp();
    expect(world.used).toContain("janitor.disabled");
    await world.expectWhole(); // and the reader is not shut out: the next lease works
  });

  it("after 3: the token is revoked by the accessor in the journal", async () => {
    const world = await diedAt("lease.journaled");
    const accessor = await world.readerAccessor();
    expect(accessor).not.toBeNull();
    await world.cleanUp();
    expect(await world.isAlive(accessor)).toBe(false);
    expect(world.used).not.toContain("janitor.disabled");
    await world.expectWhole();
  });

  it("after 6: the successor revokes the journaled admin token first of all", async () => {
    const world = await diedAt("lease.dead");
    const accessor = await world.adminAccessor();
    expect(accessor).not.toBeNull();
    await world.cleanUp();
    expect(await world.isAlive(accessor)).toBe(false);
    await world.expectWhole();
  });

  it("gate: the entry that is open although its worker is dead is closed by the gate alone", async () => {
    const world = await diedAt("gate.open");
    while (await world.lease.gate.isOpen()) await sleep(100); // no worker runs: the fence's deadline passes
    await world.cleanUp(); // its admin token
    const closed = await world.store
      .selectFrom("auditEvent")
      .select("kind")
      .where("kind", "=", "gate.closed")
      .execute();
    expect(closed).toHaveLength(1);
    await world.expectWhole();
  });
});
