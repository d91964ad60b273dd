import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import { reSignRequests } from "../../src/approvals/re-sign-requests.ts";
import { SignatureRefusedError } from "../../src/approvals/read-signed.ts";
import { migrateSecret } from "../../src/migration/migrate-secret.ts";
import { freshKeys } from "../fakes/keys.ts";
import { engineWorld, NOTHING_LEFT } from "../migration/engine-world.ts";
import { APPROVER, requestWorld } from "./request-world.ts";

const act = { by: "operator:practice", reason: "approval.key lost with its host" };

describe("after the approval key was lost", () => {
  it("nothing that waits can be approved until it is signed anew, and then it can", async () => {
    const { world, next, deps } = await withNewKey();
    const requestId = await world.request();
    const approve = () => world.approve(requestId, APPROVER);
    next();
    await expect(approve()).rejects.toThrow(SignatureRefusedError);
    expect(await reSignRequests(deps(), act)).toMatchObject({ waiting: [requestId], askedAgain: [] });
    await approve();
    expect(await world.statusOf(requestId)).toBe("approved");
    expect(await world.events(`request:${requestId}`)).toContain("request.re-signed");
  });

  it("an approval of the old key goes back to the approvers, as the next version, and its attempt has ended", async () => {
    const { world, next, deps } = await withNewKey();
    const requestId = await world.request();
    const { migrationId } = await world.approve(requestId, APPROVER);
    next();
    expect(await reSignRequests(deps(), act)).toMatchObject({ askedAgain: [requestId], waiting: [] });
    expect(await world.statusOf(requestId)).toBe("waiting");
    const row = await world.store
      .selectFrom("migration")
      .select(["state", "causeCode"])
      .where("id", "=", migrationId)
      .executeTakeFirst();
    expect(row).toEqual({ state: "failed", causeCode: "APPROVAL_KEY_DROPPED" });
    const again = await world.approve(requestId, APPROVER, 2);
    expect(again.attempt).toBe(2);
  });

  it.each([{ requester: "U0THIEF" }, { vaultVersion: 9 }, { envelopeId: randomUUID() }])(
    "takes over nothing that was altered since: %j",
    async (change) => {
      const { world, next, deps } = await withNewKey();
      const requestId = await world.request();
      await world.store.updateTable("request").set(change).where("id", "=", requestId).execute();
      next();
      expect(await reSignRequests(deps(), act)).toMatchObject({ refused: [requestId], waiting: [] });
      await expect(world.approve(requestId, APPROVER)).rejects.toThrow(SignatureRefusedError);
    },
  );

  it("takes over nothing that the old key did not sign", async () => {
    const { world, next, deps } = await withNewKey();
    const requestId = await world.request();
    next();
    const ofStranger = { ...deps(), oldKeyring: freshKeys().keyring };
    expect(await reSignRequests(ofStranger, act)).toMatchObject({ refused: [requestId], waiting: [] });
  });

  it("does it once: a second run finds nothing to do", async () => {
    const { world, next, deps } = await withNewKey();
    await world.request();
    next();
    await reSignRequests(deps(), act);
    expect(await reSignRequests(deps(), act)).toEqual({ waiting: [], askedAgain: [], refused: [], underWay: [] });
  });
});

describe("a change of keys, on real servers", () => {
  it("lets an approval of the old key be carried out while the worker trusts both", async () => {
    const world = await engineWorld();
    const migrationId = await world.order(await world.lease.put("team-a/overlap", { password: "x" }));
    const both = new Map([...world.worker.deps.keyring, ...freshKeys().keyring]);
    await migrateSecret({ ...world.worker.deps, keyring: both }, migrationId);
    expect(await world.rowOf(migrationId)).toMatchObject({ state: "done" });
  });

  it("moves nothing once the worker has dropped the old key", async () => {
    const world = await engineWorld();
    const migrationId = await world.order(await world.lease.put("team-a/dropped", { password: "x" }));
    await migrateSecret({ ...world.worker.deps, keyring: freshKeys().keyring }, migrationId);
    expect(await world.rowOf(migrationId)).toMatchObject({ causeCode: "SIGNATURE_REFUSED", leaseOpenedAt: null });
    expect(await world.leftovers()).toEqual(NOTHING_LEFT);
  });
});

/** A world whose bot signs with one key, loses it, and goes on with another. */
async function withNewKey() {
  const world = await requestWorld();
  const old = world.deps.keyring;
  const { signer, keyring } = freshKeys();
  return {
    world,
    /** From here on the bot has the new key and trusts nothing else. */
    next: () => void Object.assign(world.deps, { signer, keyring }),
    deps: () => ({ store: world.store, signer, oldKeyring: old, now: world.clock.now }),
  };
}
