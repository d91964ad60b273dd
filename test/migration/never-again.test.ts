import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import { allowAgain } from "../../src/approvals/allow-again.ts";
import type { RequestSource } from "../../src/approvals/content.ts";
import { orderUndo } from "../../src/approvals/order-undo.ts";
import type { Signer } from "../../src/audit/signing.ts";
import { takeFence } from "../../src/migration/fence.ts";
import { migrateSecret } from "../../src/migration/migrate-secret.ts";
import { freshKeys } from "../fakes/keys.ts";
import { APPROVER, engineWorld, NOTHING_LEFT } from "./engine-world.ts";

/** A version that was moved, and what each guard alone says to a second move of it. */
async function movedWorld() {
  const world = await engineWorld();
  const { store, worker, operator } = world;
  const source = await world.lease.put("app", { a: "1" });
  const first = await world.order(source);
  await world.migrate(first);
  const { requestId } = await world.rowOf(first);
  const finishOf = (migrationId: string) =>
    store.selectFrom("finishedStatement").selectAll().where("migrationId", "=", migrationId).executeTakeFirst();
  const request = (from: RequestSource = source): Promise<string> =>
    world.request(from).then(
      () => "accepted",
      ({ code }: { code: string }) => code,
    );
  return {
    ...world,
    source,
    first,
    requestId,
    finishOf,
    /** What intake says. */
    asked: request,
    /** An approved second move, past intake: it saw a row of the first one that somebody had altered. */
    orderPastIntake: async (): Promise<string> => {
      await store.updateTable("migration").set({ state: "failed" }).where("id", "=", first).execute();
      const id = await world.order(source);
      await store.updateTable("migration").set({ state: "done" }).where("id", "=", first).execute();
      return id;
    },
    /** What the gate says. */
    askGate: async (migrationId: string): Promise<string> => {
      const [id, fence] = [randomUUID(), await takeFence(store, "test", 60)];
      await store.insertInto("gateAsk").values({ id, kind: "open", migrationId, fence: fence.number }).execute();
      for (;;) {
        const ask = await store.selectFrom("gateAsk").selectAll().where("id", "=", id).executeTakeFirstOrThrow();
        if (ask.answeredAt) return ask.refusalCode ?? "opened";
      }
    },
    /** A worker whose gate says yes to everything, though it opens nothing. */
    migrateUnasked: (migrationId: string) =>
      migrateSecret({ ...worker.deps, askGate: async () => randomUUID() }, migrationId),
    allow: (signer: Signer = operator, id = requestId) =>
      allowAgain({ store, signer, now: () => new Date() }, { requestId: id, by: "operator:ops", reason: "INC-1" }),
  };
}

