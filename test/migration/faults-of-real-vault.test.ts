import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, inject, it, onTestFinished } from "vitest";
import { FaultList } from "../../dev/faults/fault-list.ts";
import { startHttpFront } from "../../dev/faults/http-front.ts";
import { startVault } from "../../dev/vault/start-vault.ts";
import { migrateSecret } from "../../src/migration/migrate-secret.ts";
import { openVaultClient } from "../../src/vault/vault-client.ts";
import { type CrashWorld, crashWorld, FINISHED } from "./crash-world.ts";
import { NOTHING_LEFT } from "./engine-world.ts";
import { attempt, goOn } from "./fault-ends.ts";

const TIMEOUT = { timeout: 120_000 };

/** A Vault of the test's own, which it may seal, and ways to do so. */
async function ownVault() {
  const folder = await mkdtemp(join(tmpdir(), "glovebox-seal-"));
  const logTo = join(folder, "vault.log");
  const server = await startVault({ dataDir: folder, logTo });
  onTestFinished(async () => {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  });
  const root = openVaultClient({ address: server.address, timeoutMs: 5_000 }, server.rootToken);
  // Vault prints it once it is up, so not yet.
  const unsealKey = async () => /Unseal Key: (\S+)/.exec(await readFile(logTo, "utf8"))?.[1] ?? "";
  return {
    server,
    root,
    seal: () => root.write("sys/seal", {}),
    unseal: async () => root.write("sys/unseal", { key: await unsealKey() }),
  };
}

describe("a Vault that is really sealed", () => {
  it("at each of four steps keeps the move waiting, and lets it end once it is unsealed", TIMEOUT, async () => {
    const { server, seal, unseal } = await ownVault();
    const world = await crashWorld({ vault: server, vaultAddress: server.address, fenceSeconds: 20 });
    const ends: string[] = [];
    for (const step of ["before", "gate.open", "admin.lend", "target.create"]) {
      const { id } = await world.orderNew();
      if (step === "before") await seal();
      const { broker, target, askGate } = world.worker.deps;
      const afterwards =
        <A extends unknown[], R>(point: string, call: (...args: A) => Promise<R>) =>
        async (...args: A): Promise<R> => {
          const result = await call(...args);
          if (step === point) await seal();
          return result;
        };
      const deps = {
        ...world.worker.deps,
        askGate: ((question, askWith) =>
          afterwards(question.kind === "open" ? "gate.open" : "", askGate)(question, askWith)) as typeof askGate,
        target: { ...target, create: afterwards("target.create", target.create) },
        broker: {
          ...broker,
          loginAdmin: async () => {
            const admin = await broker.loginAdmin();
            return { ...admin, lend: afterwards("admin.lend", admin.lend) };
          },
        },
      };
      const code = await attempt(world, id, () => migrateSecret(deps, id));
      ends.push(`${step}: ${code}`);
      await unseal();
      await goOn(world, id);
      const { left, ...outcome } = await world.outcomeOf(id);
      const { left: _none, ...finished } = FINISHED;
      expect(outcome, step).toMatchObject(finished);
      expect({ ...left, liveTokens: [] }, step).toEqual(NOTHING_LEFT);
    }
    // What is written is past Vault; its admin has left, or leaves at the next attempt.
    expect(ends.slice(0, 3)).toEqual(["before: VAULT_SEALED", "gate.open: VAULT_SEALED", "admin.lend: VAULT_SEALED"]);
    expect(ends[3]).toMatch(/^target.create: (null|VAULT_SEALED)$/);
  });
});

describe("a Vault with a rate limit of its own", () => {
  it.each([
    ["with Retry-After", true],
    ["without Retry-After", false],
  ])("%s is waited for and told of, and the value moves once", TIMEOUT, async (_what, hasHeaders) => {
    const { server, root } = await ownVault();
    const told: (number | null)[] = [];
    const world = await crashWorld({
      vault: server,
      vaultAddress: server.address,
      fenceSeconds: 20,
      onVaultThrottled: (retryAfterMs) => told.push(retryAfterMs),
    });
    const { id } = await world.orderNew();
    await world.lease.gate.isOpen();
    await root.write("sys/quotas/config", { enable_rate_limit_response_headers: hasHeaders });
    await root.write("sys/quotas/rate-limit/few", {
      rate: 3,
      interval: "1s",
      path: `auth/${world.lease.names.authMount}/`,
    });
    await attempt(world, id);
    await goOn(world, id);
    await root.delete("sys/quotas/rate-limit/few");
    expect(told.length).toBeGreaterThan(0);
    expect(told.every((afterMs) => (hasHeaders ? afterMs !== null : afterMs === null))).toBe(true);
    expect(await world.outcomeOf(id)).toMatchObject(FINISHED);
  });
});

describe("a standby before the active Vault", () => {
  const { address } = inject("stack").vault;
  const standby = async (
    answer: (path: string) => { status: number; headers: Record<string, string>; body: string },
  ) => {
    const front = await startHttpFront<{ path: string }>({
      target: address,
      faults: new FaultList(),
      nameCall: ({ path }) => ({ path }),
      rule: async (_call, { path }) => ({ answer: answer(path) }),
    });
    onTestFinished(() => front.stop());
    return front.url;
  };
  const workerOn = async (world: CrashWorld, vaultAddress: string) => {
    const { openWorker } = await import("./engine-worker.ts");
    const worker = await openWorker({ ...world.settings, vaultAddress });
    onTestFinished(() => worker.close());
    return worker.deps;
  };

  it("that names the active one is followed", async () => {
    const world = await crashWorld({ fenceSeconds: 20 });
    const { id } = await world.orderNew();
    const url = await standby((path) => ({ status: 307, headers: { location: `${address}${path}` }, body: "" }));
    await migrateSecret(await workerOn(world, url), id);
    expect(await world.outcomeOf(id)).toMatchObject(FINISHED);
  });

  it.each([
    [500, "local node not active but active cluster node not found", "VAULT_UNAVAILABLE"],
    [503, "Vault is sealed", "VAULT_SEALED"],
  ])("that knows no active one answers %i, and the move waits", TIMEOUT, async (status, words, code) => {
    const world = await crashWorld({ fenceSeconds: 20 });
    const { id } = await world.orderNew();
    const body = JSON.stringify({ errors: [words] });
    const deps = await workerOn(world, await standby(() => ({ status, headers: {}, body })));
    expect(await attempt(world, id, () => migrateSecret(deps, id))).toBe(code);
    await goOn(world, id);
    expect(await world.outcomeOf(id)).toMatchObject(FINISHED);
  });
});
