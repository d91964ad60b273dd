import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "kysely";
import { describe, expect, it, onTestFinished } from "vitest";
import { askGate } from "../../src/approvals/ask-gate.ts";
import { keepGate } from "../../src/approvals/keep-gate.ts";
import type { KeepGateDeps } from "../../src/approvals/keep-gate-deps.ts";
import { appendEvent } from "../../src/audit/append-event.ts";
import { releaseFence, takeFence } from "../../src/migration/fence.ts";
import { GateClosedError } from "../../src/migration/lease-broker.ts";
import { openDoorbell } from "../../src/store/doorbell.ts";
import { openStore } from "../../src/store/open-store.ts";
import { engineWorld, NOTHING_LEFT } from "../migration/engine-world.ts";

const HOUR_MS = 3_600_000;

/** Real Vault and Postgres, and a gate that looks when the test says so. */
async function gateWorld() {
  const world = await engineWorld();
  await world.keepingGate.stop();
  const { store, lease } = world;
  const source = await lease.put("app", { a: "1" });
  const insertAsk = async (migrationId: string, fence: number, kind: "open" | "write" = "open"): Promise<string> => {
    const id = randomUUID();
    await store.insertInto("gateAsk").values({ id, kind, migrationId, fence }).execute();
    return id;
  };
  const answerOf = (id: string) =>
    store.selectFrom("gateAsk").selectAll().where("id", "=", id).executeTakeFirstOrThrow();
  return {
    ...world,
    source,
    insertAsk,
    answerOf,
    look: (patch: Partial<KeepGateDeps> = {}) => keepGate({ ...world.gate, ...patch }),
    /** Asks under a fence of the test's own, lets the gate look, and tells what it said. */
    ask: async (migrationId: string, patch: Partial<KeepGateDeps> = {}): Promise<string> => {
      const fence = await takeFence(store, "test", 60);
      const id = await insertAsk(migrationId, fence.number);
      await keepGate({ ...world.gate, ...patch });
      await releaseFence(store, fence.number);
      const { answeredAt, refusalCode } = await answerOf(id);
      return answeredAt === null ? "unanswered" : (refusalCode ?? "opened");
    },
    eventsOf: async (kind: string) =>
      (await store.selectFrom("auditEvent").select("seq").where("kind", "=", kind).execute()).length,
  };
}

describe("an open gate", () => {
  it("lets the admin mint for the approved path, and is closed once the fence's deadline has passed", async () => {
    const { store, lease, source, order, rowOf, insertAsk, look, eventsOf } = await gateWorld();
    const id = await order(source);
    const { requestId } = await rowOf(id);
    const fence = await takeFence(store, "test", 1);
    await insertAsk(id, fence.number);
    await look();
    const admin = await lease.broker.loginAdmin();
    await admin.mint(source, requestId);
    await look();
    expect(await lease.gate.isOpen()).toBe(true); // still held
    await sql`update fence set deadline = clock_timestamp()`.execute(store);
    await look();
    expect(await lease.gate.isOpen()).toBe(false);
    await expect(admin.mint(source, requestId)).rejects.toBeInstanceOf(GateClosedError);
    expect([await eventsOf("gate.opened"), await eventsOf("gate.closed")]).toEqual([1, 1]);
  });

  it("is closed when an operator pauses, though its worker lives", async () => {
    const { store, lease, source, order, insertAsk, look } = await gateWorld();
    const fence = await takeFence(store, "test", 60);
    await insertAsk(await order(source), fence.number);
    await look();
    expect(await lease.gate.isOpen()).toBe(true);
    await store.updateTable("control").set({ isPaused: true }).execute();
    await look();
    expect(await lease.gate.isOpen()).toBe(false);
    await store.updateTable("control").set({ isPaused: false }).execute();
    await look();
    expect(await lease.gate.isOpen()).toBe(false); // a resume opens nothing: the worker must ask again
  });

  it("is closed when nobody knows why it is open", async () => {
    const { lease, source, look, eventsOf } = await gateWorld();
    await lease.gate.open({ source, requestId: "RQ-1" });
    await look();
    expect([await lease.gate.isOpen(), await eventsOf("gate.closed")]).toEqual([false, 1]);
  });

  it("names the path of the newest ask and no other when two gates answer at once", async () => {
    const { store, lease, settings, gate, source, order, rowOf, insertAsk, answerOf, look, eventsOf } =
      await gateWorld();
    const second = openStore(settings.databaseUrl, () => {});
    onTestFinished(() => second.destroy());
    const other = await lease.put("other", { a: "1" });
    const [one, two] = [await order(source), await order(other)];
    const fence = await takeFence(store, "test", 60);
    const asks: string[] = [];
    for (const id of [one, two, one, two]) asks.push(await insertAsk(id, fence.number));
    await Promise.all([look(), keepGate({ ...gate, store: second }), look(), keepGate({ ...gate, store: second })]);
    for (const id of asks)
      expect(await answerOf(id)).toMatchObject({ refusalCode: null, answeredAt: expect.any(Date) });
    expect(await eventsOf("gate.opened")).toBe(asks.length);
    const admin = await lease.broker.loginAdmin();
    await admin.mint(other, (await rowOf(two)).requestId);
    await expect(admin.mint(source, (await rowOf(one)).requestId)).rejects.toBeInstanceOf(GateClosedError);
  });
});