describe("a version that was moved", () => {
  it("is refused when it is asked for again", async () => {
    const { asked } = await movedWorld();
    expect(await asked()).toBe("ALREADY_MIGRATED");
  });

  it("is refused by the gate alone, under an approval of its own", async () => {
    const { orderPastIntake, askGate, lease } = await movedWorld();
    expect(await askGate(await orderPastIntake())).toBe("ALREADY_DONE");
    expect(await lease.gate.isOpen()).toBe(false);
  });

  it("is refused by the worker alone, whatever the gate says", async () => {
    const {
      orderPastIntake,
      migrateUnasked,
      rowOf,
      describe: describeTarget,
      targetOf,
      leftovers,
    } = await movedWorld();
    const id = await orderPastIntake();
    await migrateUnasked(id);
    expect(await rowOf(id)).toMatchObject({ state: "failed", causeCode: "ALREADY_DONE", leaseOpenedAt: null });
    await expect(describeTarget(await targetOf(id))).rejects.toMatchObject({ name: "ResourceNotFoundException" });
    expect(await leftovers()).toEqual(NOTHING_LEFT);
  });

  it("is refused by the journal alone: a move that finds its row taken at its end is taken back", async () => {
    const {
      store,
      lease,
      worker,
      source,
      order,
      rowOf,
      describe: describeTarget,
      targetOf,
      finishOf,
      leftovers,
    } = await movedWorld();
    const other = await order(await lease.put("other", { a: "1" }));
    const bystander = await order(await lease.put("bystander", { a: "1" }));
    const { statementId } = await rowOf(bystander);
    const occupy = async (): Promise<void> => {
      const { mountAccessor } = source;
      const signed = { bytes: "{}", signature: "", keyId: "" };
      await store
        .insertInto("finishedStatement")
        .values({ statementId, migrationId: bystander, mountAccessor, path: "other", vaultVersion: 1, ...signed })
        .execute();
    };
    const occupying: Promise<void>[] = [];
    const trace = (point: string): void => {
      if (point === "target.verified") occupying.push(occupy());
    };
    await migrateSecret({ ...worker.deps, trace }, other);
    await Promise.all(occupying);
    expect(occupying).toHaveLength(1);
    expect(await rowOf(other)).toMatchObject({ state: "failed", causeCode: "ALREADY_DONE", receipt: null });
    expect(await finishOf(other)).toBeUndefined();
    expect((await describeTarget(await targetOf(other))).DeletedDate).toBeInstanceOf(Date);
    expect(await leftovers()).toEqual(NOTHING_LEFT);
  });

  it("may be moved again once it was undone, and the state alone is not believed", async () => {
    const { store, decide, first, requestId, migrate, order, source, rowOf, orderPastIntake, askGate } =
      await movedWorld();
    const forged = await orderPastIntake();
    await store.updateTable("migration").set({ state: "undone" }).where("id", "=", first).execute();
    expect(await askGate(forged)).toBe("ALREADY_DONE");
    await store.updateTable("migration").set({ state: "done" }).where("id", "=", first).execute();
    await store.updateTable("fence").set({ deadline: null }).execute();
    await migrate(forged); // fails, and is out of the way
    await orderUndo(decide, { requestId, by: APPROVER });
    await migrate(first);
    expect(await rowOf(first)).toMatchObject({ state: "undone" });
    const again = await order(source);
    await migrate(again);
    expect(await rowOf(again)).toMatchObject({ state: "done" });
  });
});

describe("an operator's word that it may be moved again", () => {
  it("is good for one further move, and is in the audit chain", async () => {
    const { store, allow, asked, order, source, migrate, rowOf, requestId, first, finishOf } = await movedWorld();
    expect(await allow()).toEqual({ vaultVersion: 1 });
    const second = await order(source);
    await migrate(second);
    expect(await rowOf(second)).toMatchObject({ state: "done" });
    expect(await finishOf(second)).toMatchObject({ previousStatementId: (await rowOf(first)).statementId });
    expect(await asked()).toBe("ALREADY_MIGRATED");
    await expect(allow()).rejects.toMatchObject({ code: "NOTHING_TO_ALLOW" }); // the second is the last one now
    const events = await store
      .selectFrom("auditEvent")
      .select(["actor", "content"])
      .where("kind", "=", "request.allowed-again")
      .execute();
    expect(events).toEqual([
      { actor: "operator:ops", content: expect.stringContaining(`"reason":"INC-1","requestId":"${requestId}"`) },
    ]);
  });

  it("counts nowhere if no operator signed it", async () => {
    const { allow, asked, orderPastIntake, askGate, migrateUnasked, rowOf, store, signer } = await movedWorld();
    for (const thief of [freshKeys().signer, signer]) {
      await allow(thief); // writes the row as a thief with the database would
      expect(await asked()).toBe("ALREADY_MIGRATED");
    }
    const id = await orderPastIntake();
    expect(await askGate(id)).toBe("ALREADY_DONE");
    await store.updateTable("fence").set({ deadline: null }).execute();
    await migrateUnasked(id);
    expect(await rowOf(id)).toMatchObject({ state: "failed", causeCode: "ALREADY_DONE" });
  });

  it("of one finish does not lift another", async () => {
    const { store, lease, allow, order, migrate, rowOf, asked } = await movedWorld();
    const other = await lease.put("other", { a: "1" });
    const id = await order(other);
    await migrate(id);
    await allow();
    const { statementId } = await rowOf(id);
    await store.updateTable("moveAgain").set({ statementId }).execute();
    expect(await asked(other)).toBe("ALREADY_MIGRATED");
    expect(await asked()).toBe("ALREADY_MIGRATED");
  });
});
