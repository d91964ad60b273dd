import { describe, expect, inject, it, onTestFinished } from "vitest";
import { startVaultFront, type VaultFront } from "../../dev/vault/fault-front.ts";
import { loadRequestState } from "../../src/migration/load-request-state.ts";
import { type CrashWorld, crashWorld, FINISHED } from "./crash-world.ts";
import { NOTHING_LEFT } from "./engine-world.ts";
import { attempt, causeOf, goOn, WAITING } from "./fault-ends.ts";

const READ = /^kv2-[^/]+\/data\//;
const LOGIN = /\/login$/;

async function behindVaultFront(): Promise<{ world: CrashWorld; vault: VaultFront }> {
  const vault = await startVaultFront(inject("stack").vault.address);
  onTestFinished(() => vault.stop());
  const world = await crashWorld({ vaultAddress: vault.address, fenceSeconds: 20 });
  return { world, vault };
}

describe("a migration whose Vault fails", () => {
  it("touches nothing when Vault is sealed, says that it waits for it, and goes on by itself", async () => {
    const { world, vault } = await behindVaultFront();
    const { id } = await world.orderNew();
    vault.fault({ kind: "sealed", times: Number.POSITIVE_INFINITY });
    expect(await attempt(world, id)).toBe("VAULT_SEALED");
    vault.clearFaults();
    expect((await causeOf(world, id)).text).toBe(
      "Waiting for Vault to be unsealed; I go on by myself. Nothing was written to AWS.",
    );
    const { requestId } = await world.rowOf(id);
    expect((await loadRequestState(world.store, requestId))?.nextStep).toContain("I try again by myself");
    expect(await world.outcomeOf(id)).toMatchObject(WAITING);
    await goOn(world, id);
    expect(await world.outcomeOf(id)).toMatchObject(FINISHED);
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
    const [code] = await Promise.all([attempt(world, id), allAfterRead()]);
    vault.clearFaults();
    expect(code).toBe("VAULT_SEALED");
    expect(await world.outcomeOf(id)).toMatchObject({ state: "queued", isLeaseClosed: false, target: "absent" });
    await goOn(world, id);
    expect(await world.outcomeOf(id)).toMatchObject(FINISHED);
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
