import { describe, expect, it } from "vitest";
import { acceptRestore } from "../../src/approvals/accept-restore.ts";
import type { GateMark } from "../../src/approvals/gate-policy.ts";
import { appendEvent } from "../../src/audit/append-event.ts";
import { vaultGatePolicy } from "../../src/vault/gate-policy.ts";
import { freshStore } from "../fresh-store.ts";
import { practiceLease } from "../vault/practice-lease.ts";

const now = () => new Date();
const yes = { by: "operator:practice", reason: "Restored Monday's backup after the disk failure" };

const HASH = "a".repeat(64); // of no event here

async function restored(newestEvents: number, mark: (hashes: string[]) => GateMark) {
  const { store } = await freshStore();
  const { gate, operator, names } = await practiceLease();
  const hashes: string[] = [];
  for (let count = 0; count < newestEvents; count += 1) {
    const link = await appendEvent(store, now(), { kind: "practice", actor: "test", subject: "test", content: {} });
    hashes.push(link.hash);
  }
  await gate.writeMark(mark(hashes));
  return { store, gate, policy: vaultGatePolicy(operator, names) };
}

describe("acceptRestore on a real Vault and Postgres", () => {
  it("sets Vault's mark back and says why in the audit chain", async () => {
    const { store, gate, policy } = await restored(3, () => ({ seq: 40, hash: HASH }));
    expect(await acceptRestore({ store, policy, now }, yes)).toEqual({ remembered: 40, newest: 4 });
    const third = await store.selectFrom("auditEvent").select("hash").where("seq", "=", 3).executeTakeFirstOrThrow();
    expect(await gate.readMark()).toEqual({ seq: 3, hash: third.hash });
    const event = await store.selectFrom("auditEvent").selectAll().where("seq", "=", 4).executeTakeFirst();
    expect(event).toMatchObject({ kind: "gate.restore-accepted", actor: yes.by });
    expect(event?.content).toContain(yes.reason);
  });

  it("is needed also once the restored database has counted past what Vault remembers", async () => {
    const { store, policy } = await restored(5, () => ({ seq: 4, hash: HASH }));
    expect(await acceptRestore({ store, policy, now }, yes)).toEqual({ remembered: 4, newest: 6 });
  });

  it("changes nothing where the database is not behind", async () => {
    const { store, gate, policy } = await restored(3, ([, , third = ""]) => ({ seq: 3, hash: third }));
    const mark = await gate.readMark();
    expect(await acceptRestore({ store, policy, now }, yes)).toBeNull();
    expect(await gate.readMark()).toEqual(mark);
  });
});
