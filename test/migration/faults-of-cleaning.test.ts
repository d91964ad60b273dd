import { expect, inject, it, onTestFinished } from "vitest";
import { startVaultFront, type VaultFaultKind, type VaultFront } from "../../dev/vault/fault-front.ts";
import { cleanUpAfterCrash } from "../../src/migration/keep-fence.ts";
import { type CrashWorld, crashWorld, FINISHED } from "./crash-world.ts";

/** Each call of the janitor, as an expression over its path, with how many like it come before. */
interface Call {
  readonly method: string;
  readonly path: RegExp;
  readonly nth: number;
}

/** A worker died with a token that reads, and its fence has passed. @returns What it was moving. */
async function crashed(world: CrashWorld): Promise<string> {
  const { id } = await world.orderNew();
  await world.crash(id, { at: "lease.journaled" });
  await world.untilFenceIsFree();
  return id;
}

async function callsOfCleaning(world: CrashWorld, vault: VaultFront): Promise<Call[]> {
  const id = await crashed(world);
  const from = vault.calls().length;
  await cleanUpAfterCrash(world.worker.deps);
  const counts = new Map<string, number>();
  const calls = vault
    .calls()
    .slice(from)
    .filter(({ path }) => !path.startsWith("sys/policies")) // the gate looks as well, at times of its own
    .map(({ method, path }) => {
      const nth = (counts.get(`${method} ${path}`) ?? 0) + 1;
      counts.set(`${method} ${path}`, nth);
      return { method, path: new RegExp(`^${path}$`), nth };
    });
  await world.takeOver(id);
  return calls;
}

it.each<[VaultFaultKind, readonly string[]]>([
  ["sealed", []],
  ["access-denied", []],
  // Of an admin login whose answer was lost nobody knows the accessor: it ends by itself.
  ["lost-answer", ["admin"]],
])(
  "%s at each call of the cleaning after a crash: the next lease finishes it, and the move is made once",
  { timeout: 400_000 },
  async (kind, mayLive) => {
    const vault = await startVaultFront(inject("stack").vault.address);
    onTestFinished(() => vault.stop());
    const world = await crashWorld({ vaultAddress: vault.address, fenceSeconds: 2 });
    await world.lease.gate.isOpen(); // so that the gate has logged in, and the logins are the worker's
    const calls = await callsOfCleaning(world, vault);
    expect(calls.length).toBeGreaterThan(6);
    for (const { method, path, nth } of calls) {
      const what = `${method} ${path} #${nth}`;
      const id = await crashed(world);
      vault.fault({ kind, method, path, nth });
      await cleanUpAfterCrash(world.worker.deps).catch(() => {});
      vault.clearFaults();
      await world.takeOver(id);
      const { left, ...outcome } = await world.outcomeOf(id);
      const { left: _none, ...finished } = FINISHED;
      expect(outcome, what).toMatchObject(finished);
      const { liveTokens, ...others } = left;
      expect(others, what).toEqual({ gateOpen: false, secretIds: 0 });
      expect(
        liveTokens.filter((role) => !mayLive.includes(role)),
        what,
      ).toEqual([]);
    }
  },
);
