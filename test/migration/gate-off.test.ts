import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import { mintMetadata, prefixKey, prefixMetadata } from "../../src/approvals/mint-metadata.ts";
import { ownGate } from "../../src/approvals/own-gate.ts";
import { setPaused } from "../../src/approvals/set-paused.ts";
import { migrateSecret } from "../../src/migration/migrate-secret.ts";
import { parseReceipt } from "../../src/migration/receipt.ts";
import { vaultLeaseBroker } from "../../src/vault/lease-broker.ts";
import { approleLogin, loginOnce } from "../../src/vault/login/approle-login.ts";
import { applySetup } from "../../src/vault/setup/apply-setup.ts";
import { readerRoleId, secretIdPath } from "../../src/vault/vault-names.ts";
import { engineWorld, NOTHING_LEFT } from "./engine-world.ts";

/** The engine's world without a gate: Vault set up with literal prefixes, a worker of such rules, and no bot. */
async function worldWithoutGate(maxPerHour = 600) {
  const world = await engineWorld();
  await world.keepingGate.stop();
  const { lease, worker, store, settings } = world;
  const { names, kv2, kv1 } = lease;
  const prefixes = [`${kv2.path}/team-a/`, `${kv2.path}/team-b/`, `${kv1.path}/old/`];
  const below = (mount: typeof kv2) => ({ ...mount, prefixes: prefixes.filter((one) => one.startsWith(mount.path)) });
  await applySetup(lease.operator, {
    names,
    mounts: [below(kv2), below(kv1)],
    readerTtlSeconds: settings.readerTtlSeconds,
    adminTtlSeconds: 30,
    boundCidrs: [],
    gate: "off",
    otherLogins: [],
  });
  const now = (): Date => new Date();
  const deps = {
    ...worker.deps,
    gate: "off" as const,
    askGate: ownGate({ store, keyring: worker.deps.keyring, prefixes, maxPerHour, now, newId: randomUUID }),
    broker: vaultLeaseBroker({
      vault: lease.vault,
      names,
      admin: approleLogin(lease.vault, { mount: names.authMount, ...lease.credentials.admin }),
      readerTtlMs: settings.readerTtlSeconds * 1_000,
      now,
      prefixes,
    }),
  };
  /** A thief with the worker's credentials mints what he likes, and is logged in with it. */
  const forge = async (metadata: string, mount = kv2) => {
    const admin = await loginOnce(lease.vault, { mount: names.authMount, ...lease.credentials.admin });
    const answer = (await admin.client.write(secretIdPath(names, mount.path), { metadata })) as {
      data: { secret_id: string };
    };
    const reader = await lease.operator.write(`auth/${names.authMount}/login`, {
      role_id: readerRoleId(names, mount.path),
      secret_id: answer.data.secret_id,
    });
    const { client_token } = (reader as { auth: { client_token: string } }).auth;
    return async (path: string) =>
      (
        await fetch(`${lease.vault.address}/v1/${mount.path}/data/${path}`, {
          headers: { "x-vault-token": client_token },
        })
      ).status;
  };
  return { ...world, prefixes, migrate: (id: string) => migrateSecret(deps, id), forge };
}