describe("the gate stays shut", () => {
  it("for the ask of a worker that was overtaken", async () => {
    const { store, lease, source, order, insertAsk, answerOf, look } = await gateWorld();
    const stale = await takeFence(store, "slow", 60);
    await releaseFence(store, stale.number);
    const ask = await insertAsk(await order(source), stale.number);
    await takeFence(store, "successor", 60);
    await look();
    expect((await answerOf(ask)).refusalCode).toBe("GATE_STALE_ASK");
    expect(await lease.gate.isOpen()).toBe(false);
  });

  it("for more than so many an hour", async () => {
    const { source, lease, order, ask } = await gateWorld();
    const first = await order(source);
    const second = await order(await lease.put("two", { a: "1" }));
    const third = await order(await lease.put("three", { a: "1" }));
    const answers = [];
    for (const id of [first, second, third]) answers.push(await ask(id, { maxPerHour: 2 }));
    expect(answers).toEqual(["opened", "opened", "GATE_PACE"]);
    const nextHour = { maxPerHour: 2, now: () => new Date(Date.now() + HOUR_MS + 60_000) };
    expect(await ask(third, nextHour)).toBe("opened");
  });

  it.each(["team/*", "a+b", "x/{{y}}", "a,,b"])("for the path %j, which Vault can't lend exactly", async (path) => {
    const { order, ask, lease } = await gateWorld();
    const source = { ...(await lease.put("near", { a: "1" })), path };
    expect(await ask(await order(source))).toBe("PATH_NOT_GRANTABLE");
    expect(await lease.gate.isOpen()).toBe(false);
  });

  it("for a path in a namespace that it does not serve", async () => {
    const { source, order, ask, lease } = await gateWorld();
    expect(await ask(await order(source), { namespace: "bank/payments" })).toBe("NAMESPACE_NOT_SERVED");
    const elsewhere = await order({ ...(await lease.put("two", { a: "1" })), namespace: "bank" });
    expect(await ask(elsewhere)).toBe("NAMESPACE_NOT_SERVED");
    expect(await lease.gate.isOpen()).toBe(false);
  });

  it("before the approved time, and after the approval's end", async () => {
    const { source, order, ask } = await gateWorld();
    const id = await order(source, { notBefore: new Date(Date.now() + HOUR_MS).toISOString() });
    const at = (hours: number) => ({ now: () => new Date(Date.now() + hours * HOUR_MS) });
    expect(await ask(id)).toBe("APPROVAL_TOO_EARLY");
    expect(await ask(id, at(2))).toBe("opened");
    expect(await ask(id, at(26))).toBe("APPROVAL_EXPIRED");
  });

  it("for a request that is no longer approved in this version", async () => {
    const { store, source, order, rowOf, ask } = await gateWorld();
    const id = await order(source);
    const { requestId } = await rowOf(id);
    await store.updateTable("request").set({ version: 2 }).where("id", "=", requestId).execute();
    expect(await ask(id)).toBe("REQUEST_CHANGED");
    await store.updateTable("request").set({ version: 1, status: "withdrawn" }).where("id", "=", requestId).execute();
    expect(await ask(id)).toBe("REQUEST_CHANGED");
  });

  it.each([
    ["is on the list no more", "APPROVER_GONE", async () => false],
    [
      "can't be asked about",
      "MEMBERSHIP_UNKNOWN",
      async () => {
        throw new Error("Slack is down");
      },
    ],
  ])("when the approver %s", async (_what, code, isMember) => {
    const { source, order, ask, lease } = await gateWorld();
    expect(await ask(await order(source), { membership: { isMember } })).toBe(code);
    expect(await lease.gate.isOpen()).toBe(false);
  });

  it("for an approval that was carried out, also if somebody deletes the row that says so", async () => {
    const { store, source, order, ask, migrate, rowOf, look } = await gateWorld();
    const id = await order(source);
    const gate = setInterval(() => void look(), 100);
    await migrate(id).finally(() => clearInterval(gate));
    expect(await rowOf(id)).toMatchObject({ state: "done" });
    await store.deleteFrom("finishedStatement").execute();
    await store.updateTable("request").set({ status: "approved" }).execute();
    expect(await ask(id)).toBe("ALREADY_DONE");
  });

  it("once the newest events are gone from the database, however many come after", async () => {
    const { store, source, order, ask, lease } = await gateWorld();
    const id = await order(source);
    expect(await ask(id)).toBe("opened");
    const mark = await lease.gate.readMark();
    await sql`alter table audit_event disable trigger user`.execute(store); // as restoring a backup would
    await sql`delete from audit_event where seq >= ${mark?.seq ?? 0}`.execute(store);
    await sql`alter table audit_event enable trigger user`.execute(store);
    expect(await ask(id)).toBe("DATABASE_BEHIND");
    for (let count = 0; count < 5; count += 1) {
      await appendEvent(store, new Date(), { kind: "practice", actor: "test", subject: "test", content: {} });
    }
    expect(await ask(id)).toBe("DATABASE_BEHIND");
  });

  it("for the question before the write, which only asks if the approval still counts", async () => {
    const { store, source, order, insertAsk, answerOf, look, lease } = await gateWorld();
    const fence = await takeFence(store, "test", 60);
    const ask = await insertAsk(await order(source), fence.number, "write");
    await look();
    expect((await answerOf(ask)).refusalCode).toBeNull();
    expect(await lease.gate.isOpen()).toBe(false);
  });
});

