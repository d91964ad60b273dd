import { describe, expect, it } from "vitest";
import { writeNames } from "../../../src/catalog/entry-rows.ts";
import { forgetOldUsage } from "../../../src/catalog/usage/forget-old-usage.ts";
import { hotPaths } from "../../../src/catalog/usage/hot-paths.ts";
import { isNamedClient } from "../../../src/catalog/usage/is-named-client.ts";
import { unusedEntries } from "../../../src/catalog/usage/unused-entries.ts";
import { usageOfEntry } from "../../../src/catalog/usage/usage-of-entry.ts";
import { kvMount } from "../../fakes/catalog-source.ts";
import { freshStore } from "../../fresh-store.ts";
import { JANE, PAYMENTS_API, record, use } from "./recorded-usage.ts";

const NOW = new Date("2026-11-28T12:00:00Z");
const LOG = ["2026-11-08T12:00:00Z", "2026-11-28T12:00:00Z"] as const; // 20 days

async function catalogue(...paths: string[]) {
  const { store } = await freshStore();
  await writeNames(store, kvMount("secret"), paths, new Date("2026-11-01T00:00:00Z"));
  const rows = await store.selectFrom("entry").select(["id", "path"]).execute();
  const idOf = (path: string): number => rows.find((row) => row.path === path)?.id ?? 0;
  return { store, idOf, usage: (path: string) => usageOfEntry(store, idOf(path), NOW) };
}

describe("usageOfEntry", () => {
  it("says that nothing can be said where no log was read", async () => {
    const { usage } = await catalogue("app");
    expect(await usage("app")).toMatchObject({ coverage: null, lastReadAt: null, readCount: 0, clients: [] });
  });

  it("tells readers and writers with their last times, and a rate over what is covered", async () => {
    const { store, usage } = await catalogue("app", "other");
    const far = { ...PAYMENTS_API, address: "10.0.0.2" };
    const uses = [
      use("app", "2026-11-20T10:00:00Z"),
      use("app", "2026-11-27T10:00:00Z"),
      use("app", "2026-11-27T11:00:00Z", { client: far }),
      use("app", "2026-11-28T11:58:00Z", { client: JANE }),
      use("app", "2026-11-26T09:00:00Z", { client: JANE, kind: "write" }),
    ];
    await record(store, uses, LOG);
    const seen = await usage("app");
    expect(seen).toMatchObject({
      coverage: { from: new Date(LOG[0]), to: new Date(LOG[1]) },
      lastReadAt: new Date("2026-11-28T11:58:00Z"),
      lastWriteAt: new Date("2026-11-26T09:00:00Z"),
      readCount: 4,
      readsPerDay: 0.2,
      clientCount: 2,
      addressCount: 3,
      readers: ["payments-api", "userpass-jane"],
    });
    expect(seen.clients.map(({ role, displayName, address, reads }) => [role, displayName, address, reads])).toEqual([
      [null, "userpass-jane", "10.9.9.9", 1],
      ["payments-api", "apps", "10.0.0.2", 1],
      ["payments-api", "apps", "10.0.0.1", 2],
    ]);
    expect(seen.writers).toMatchObject([{ displayName: "userpass-jane", lastAt: new Date("2026-11-26T09:00:00Z") }]);
    expect(await usage("other")).toMatchObject({ coverage: { to: NOW }, lastReadAt: null, clientCount: 0 });
  });

  it("adds up what several logs tell", async () => {
    const { store, usage } = await catalogue("app");
    await record(store, [use("app", "2026-11-20T10:00:00Z")], LOG);
    await record(store, [use("app", "2026-11-19T10:00:00Z")], LOG);
    expect(await usage("app")).toMatchObject({
      readCount: 2,
      lastReadAt: new Date("2026-11-20T10:00:00Z"),
      clients: [{ reads: 2, lastAt: new Date("2026-11-20T10:00:00Z") }],
    });
  });

  it("counts at most the last 30 days of the coverage, whenever that was", async () => {
    const { store, usage } = await catalogue("app");
    const uses = ["2026-05-01", "2026-06-15", "2026-06-20"].map((day) => use("app", `${day}T10:00:00Z`));
    await record(store, uses, ["2026-05-01T00:00:00Z", "2026-06-20T23:00:00Z"]);
    expect(await usage("app")).toMatchObject({ readCount: 2, readsPerDay: 2 / 30 });
  });

  it("claims no more than the newest stretch where a log is missing between others", async () => {
    const { store, usage } = await catalogue("app");
    await record(store, [], ["2026-09-01T00:00:00Z", "2026-10-01T00:00:00Z"]);
    await record(store, [], ["2026-11-20T00:00:00Z", "2026-11-24T00:00:00Z"]);
    await record(store, [], ["2026-11-24T05:00:00Z", "2026-11-26T00:00:00Z"]);
    const coverage = { from: new Date("2026-11-20T00:00:00Z"), to: new Date("2026-11-26T00:00:00Z") };
    expect(await usage("app")).toMatchObject({ coverage });
  });
});

