import { PutSecretValueCommand } from "@aws-sdk/client-secrets-manager";
import { describe, expect, it, onTestFinished } from "vitest";
import { migrateSecret } from "../../src/migration/migrate-secret.ts";
import { type Crash, type CrashWorld, crashWorld, FINISHED, inLanes } from "./crash-world.ts";
import { openWorker } from "./engine-worker.ts";

/** A worker stops at the point, another one ends the migration, and the first wakes up. */
async function stopAndWake(
  world: CrashWorld,
  id: string,
  crash: Crash,
  meanwhile: () => Promise<unknown> = async () => {},
): Promise<{ said: string; isAdminDead: boolean }> {
  const { child, exited, nextLine } = await world.startWorker(id, { ...crash, signal: "SIGSTOP" });
  expect(await nextLine()).toBe(crash.at);
  const { adminAccessor } = await world.store.selectFrom("fence").select("adminAccessor").executeTakeFirstOrThrow();
  await world.takeOver(id);
  await meanwhile();
  const isAdminDead = await world.lease.operator.write("auth/token/lookup-accessor", { accessor: adminAccessor }).then(
    () => false,
    () => true,
  );
  child.kill("SIGCONT");
  const said = await nextLine();
  await exited;
  return { said, isAdminDead };
}

async function outcomeOf(world: CrashWorld, id: string) {
  const { value, ...outcome } = await world.outcomeOf(id);
  return { outcome, value };
}

describe("two workers and one fence", () => {
  it("moves each of six secrets once when three workers pull at all of them, one at a time", async () => {
    const world = await crashWorld({ fenceSeconds: 20 });
    const ids: string[] = [];
    for (let count = 0; count < 6; count += 1) ids.push((await world.orderNew()).id);
    const workers = [world.worker, await openWorker(world.settings), await openWorker(world.settings)];
    onTestFinished(async () => {
      for (const { close } of workers.slice(1)) await close();
    });
    await Promise.all(
      workers.map(async ({ deps }, turn) => {
        const order = [...ids.slice(turn), ...ids.slice(0, turn)];
        for (const id of order) await world.takeOver(id, () => migrateSecret(deps, id));
      }),
    );
    for (const id of ids) expect((await outcomeOf(world, id)).outcome).toEqual(FINISHED);
    const journal = await world.store.selectFrom("journal").select(["fence", "migrationId"]).orderBy("seq").execute();
    const fences = journal.map(({ fence }) => fence);
    expect(fences).toEqual(fences.toSorted((a, b) => a - b)); // never two at work in turns
    expect(new Set(journal.map(({ fence, migrationId }) => `${fence} ${migrationId}`)).size).toBe(6);
  });
});

describe("a worker that was stopped past its deadline and wakes up", () => {
  it("changes nothing of the first move that another ended, and its admin token is dead", {
    timeout: 120_000,
  }, async () => {
    const points = [
      "admin.journaled",
      "secret-id.journaled",
      "admin.lend",
      "reader.read",
      "write.intended",
      "target.create",
      "target.verified",
      "target.sealed",
    ];
    const ends = await inLanes(points, 4, async (world, at) => {
      const { path, id } = await world.orderNew();
      const woken = await stopAndWake(world, id, { at });
      return { ...woken, path, ...(await outcomeOf(world, id)) };
    });
    for (const [point, { said, isAdminDead, path, outcome, value }] of Object.entries(ends)) {
      expect([said, isAdminDead, value, outcome], point).toEqual(["threw FENCE_LOST", true, { value: path }, FINISHED]);
    }
    expect(Object.keys(ends)).toHaveLength(points.length);
  });

  it("displaces no newer version that somebody wrote meanwhile, and reopens nothing", {
    timeout: 120_000,
  }, async () => {
    const points = ["write.intended", "target.setTags", "target.put", "target.verified"];
    const ends = await inLanes(points, 4, async (world, at) => {
      const { path, id } = await world.orderNew();
      await world.migrate(id);
      const second = await world.orderSecond(path, id);
      const SecretId = await world.targetOf(second);
      const { said } = await stopAndWake(world, second, { at }, () =>
        world.aws.send(new PutSecretValueCommand({ SecretId, SecretString: '{"value":"newer"}' })),
      );
      return { said, ...(await outcomeOf(world, second)) };
    });
    for (const [point, { said, outcome, value }] of Object.entries(ends)) {
      expect([said, value], point).toEqual(["threw FENCE_LOST", { value: "newer" }]);
      expect(outcome, point).toEqual({ ...FINISHED, versionCount: 3, isOursCurrent: false });
    }
    expect(Object.keys(ends)).toHaveLength(points.length);
  });

  it("takes nothing back of what another finished, though its own next call fails", async () => {
    const world = await crashWorld();
    const { path, id } = await world.orderNew();
    const { said } = await stopAndWake(world, id, { at: "target.create", failAt: "target.read" });
    expect(said).toBe("threw FENCE_LOST");
    expect(await outcomeOf(world, id)).toEqual({ outcome: FINISHED, value: { value: path } });
  });
});

