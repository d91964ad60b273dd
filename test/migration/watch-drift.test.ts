import { describe, expect, it } from "vitest";
import { refreshEntry } from "../../src/catalog/refresh-entry.ts";
import { SEES_ALL } from "../../src/catalog/visibility.ts";
import { watchDrift } from "../../src/migration/watch-drift.ts";
import { vaultCatalogSource } from "../../src/vault/catalog-source.ts";
import { approleLogin } from "../../src/vault/login/approle-login.ts";
import { standingClient } from "../../src/vault/login/standing-client.ts";
import { engineWorld } from "./engine-world.ts";

/** Moved secrets on a real Vault, and the catalog identity that looks after them. */
async function driftWorld() {
  const world = await engineWorld();
  const { store, lease } = world;
  const login = approleLogin(lease.vault, { mount: lease.names.authMount, ...lease.credentials.catalog });
  const source = vaultCatalogSource(standingClient(login));
  const looked: number[] = [];
  const now = (): Date => new Date();
  const refresh = (entryId: number) => {
    looked.push(entryId);
    return refreshEntry({ store, source, now }, entryId, SEES_ALL);
  };
  return {
    ...world,
    looked,
    watch: (perLook = 100) =>
      watchDrift({ store, refreshEntry: refresh, perLook, now, log: { info: () => {}, warn: () => {} } }),
    moved: async (path: string): Promise<string> => {
      const id = await world.order(await lease.put(path, { a: "1" }));
      await world.migrate(id);
      return (await world.rowOf(id)).requestId;
    },
    offersOf: async (requestId: string) =>
      (
        await store
          .selectFrom("outbox")
          .select("detail")
          .where("subject", "=", `request:${requestId}`)
          .where("kind", "=", "notice")
          .orderBy("id")
          .execute()
      )
        .map(({ detail }) => detail)
        .filter(({ event }) => event === "drifted"),
  };
}

describe("watchDrift on a real Vault", () => {
  it("says nothing while Vault has what was moved", async () => {
    const { moved, watch, offersOf } = await driftWorld();
    const requestId = await moved("app");
    expect(await watch()).toEqual({ looked: 1, offered: 0 });
    expect(await offersOf(requestId)).toEqual([]);
  });

  it("offers each newer version once, naming both, and moves nothing by itself", async () => {
    const { moved, watch, offersOf, lease, store } = await driftWorld();
    const requestId = await moved("app");
    await lease.put("app", { a: "2" });
    expect(await watch()).toEqual({ looked: 1, offered: 1 });
    expect(await watch()).toEqual({ looked: 1, offered: 0 });
    await lease.put("app", { a: "3" });
    await Promise.all([watch(), watch()]); // two at once offer it once
    expect(await offersOf(requestId)).toEqual([
      { event: "drifted", from: 1, to: 2 },
      { event: "drifted", from: 1, to: 3 },
    ]);
    const events = await store.selectFrom("auditEvent").select("content").where("kind", "=", "drift.found").execute();
    expect(events.map(({ content }) => JSON.parse(content))).toEqual([
      { from: 1, to: 2 },
      { from: 1, to: 3 },
    ]);
    expect(await store.selectFrom("migration").select("id").execute()).toHaveLength(1);
  });

  it("ends where the secret is moved again: by a new approval, which it then watches", async () => {
    const { moved, watch, offersOf, lease, order, migrate, rowOf, store } = await driftWorld();
    const first = await moved("app");
    const source = await lease.put("app", { a: "2" });
    await watch();
    const again = await order(source);
    expect(await watch()).toEqual({ looked: 0, offered: 0 }); // a request is under way
    await migrate(again);
    expect(await rowOf(again)).toMatchObject({ state: "done", vaultVersion: 2 });
    expect(await watch()).toEqual({ looked: 1, offered: 0 });
    expect(await offersOf(first)).toHaveLength(1);
    expect(await store.selectFrom("statement").select("id").execute()).toHaveLength(2);
  });

  it("looks at no more than so many, at those first that it saw longest ago", async () => {
    const { moved, watch, looked } = await driftWorld();
    for (const path of ["one", "two", "three"]) await moved(path);
    for (let count = 0; count < 3; count += 1) expect((await watch(2)).looked).toBe(2);
    expect(looked).toHaveLength(6);
    for (const entryId of new Set(looked)) expect(looked.filter((one) => one === entryId)).toHaveLength(2);
  });

  it("offers nothing of what is deleted or gone, and goes on where Vault does not tell", async () => {
    const { moved, watch, offersOf, lease } = await driftWorld();
    const [deleted, gone] = [await moved("deleted"), await moved("gone")];
    await lease.put("deleted", { a: "2" });
    await lease.operator.delete(`${lease.kv2.path}/data/deleted`);
    await lease.operator.delete(`${lease.kv2.path}/metadata/gone`);
    expect(await watch()).toEqual({ looked: 2, offered: 0 });
    await lease.operator.delete(`sys/policies/acl/${lease.names.policyPrefix}-catalog`);
    expect(await watch()).toEqual({ looked: 2, offered: 0 });
    expect([...(await offersOf(deleted)), ...(await offersOf(gone))]).toEqual([]);
  });

  it("can't watch KV v1, which has no versions", async () => {
    const { lease, order, migrate, watch } = await driftWorld();
    const id = await order(await lease.putV1("old", { a: "1" }));
    await migrate(id);
    await lease.putV1("old", { a: "2" });
    expect(await watch()).toEqual({ looked: 0, offered: 0 });
  });
});