describe("unusedEntries", () => {
  const options = { now: NOW, limit: 10 };

  it("lists what nobody read since then, never-read ones first", async () => {
    const { store } = await catalogue("never", "old", "fresh");
    await record(store, [use("old", "2026-11-10T10:00:00Z"), use("fresh", "2026-11-27T10:00:00Z")], LOG);
    const unused = await unusedEntries(store, new Date("2026-11-20T00:00:00Z"), options);
    expect(unused).toMatchObject({ since: new Date("2026-11-20T00:00:00Z"), total: 2 });
    expect(unused.entries.map(({ fullPath }) => fullPath)).toEqual(["secret/never", "secret/old"]);
  });

  it("never claims it for a time before the log begins", async () => {
    const { store } = await catalogue("never");
    await record(store, [], LOG);
    const unused = await unusedEntries(store, new Date("2026-01-01T00:00:00Z"), options);
    expect(unused).toMatchObject({ since: new Date(LOG[0]), total: 1 });
  });

  it("claims nothing where no log was read", async () => {
    const { store } = await catalogue("never");
    expect(await unusedEntries(store, new Date(LOG[0]), options)).toMatchObject({ since: null, total: 0, entries: [] });
  });

  it("leaves out what is younger than that moment, and what is gone", async () => {
    const { store } = await catalogue("young", "gone");
    await record(store, [], LOG);
    await store.updateTable("entry").set({ vaultCreatedAt: NOW }).where("path", "=", "young").execute();
    await store.updateTable("entry").set({ goneAt: NOW }).where("path", "=", "gone").execute();
    expect(await unusedEntries(store, new Date(LOG[0]), options)).toMatchObject({ total: 0 });
  });
});

describe("hotPaths", () => {
  it("lists the paths that are read most, also those without an entry", async () => {
    const { store, idOf } = await catalogue("app");
    const often = Array.from({ length: 3 }, (_, n) => use("elsewhere", `2026-11-2${n}T10:00:00Z`));
    await record(store, [use("app", "2026-11-27T10:00:00Z"), ...often], LOG);
    expect(await hotPaths(store, 10, NOW)).toMatchObject([
      { fullPath: "secret/elsewhere", entryId: null, readCount: 3, clientCount: 1 },
      { fullPath: "secret/app", entryId: idOf("app"), readCount: 1 },
    ]);
    expect(await hotPaths(store, 1, NOW)).toHaveLength(1);
  });
});

describe("isNamedClient", () => {
  it("fits roles and display names, whole or by their beginning, and nothing that only looks like a pattern", async () => {
    const { store } = await catalogue("app");
    const batch = { ...PAYMENTS_API, role: "payments-batch" };
    const at = "2026-11-27T10:00:00Z";
    await record(store, [use("app", at), use("app", at, { client: batch }), use("app", at, { client: JANE })], LOG);
    const named = async (...names: string[]): Promise<string[]> => {
      const clients = store.selectFrom("usageClient").select(["role", "displayName"]).where(isNamedClient(names));
      return (await clients.execute()).map(({ role, displayName }) => role || displayName).sort();
    };
    expect(await named("payments-*")).toEqual(["payments-api", "payments-batch"]);
    expect(await named("payments-api", "userpass-jane")).toEqual(["payments-api", "userpass-jane"]);
    expect(await named("payments-a%", "pay")).toEqual([]);
    expect(await named()).toEqual([]);
  });
});

describe("forgetOldUsage", () => {
  it("forgets who used what long ago, and keeps when a path was last read", async () => {
    const { store, usage } = await catalogue("app");
    const uses = [
      use("app", "2026-11-10T10:00:00Z", { client: JANE }),
      use("app", "2026-11-09T10:00:00Z", { client: JANE, kind: "write" }),
      use("app", "2026-11-27T10:00:00Z"),
    ];
    await record(store, uses, LOG);
    expect(await forgetOldUsage(store, 10, NOW)).toEqual({ clientCount: 1 });
    const seen = await usage("app");
    expect(seen).toMatchObject({ readCount: 1, clientCount: 1, lastWriteAt: new Date("2026-11-09T10:00:00Z") });
    expect(seen.writers).toEqual([]);
    expect(JSON.stringify(await store.selectFrom("usageClient").selectAll().execute())).not.toContain("jane");
    expect(await forgetOldUsage(store, 10, NOW)).toEqual({ clientCount: 0 });
  });
});
