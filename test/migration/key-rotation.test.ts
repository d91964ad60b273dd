import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { approveRequest } from "../../src/approvals/approve-request.ts";
import { keepGate } from "../../src/approvals/keep-gate.ts";
import { reSignRequests } from "../../src/approvals/re-sign-requests.ts";
import { retryMigration } from "../../src/approvals/retry-migration.ts";
import type { Keyring } from "../../src/audit/signing.ts";
import { migrateSecret } from "../../src/migration/migrate-secret.ts";
import { digestKeyFromText } from "../../src/migration/value-digest.ts";
import { verifyReceipt } from "../../src/migration/verify-receipt.ts";
import { freshKeys } from "../fakes/keys.ts";
import { crashWorld, FINISHED } from "./crash-world.ts";
import { APPROVER, ENGINEER, engineWorld } from "./engine-world.ts";

/** A world in which the bot's approval key is changed over; gate and worker trust what a test says. */
async function rotatingWorld() {
  const world = await engineWorld();
  await world.keepingGate.stop();
  const fresh = freshKeys();
  const { gate, worker, decide, store } = world;
  const both: Keyring = new Map([...gate.keyring, ...fresh.keyring]);
  const run = async (id: string, { gateTrusts, workerTrusts }: { gateTrusts: Keyring; workerTrusts: Keyring }) => {
    const looking = setInterval(() => void keepGate({ ...gate, keyring: gateTrusts }).catch(() => {}), 100);
    await migrateSecret({ ...worker.deps, keyring: workerTrusts }, id).finally(() => clearInterval(looking));
    const { state, causeCode } = await world.rowOf(id);
    return causeCode ?? state;
  };
  return {
    ...world,
    ...{ fresh, both, run },
    old: gate.keyring,
    /** The bot with the new key. */
    approveAnew: (requestId: string, version: number, keyring = both) =>
      approveRequest({ ...decide, signer: fresh.signer, keyring }, { requestId, version, by: APPROVER }),
    reSign: () =>
      reSignRequests(
        { store, signer: fresh.signer, oldKeyring: gate.keyring, now: () => new Date() },
        { by: "operator:ops", reason: "lost" },
      ),
  };
}

describe("an approval key that is changed over", () => {
  it("counts beside the new one: what each signed moves", async () => {
    const { lease, order, request, approveAnew, run, both } = await rotatingWorld();
    const trust = { gateTrusts: both, workerTrusts: both };
    const underOld = await order(await lease.put("one", { a: "1" }));
    const { migrationId } = await approveAnew(await request(await lease.put("two", { a: "1" })), 1);
    expect([await run(underOld, trust), await run(migrationId, trust)]).toEqual(["done", "done"]);
  });

  it("leaves old receipts verifiable by the old public key", async () => {
    const { lease, order, run, both, old, worker, rowOf } = await rotatingWorld();
    const id = await order(await lease.put("one", { a: "1" }));
    await run(id, { gateTrusts: both, workerTrusts: both });
    const { receipt } = await rowOf(id);
    const keys = { receipts: worker.deps.signer.keyring, approvals: old };
    expect(verifyReceipt(receipt ?? "", keys)).toMatchObject({ isOk: true });
  });

  it("moves nothing once the worker, or the gate, has dropped it, each alone", async () => {
    const { lease, order, run, both, fresh, old } = await rotatingWorld();
    const [one, two] = [
      await order(await lease.put("one", { a: "1" })),
      await order(await lease.put("two", { a: "1" })),
    ];
    expect(await run(one, { gateTrusts: both, workerTrusts: fresh.keyring })).toBe("SIGNATURE_REFUSED");
    expect(await run(two, { gateTrusts: fresh.keyring, workerTrusts: old })).toBe("SIGNATURE_REFUSED");
  });

  it("was lost: nothing moves until an operator signs what is open anew and an approver says yes again", async () => {
    const { lease, order, run, fresh, rowOf, reSign, approveAnew, statusOf, ...world } = await rotatingWorld();
    const trust = { gateTrusts: fresh.keyring, workerTrusts: fresh.keyring };
    const id = await order(await lease.put("one", { a: "1" }));
    const { requestId } = await rowOf(id);
    expect(await reSign()).toMatchObject({ askedAgain: [requestId], refused: [] });
    expect(await run(id, trust)).toBe("APPROVAL_KEY_DROPPED"); // its run is over: a late ring does nothing
    expect(await statusOf(requestId)).toBe("waiting");
    const { migrationId } = await approveAnew(requestId, 2, fresh.keyring);
    expect(await run(migrationId, trust)).toBe("done");
    expect(await world.valueOf(migrationId)).toBe('{"a":"1"}');
  });
});

describe("a digest key that is changed over", () => {
  it.each(["write.intended", "target.create", "target.verified"])(
    "while a move stands at %s: the move ends whole or taken back, and goes through when it is tried again",
    async (at) => {
      const world = await crashWorld();
      const { path, id } = await world.orderNew();
      await world.crash(id, { at });
      const digestKey = digestKeyFromText(randomBytes(32).toString("base64"));
      const worker = { ...world.worker.deps, digestKey };
      await world.takeOver(id, () => migrateSecret(worker, id));
      const { state, causeCode } = await world.rowOf(id);
      const isWritten = at !== "write.intended";
      expect([state, causeCode]).toEqual(isWritten ? ["failed", "WRITE_INTERRUPTED"] : ["done", null]);
      if (!isWritten) {
        expect(await world.outcomeOf(id)).toEqual({ ...FINISHED, value: { value: path } });
        return;
      }
      expect((await world.describe(await world.targetOf(id))).DeletedDate).toBeInstanceOf(Date);
      const { requestId } = await world.rowOf(id);
      const { migrationId: again } = await retryMigration(world.decide, { requestId, by: ENGINEER });
      await migrateSecret(worker, again);
      expect(await world.outcomeOf(again)).toMatchObject({ state: "done", target: "live", value: { value: path } });
    },
  );
});