describe("three workers: one is killed, one stopped past its deadline, and one ends the move", () => {
  it("holds the fence for one at a time, and the one that wakes up is locked out of Vault and displaces nothing newer", {
    timeout: 120_000,
  }, async () => {
    const points = ["admin.lend", "write.intended", "target.put"];
    const ends = await inLanes(points, 3, async (world, at) => {
      const { path, id } = await world.orderNew();
      await world.migrate(id);
      const second = await world.orderSecond(path, id);
      // The first stops with the fence in its hand; the second takes over and is killed; the third ends it.
      const stopped = await world.startWorker(second, { at, signal: "SIGSTOP" });
      expect(await stopped.nextLine()).toBe(at);
      const fenceOf = () => world.store.selectFrom("fence").selectAll().executeTakeFirstOrThrow();
      const first = await fenceOf();
      await world.untilFenceIsFree();
      await world.crash(second, { at: "admin.journaled" });
      const killed = await fenceOf();
      const isAlive = (accessor: string | null) =>
        world.lease.operator.write("auth/token/lookup-accessor", { accessor }).then(
          () => true,
          () => false,
        );
      const isFirstLockedOut = !(await isAlive(first.adminAccessor));
      await world.takeOver(second);
      const isSecondLockedOut = !(await isAlive(killed.adminAccessor));
      const SecretId = await world.targetOf(second);
      await world.aws.send(new PutSecretValueCommand({ SecretId, SecretString: '{"value":"newer"}' }));
      stopped.child.kill("SIGCONT");
      const said = await stopped.nextLine();
      await stopped.exited;
      const fences = await world.store
        .selectFrom("journal")
        .select("fence")
        .where("migrationId", "=", second)
        .orderBy("seq")
        .execute();
      const numbers = fences.map(({ fence }) => fence);
      return {
        said,
        isFirstLockedOut,
        isSecondLockedOut,
        isInOrder: killed.number > first.number && numbers.every((each, index) => each >= (numbers[index - 1] ?? 0)),
        ...(await outcomeOf(world, second)),
      };
    });
    for (const [point, { outcome, ...end }] of Object.entries(ends)) {
      expect(end, point).toEqual({
        said: "threw FENCE_LOST",
        isFirstLockedOut: true,
        isSecondLockedOut: true,
        isInOrder: true,
        value: { value: "newer" },
      });
      expect(outcome, point).toEqual({ ...FINISHED, versionCount: 3, isOursCurrent: false });
    }
    expect(Object.keys(ends)).toHaveLength(points.length);
  });

  it("loses nothing of what waits: two more pull at six moves while one is dead with the fence and one wakes up, each moved once", {
    timeout: 120_000,
  }, async () => {
    const world = await crashWorld();
    const orders: { id: string; path: string }[] = [];
    for (let count = 0; count < 6; count += 1) orders.push(await world.orderNew());
    const [killedAt, stoppedAt] = orders.map(({ id }) => id) as [string, string];
    const stopped = await world.startWorker(stoppedAt, { at: "target.create", signal: "SIGSTOP" });
    expect(await stopped.nextLine()).toBe("target.create");
    await world.untilFenceIsFree();
    await world.crash(killedAt, { at: "reader.read" }); // its fence holds yet when the others begin
    const others = await openWorker(world.settings);
    onTestFinished(() => others.close());
    const pulling = [world.worker, others].map(async ({ deps }, turn) => {
      const order = turn === 0 ? orders : orders.toReversed();
      for (const { id } of order) await world.takeOver(id, () => migrateSecret(deps, id));
    });
    stopped.child.kill("SIGCONT");
    await Promise.all([...pulling, stopped.exited]);
    expect(await stopped.nextLine()).toBe("threw FENCE_LOST");
    for (const { id, path } of orders) {
      expect(await outcomeOf(world, id)).toEqual({ outcome: FINISHED, value: { value: path } });
    }
  });
});
