import { describe, expect, inject, it, onTestFinished } from "vitest";
import { startVaultFront, type VaultFront } from "../../dev/vault/fault-front.ts";
import { type CrashWorld, crashWorld, FINISHED } from "./crash-world.ts";
import { NOTHING_LEFT } from "./engine-world.ts";
import { causeOf, FAILED, retry, UNTOUCHED } from "./fault-ends.ts";

const READ = /^kv2-[^/]+\/data\//;
const LOGIN = /\/login$/;
const MINT = /\/secret-id$/;

async function behindVaultFront(): Promise<{ world: CrashWorld; vault: VaultFront }> {
  const vault = await startVaultFront(inject("stack").vault.address);
  onTestFinished(() => vault.stop());
  const world = await crashWorld({ vaultAddress: vault.address, fenceSeconds: 20 });
  return { world, vault };
}

describe("a migration whose Vault fails", () => {
  it("touches nothing when Vault is sealed before the lease, says so, and moves on Retry", async () => {
    const { world, vault } = await behindVaultFront();
    const { id } = await world.orderNew();
    vault.fault({ kind: "sealed", times: Number.POSITIVE_INFINITY });
    await world.migrate(id);
    vault.clearFaults();
    expect(await causeOf(world, id)).toEqual({
      code: "VAULT_SEALED",
      text: expect.stringContaining("nothing was read"),
    });
    expect(await world.outcomeOf(id)).toMatchObject(UNTOUCHED);
    expect(await world.outcomeOf(await retry(world, id))).toMatchObject(FINISHED);
  });

  it("gives the lease back when Vault is sealed for the moment of the read", async () => {
    const { world, vault } = await behindVaultFront();
    const { id } = await world.orderNew();
    vault.fault({ kind: "sealed", path: READ });
    await world.migrate(id);
    expect((await causeOf(world, id)).code).toBe("VAULT_SEALED");
    expect(await world.outcomeOf(id)).toMatchObject(UNTOUCHED);
    expect(await world.outcomeOf(await retry(world, id))).toMatchObject(FINISHED);
  });

  it("closes a lease that it could not give back as soon as Vault is unsealed and it is its turn again", {
    timeout: 60_000,
  }, async () => {
    const { world, vault } = await behindVaultFront();
    const { id } = await world.orderNew();
    const allAfterRead = async (): Promise<void> => {
      while (!vault.calls().some(({ path }) => path.search(READ) !== -1)) await new Promise(setImmediate);
      vault.fault({ kind: "sealed", times: Number.POSITIVE_INFINITY });
    };
    await Promise.all([world.migrate(id), allAfterRead()]);
    vault.clearFaults();
    expect((await causeOf(world, id)).code).toBe("VAULT_SEALED");
    expect(await world.outcomeOf(id)).toMatchObject({ ...FAILED, isLeaseClosed: false, target: "absent" });
    expect(await world.outcomeOf(await retry(world, id))).toMatchObject(FINISHED);
    expect(await world.outcomeOf(id)).toMatchObject({ isLeaseClosed: true });
  });

  it.each([
    ["the mint", { path: MINT, method: "POST" }],
    ["the reader's login", { path: LOGIN, method: "POST", nth: 2 }], // the admin's is the first
    ["the read", { path: READ }],
  ])("leaves nothing alive when the answer of %s is lost", async (_what, call) => {
    const { world, vault } = await behindVaultFront();
    const { id } = await world.orderNew();
    await world.lease.gate.isOpen(); // so that the gate has logged in, and the next logins are the worker's
    vault.fault({ kind: "lost-answer", ...call });
    await world.migrate(id);
    expect((await causeOf(world, id)).code).toBe("VAULT_UNAVAILABLE");
    expect(await world.outcomeOf(id)).toMatchObject(UNTOUCHED);
  });

  it.each(["throttle", "cut", "lost-answer"] as const)(
    "passes over one %s at its own login and at each revocation",
    async (kind) => {
      const { world, vault } = await behindVaultFront();
      const { id } = await world.orderNew();
      await world.lease.gate.isOpen();
      for (const path of [LOGIN, /revoke-accessor$/, /revoke-self$/]) vault.fault({ kind, path, method: "POST" });
      await world.migrate(id);
      const { left, ...outcome } = await world.outcomeOf(id);
      const { left: _none, ...finished } = FINISHED;
      expect(outcome).toMatchObject(finished);
      // An admin token whose login's answer was lost has an accessor that nobody knows, and ends by itself.
      expect(left).toEqual({ ...NOTHING_LEFT, liveTokens: kind === "lost-answer" ? ["admin"] : [] });
    },
  );

  it("waits, verified, when only the end of its own login is missing, and ends later", {
    timeout: 60_000,
  }, async () => {
    const { world, vault } = await behindVaultFront();
    const { id } = await world.orderNew();
    vault.fault({ kind: "sealed", path: /revoke-self$/, times: Number.POSITIVE_INFINITY });
    await expect(world.migrate(id)).rejects.toMatchObject({ code: "VAULT_SEALED" });
    expect(await causeOf(world, id)).toEqual({
      code: "VAULT_SEALED",
      text: expect.stringContaining("in AWS and verified"),
    });
    expect(await world.rowOf(id)).toMatchObject({ state: "verified" });
    vault.clearFaults();
    await world.migrate(id);
    expect(await world.outcomeOf(id)).toMatchObject(FINISHED);
    expect(await causeOf(world, id)).toEqual({ code: null, text: "" });
  });
});
