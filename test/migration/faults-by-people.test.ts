import { describe, expect, it } from "vitest";
import { setPaused } from "../../src/approvals/set-paused.ts";
import type { AdminSession, LeaseBroker, ReaderSession } from "../../src/migration/lease-broker.ts";
import { migrateSecret } from "../../src/migration/migrate-secret.ts";
import { denial, withPoints } from "./crash-points.ts";
import { type CrashWorld, crashWorld, FINISHED } from "./crash-world.ts";
import { NOTHING_LEFT } from "./engine-world.ts";
import { attempt, causeOf, goOn, retry } from "./fault-ends.ts";

/** A broker whose admin or reader token somebody revokes right before the call that is named. */
function revokedBefore(world: CrashWorld, name: string): LeaseBroker {
  const { broker } = world.worker.deps;
  let isRevoked = false;
  const watch = <T extends { readonly accessor: string }>(
    session: T,
    kind: string,
    wrap: (result: unknown) => unknown,
  ) =>
    new Proxy(session, {
      get(target, key) {
        const member: unknown = Reflect.get(target, key);
        if (typeof member !== "function") return member;
        return async (...args: unknown[]) => {
          if (!isRevoked && name === `${kind}.${String(key)}`) {
            isRevoked = true;
            await world.lease.operator.write("auth/token/revoke-accessor", { accessor: target.accessor });
          }
          return wrap(await member.apply(target, args));
        };
      },
    });
  const isReader = (result: unknown): result is ReaderSession =>
    typeof result === "object" && result !== null && "proveGrant" in result;
  const reader = (result: unknown): unknown => (isReader(result) ? watch(result, "reader", (same) => same) : result);
  return {
    ...broker,
    loginAdmin: async (): Promise<AdminSession> => watch(await broker.loginAdmin(), "admin", reader) as AdminSession,
  };
}

describe("a token that somebody revokes in the middle of a move", () => {
  it.each(["admin.mint", "admin.lend", "admin.closeGate", "admin.revokeSelf", "reader.proveGrant", "reader.read"])(
    "right before %s leaves nothing lent, and the move goes on by itself",
    { timeout: 60_000 },
    async (call) => {
      const world = await crashWorld({ fenceSeconds: 20 });
      const { id } = await world.orderNew();
      const deps = { ...world.worker.deps, broker: revokedBefore(world, call) };
      const code = await attempt(world, id, () => migrateSecret(deps, id));
      expect([null, "VAULT_TOKEN_DEAD"]).toContain(code);
      expect(await world.leftovers()).toEqual(NOTHING_LEFT);
      if (code !== null) await goOn(world, id);
      expect(await world.outcomeOf(id)).toMatchObject(FINISHED);
    },
  );
});

describe("a right that somebody takes from the worker's policy", () => {
  it("is told as a refusal, not as a revoked token, and the move is made once after it is given back", async () => {
    const world = await crashWorld({ fenceSeconds: 20 });
    const { operator, names } = world.lease;
    const policyPath = `sys/policies/acl/${names.policyPrefix}-admin`;
    const { policy } = ((await operator.read(policyPath)) as { data: { policy: string } }).data;
    const { id } = await world.orderNew();
    await operator.write(policyPath, { policy: policy.replaceAll('"list"', '"sudo"') });
    expect(await attempt(world, id)).toBe("VAULT_REFUSED");
    expect(await world.outcomeOf(id)).toMatchObject({ state: "failed", target: "absent" });
    await operator.write(policyPath, { policy });
    expect(await world.outcomeOf(await retry(world, id))).toMatchObject(FINISHED);
  });
});

describe("a clock that jumps", () => {
  const hours = (count: number) => () => new Date(Date.now() + count * 3_600_000);

  it.each([-48, 48])("of the worker by %i hours moves the value once", async (count) => {
    const world = await crashWorld({ fenceSeconds: 20 });
    const { id } = await world.orderNew();
    const deps = { ...world.worker.deps, now: hours(count) };
    await migrateSecret(deps, id);
    await migrateSecret(deps, id);
    expect(await world.outcomeOf(id)).toMatchObject(FINISHED);
  });

  it("back, of the gate and the worker, moves nothing under an approval that is over", async () => {
    const world = await crashWorld({ fenceSeconds: 20 });
    const now = { shift: -48 };
    Object.assign(world.decide, { now: () => hours(now.shift)() }); // approved two days ago, for one day
    const { id } = await world.orderNew();
    Object.assign(world.gate, { now: hours(-47) });
    await migrateSecret({ ...world.worker.deps, now: hours(-47) }, id);
    expect((await causeOf(world, id)).code).toBe("APPROVAL_EXPIRED");
    expect(await world.outcomeOf(id)).toMatchObject({ state: "failed", target: "absent", left: NOTHING_LEFT });
  });
});

describe("refusals in numbers", () => {
  it("pause all moves at the fifth within an hour, tell the operators, and count anew after a resume", {
    timeout: 60_000,
  }, async () => {
    const world = await crashWorld({ fenceSeconds: 20 });
    const isPaused = async () =>
      (await world.store.selectFrom("control").select("isPaused").executeTakeFirstOrThrow()).isPaused;
    const failOne = async () => {
      const { id } = await world.orderNew();
      const failure = (point: string) => (point === "target.create" ? denial(point) : undefined);
      await migrateSecret(withPoints(world.worker.deps, { reached: () => {}, failure }), id);
      return isPaused();
    };
    const paused = [];
    for (let count = 1; count <= 5; count += 1) paused.push(await failOne());
    expect(paused).toEqual([false, false, false, false, true]);
    const told = await world.store
      .selectFrom("outbox")
      .select("detail")
      .where("subject", "like", "control:%")
      .execute();
    expect(told.map(({ detail }) => detail.reason)).toEqual(["TARGET_ACCESS_DENIED: 5 times within an hour"]);
    const events = await world.store
      .selectFrom("auditEvent")
      .select("actor")
      .where("kind", "=", "control.paused")
      .execute();
    expect(events).toEqual([{ actor: "worker" }]);
    const { id: queued } = await world.orderNew();
    await world.migrate(queued);
    expect(await world.rowOf(queued)).toMatchObject({ state: "queued", causeCode: null });
    await setPaused(world.store, { isPaused: false, by: "operator", reason: "role mended", at: new Date() });
    expect(await failOne()).toBe(false);
    await world.migrate(queued);
    expect(await world.outcomeOf(queued)).toMatchObject(FINISHED);
  });
});
