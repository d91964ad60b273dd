import { describe, expect, it } from "vitest";
import { acceptRestore } from "../../src/approvals/accept-restore.ts";
import { appendEvent } from "../../src/audit/append-event.ts";
import { vaultGatePolicy } from "../../src/vault/gate-policy.ts";
import { freshStore } from "../fresh-store.ts";
import { practiceLease } from "../vault/practice-lease.ts";

const now = () => new Date();
const yes = { by: "operator:practice", reason: "Restored Monday's backup after the disk failure" };

async function restored(newestEvents: number, remembered: number) {
  const { store } = await freshStore();
  const { gate, operator, names } = await practiceLease();
  for (let count = 0; count < newestEvents; count += 1) {
    await appendEvent(store, now(), { kind: "practice", actor: "test", subject: "test", content: {} });
  }
  await gate.writeMark(remembered);
  return { store, gate, policy: vaultGatePolicy(operator, names) };
}

describe("acceptRestore on a real Vault and Postgres", () => {
  it("sets Vault's mark back and says why in the audit chain", async () => {
    const { store, gate, policy } = await restored(3, 40);
    expect(await acceptRestore({ store, policy, now }, yes)).toEqual({ remembered: 40, newest: 4 });
    expect(await gate.readMark()).toBe(3);
    const event = await store.selectFrom("auditEvent").selectAll().where("seq", "=", 4).executeTakeFirst();
    expect(event).toMatchObject({ kind: "gate.restore-accepted", actor: yes.by });
    expect(event?.content).toContain(yes.reason);
  });

  it("changes nothing where the database is not behind", async () => {
    const { store, gate, policy } = await restored(3, 3);
    expect(await acceptRestore({ store, policy, now }, yes)).toBeNull();
    expect(await gate.readMark()).toBe(3);
  });
});
