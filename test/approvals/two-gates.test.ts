import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "kysely";
import { describe, expect, inject, it, onTestFinished } from "vitest";
import { startVaultFront } from "../../dev/vault/fault-front.ts";
import { keepGate } from "../../src/approvals/keep-gate.ts";
import { takeFence } from "../../src/migration/fence.ts";
import { GateClosedError } from "../../src/migration/lease-broker.ts";
import { engineWorld } from "../migration/engine-world.ts";
import type { GateOrder } from "./gate-process.ts";

const TURN_SECONDS = 2;

/** Two approved paths; one gate that a test steps by hand, and others in processes of their own. */
async function twoGates(vaultAddress?: string) {
  const world = await engineWorld(vaultAddress === undefined ? {} : { vaultAddress });
  await world.keepingGate.stop();
  const { store, lease, settings, gate, order, rowOf } = world;
  const sources = { late: await lease.put("late", { a: "1" }), next: await lease.put("next", { a: "1" }) };
  const orders = { late: await order(sources.late), next: await order(sources.next) };
  const admin = await lease.broker.loginAdmin();
  return {
    ...world,
    look: () => keepGate({ ...gate, turnSeconds: TURN_SECONDS }),
    /** A worker's question, under a fence of its own. */
    ask: async (which: "late" | "next"): Promise<string> => {
      await store.updateTable("fence").set({ deadline: null }).execute(); // whoever held it is gone
      const { number: fence } = await takeFence(store, which, 60);
      const id = randomUUID();
      await store.insertInto("gateAsk").values({ id, kind: "open", migrationId: orders[which], fence }).execute();
      return id;
    },
    withdraw: (id: string) => store.deleteFrom("gateAsk").where("id", "=", id).execute(),
    answerOf: (id: string) => store.selectFrom("gateAsk").selectAll().where("id", "=", id).executeTakeFirst(),
    canMint: async (which: "late" | "next"): Promise<boolean> => {
      const { requestId } = await rowOf(orders[which]);
      return admin.mint(sources[which], requestId).then(
        () => true,
        (error: unknown) => {
          expect(error).toBeInstanceOf(GateClosedError);
          return false;
        },
      );
    },
    /** Looks once, and is stopped between its decision and its write. */
    startGate: async ({ dies }: { dies: boolean }) => {
      const { roleId, secretId } = lease.credentials.gate;
      const gateOrder: GateOrder = {
        ...{ databaseUrl: settings.databaseUrl, vaultAddress: settings.vaultAddress, names: lease.names, dies },
        ...{ roleId, secretId: secretId.reveal(), turnSeconds: TURN_SECONDS },
        approvalPublicPem: settings.approvalPublicPem,
      };
      const child = spawn(process.execPath, [new URL("gate-process.ts", import.meta.url).pathname], {
        env: { ...process.env, GATE_ORDER: JSON.stringify(gateOrder) },
        stdio: ["ignore", "pipe", "inherit"],
      });
      const exited = once(child, "exit");
      onTestFinished(async () => {
        child.kill("SIGKILL");
        await exited;
      });
      const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
      const said = async (): Promise<string> => (await lines.next()).value ?? "nothing";
      expect(await said()).toBe("stopped");
      return { child, exited, said };
    },
  };
}

describe("two gates that write out of order", () => {
  it("a gate that was stopped in its turn is overtaken, and takes back what it writes when it wakes", async () => {
    const { ask, look, startGate, answerOf, canMint, eventKinds } = await withEvents();
    const late = await ask("late");
    const { child, exited, said } = await startGate({ dies: false });
    const next = await ask("next");
    await look(); // waits until the stopped gate has lost its turn, answers the late ask with a no, and opens the other
    expect([(await answerOf(late))?.refusalCode, (await answerOf(next))?.refusalCode]).toEqual([
      "GATE_STALE_ASK",
      null,
    ]);
    expect([await canMint("next"), await canMint("late")]).toEqual([true, false]);
    child.kill("SIGCONT");
    expect(await said()).toBe("written"); // over the other's
    expect(await said()).toMatch(/^threw /);
    await exited;
    expect([await canMint("late"), await canMint("next")]).toEqual([false, false]);
    expect(await eventKinds("gate.opened")).toBe(1); // what the late one did is in no record as a yes
  });

  it("a late write whose gate died with it is closed at the next look, also while another path is held", async () => {
    const { ask, look, startGate, canMint, lease, eventKinds } = await withEvents();
    await ask("late");
    const { child, exited, said } = await startGate({ dies: true });
    await ask("next");
    await look();
    expect(await canMint("next")).toBe(true);
    child.kill("SIGCONT");
    expect(await said()).toBe("written");
    await exited;
    expect(await canMint("late")).toBe(true); // nobody holds it
    await look();
    expect([await canMint("late"), await lease.gate.isOpen()]).toEqual([false, false]);
    expect(await eventKinds("gate.closed")).toBe(1);
  });

  it("a write that the network delays past the gate's own end is closed at the next look", {
    timeout: 40_000,
  }, async () => {
    const front = await startVaultFront(inject("stack").vault.address);
    onTestFinished(() => front.stop());
    const { ask, withdraw, gate, canMint, lease } = await withEvents(front.address);
    const look = () => keepGate(gate);
    const late = await ask("late");
    front.fault({ kind: "slow", method: "POST", path: /-open$/, delayMs: 7_000 });
    await expect(look()).rejects.toMatchObject({ code: "VAULT_UNAVAILABLE" });
    expect(await lease.gate.isOpen()).toBe(false);
    await withdraw(late); // its worker has given up
    await ask("next");
    await look();
    expect(await canMint("next")).toBe(true);
    while (!(await canMint("late"))) await sleep(200); // it arrives, and opens what nobody holds
    await look();
    expect([await canMint("late"), await lease.gate.isOpen()]).toEqual([false, false]);
  });

  it("leaves a path open that is held as it was answered", async () => {
    const { ask, look, canMint } = await withEvents();
    await ask("next");
    for (let count = 0; count < 3; count += 1) await look();
    expect(await canMint("next")).toBe(true);
  });

  it("a worker that is dead, or paused, by the time of the write gets a no, and nothing stays open", async () => {
    const { store, ask, gate, answerOf, lease } = await withEvents();
    const meanwhile = [
      () => sql`update fence set deadline = clock_timestamp()`.execute(store),
      () => store.updateTable("control").set({ isPaused: true }).execute(),
    ];
    for (const happens of meanwhile) {
      const id = await ask("next");
      const policy: typeof gate.policy = {
        ...gate.policy,
        async open(hold) {
          await gate.policy.open(hold);
          await happens();
        },
      };
      await keepGate({ ...gate, policy });
      expect((await answerOf(id))?.refusalCode).toBe("GATE_STALE_ASK");
      expect(await lease.gate.isOpen()).toBe(false);
    }
  });
});

async function withEvents(vaultAddress?: string) {
  const world = await twoGates(vaultAddress);
  return {
    ...world,
    eventKinds: async (kind: string) =>
      (await world.store.selectFrom("auditEvent").select("seq").where("kind", "=", kind).execute()).length,
  };
}