describe("a worker that asks the gate", () => {
  it("gives up when nobody answers: the ask is withdrawn and nothing is lent, also later", {
    timeout: 40_000,
  }, async () => {
    const { store, source, order, migrate, rowOf, look, leftovers } = await gateWorld();
    const id = await order(source);
    await expect(migrate(id)).rejects.toMatchObject({ code: "GATE_UNANSWERED" });
    const { state, causeCode, causeText } = await rowOf(id);
    expect([state, causeCode]).toEqual(["queued", "GATE_UNANSWERED"]);
    expect(causeText).toBe(
      "Waiting for the process that holds the gate; I go on by myself. Nothing was written to AWS.",
    );
    expect(await store.selectFrom("gateAsk").selectAll().execute()).toEqual([]);
    await look();
    expect(await leftovers()).toEqual(NOTHING_LEFT);
  });

  it.each([
    ["a no", "GATE_PAUSED", "GATE_PAUSED"],
    ["a yes", null, "yes"],
  ])("hears %s that comes while it is withdrawing its question", async (_what, refusalCode, heard) => {
    const { store, settings, source, order } = await gateWorld();
    const migrationId = await order(source);
    const doorbell = await openDoorbell(settings.databaseUrl, () => {});
    onTestFinished(() => doorbell.close());
    const id = randomUUID();
    const { number: fence } = await takeFence(store, "test", 60);
    const asking = askGate({ store, doorbell, newId: () => id, timeoutMs: 500 })({
      kind: "open",
      migrationId,
      fence,
    }).then(
      () => "yes",
      ({ code }: { code: string }) => code,
    );
    await store.transaction().execute(async (tx) => {
      while (!(await tx.selectFrom("gateAsk").select("id").forUpdate().executeTakeFirst())) await sleep(20);
      while (!(await isSomebodyWaiting(tx))) await sleep(20);
      await tx.updateTable("gateAsk").set({ answeredAt: new Date(), refusalCode }).execute();
    });
    expect(await asking).toBe(heard);
  });
});

async function isSomebodyWaiting(tx: Parameters<typeof takeFence>[0]): Promise<boolean> {
  const { rows } = await sql`select 1 from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock'`.execute(tx);
  return rows.length > 0;
}