describe("gate: off", () => {
  it("moves a secret below each prefix to done without anybody who answers, and the receipt says so", async () => {
    const world = await worldWithoutGate();
    const { lease, order, migrate, rowOf, leftovers, store } = world;
    const sources = [
      await lease.put("team-a/app", { a: "1" }),
      await lease.put("team-b/x/y", { a: "1" }),
      await lease.putV1("old/app", { a: "1" }),
    ];
    for (const source of sources) {
      const id = await order(source);
      await migrate(id);
      const { state, receipt } = await rowOf(id);
      expect([state, parseReceipt(receipt ?? "")?.receipt.gate, await world.valueOf(id)]).toEqual([
        "done",
        "off",
        '{"a":"1"}',
      ]);
    }
    expect(await leftovers()).toEqual(NOTHING_LEFT);
    const kinds = (await store.selectFrom("auditEvent").select("kind").execute()).map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind === "gate.off")).toHaveLength(3);
    expect(kinds).not.toContain("gate.opened");
  });

  it("refuses a path outside the prefixes, and leaves nothing", async () => {
    const { lease, order, migrate, rowOf, leftovers } = await worldWithoutGate();
    for (const path of ["team-c/app", "team-a2/app", "team-a"]) {
      const id = await order(await lease.put(path, { a: "1" }));
      await migrate(id);
      expect(await rowOf(id)).toMatchObject({ state: "failed", causeCode: "PATH_OUTSIDE_PREFIXES" });
    }
    expect(await leftovers()).toEqual(NOTHING_LEFT);
  });

  it.each<[string, (world: Awaited<ReturnType<typeof worldWithoutGate>>, id: string) => Promise<unknown>, string]>([
    [
      "its statement was altered",
      ({ store }) => store.updateTable("statement").set({ bytes: "{}" }).execute(),
      "SIGNATURE_REFUSED",
    ],
    [
      "its request was withdrawn meanwhile",
      ({ store }) => store.updateTable("request").set({ status: "withdrawn" }).execute(),
      "REQUEST_CHANGED",
    ],
  ])("refuses when %s", async (_why, alter, code) => {
    const world = await worldWithoutGate();
    const id = await world.order(await world.lease.put("team-a/app", { a: "1" }));
    await alter(world, id);
    await world.migrate(id);
    expect(await world.rowOf(id)).toMatchObject({ state: "failed", causeCode: code });
    expect(await world.leftovers()).toEqual(NOTHING_LEFT);
  });

  it("keeps the pace, and picks nothing up while it is paused", async () => {
    const { lease, order, migrate, rowOf, store } = await worldWithoutGate(1);
    const [first, second] = [
      await order(await lease.put("team-a/one", { a: "1" })),
      await order(await lease.put("team-a/two", { a: "1" })),
    ];
    await setPaused(store, { isPaused: true, by: "operator:x", reason: "drill", at: new Date() });
    await migrate(first);
    expect(await rowOf(first)).toMatchObject({ state: "queued" });
    await setPaused(store, { isPaused: false, by: "operator:x", reason: "over", at: new Date() });
    await migrate(first);
    await expect(migrate(second)).rejects.toMatchObject({ code: "GATE_PACE" });
    // It waits for the next hour by itself, and nobody need press Retry.
    expect([await rowOf(first), await rowOf(second)]).toMatchObject([
      { state: "done" },
      { state: "queued", causeCode: "GATE_PACE" },
    ]);
  });
});

describe("with the gate off, Vault itself", () => {
  it("reads nothing outside the prefixes, whatever a thief mints", async () => {
    const { lease, prefixes, forge } = await worldWithoutGate();
    for (const path of ["team-c/app", "team-a2/app", "app"]) await lease.put(path, { a: "1" });
    const [a = ""] = prefixes;
    let minted = 0;
    const key = prefixKey(a);
    const forged = [
      mintMetadata(lease.kv2.path, "team-c/app", "RQ-1"),
      mintMetadata(lease.kv2.path, "*", "RQ-1"),
      JSON.stringify({ [key]: "../team-c/app" }),
      JSON.stringify({ [key]: "*" }),
      JSON.stringify({ [key]: "" }),
      JSON.stringify({ [key]: "+/app" }),
      `{"${key}":"x","${key}":"../../data/team-c/app"}`,
      JSON.stringify({ [key]: "x", [prefixKey(`${lease.kv2.path}/`)]: "team-c/app" }),
      JSON.stringify({ [key]: "{{identity.entity.id}}/../../team-c/app" }),
    ];
    for (const metadata of forged) {
      const read = await forge(metadata).catch(() => null); // Vault itself takes some of these for no metadata at all
      if (read === null) continue;
      minted += 1;
      for (const path of ["team-c/app", "team-a2/app", "app", "team-a/../team-c/app", "team-a%2F..%2Fteam-c%2Fapp"]) {
        expect(await read(path), `${metadata} on ${path}`).not.toBe(200);
      }
    }
    expect(minted).toBeGreaterThan(5); // he does mint: it is the policy that holds
  });

  it("lends one path of one prefix, and not its namesake below another", async () => {
    const { lease, prefixes, forge } = await worldWithoutGate();
    for (const path of ["team-a/app", "team-b/app", "team-a/app2"]) await lease.put(path, { a: "1" });
    const read = await forge(prefixMetadata(prefixes[0] ?? "", `${lease.kv2.path}/team-a/app`, "RQ-1"));
    expect([await read("team-a/app"), await read("team-b/app"), await read("team-a/app2")]).toEqual([200, 403, 403]);
  });
});
