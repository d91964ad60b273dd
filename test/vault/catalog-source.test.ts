import { randomBytes } from "node:crypto";
import { describe, expect, inject, it, onTestFinished } from "vitest";
import { CatalogRightMissingError, type MountInfo, NotInVaultError } from "../../src/catalog/catalog-source.ts";
import { crawlVault } from "../../src/catalog/crawl-vault.ts";
import { encodePath } from "../../src/catalog/secret-path.ts";
import { vaultCatalogSource } from "../../src/vault/catalog-source.ts";
import { openVaultClient, type VaultClient } from "../../src/vault/vault-client.ts";
import { VaultUnavailableError } from "../../src/vault/vault-errors.ts";
import { freshStore } from "../fresh-store.ts";

const vaultConnection = () => ({ address: inject("stack").vault.address, timeoutMs: 10_000 });

/** KV mounts of this test's own on the real Vault, and a catalog token with the rights of facts/vault. */
async function practiceMounts() {
  const root = openVaultClient(vaultConnection(), inject("stack").vault.rootToken);
  const id = randomBytes(4).toString("hex");
  const [v2, v1] = [`cat-${id}-v2`, `cat-${id}-v1`];
  await root.write(`sys/mounts/${v2}`, { type: "kv", options: { version: "2" } });
  await root.write(`sys/mounts/${v1}`, { type: "kv", options: { version: "1" } });
  const policy = (path: Record<string, { capabilities: string[] }>) =>
    root.write(`sys/policies/acl/cat-${id}`, { policy: JSON.stringify({ path }) });
  await policy({
    [`${v2}/metadata/*`]: { capabilities: ["list", "read"] },
    [`${v2}/subkeys/*`]: { capabilities: ["read"] },
    [`${v1}/*`]: { capabilities: ["list"] },
  });
  const created = (await root.write("auth/token/create", { policies: [`cat-${id}`], ttl: "10m" })) as {
    auth: { client_token: string; accessor: string };
  };
  onTestFinished(async () => {
    await root.write("auth/token/revoke-accessor", { accessor: created.auth.accessor });
    for (const mount of [v1, v2]) await root.delete(`sys/mounts/${mount}`);
    await root.delete(`sys/policies/acl/cat-${id}`);
  });
  const catalog = openVaultClient(vaultConnection(), created.auth.client_token);
  const source = vaultCatalogSource(catalog);
  const mountNamed = async (path: string): Promise<MountInfo> => {
    const mount = (await source.listMounts("")).mounts.find((one) => one.path === path);
    if (mount === undefined) throw new Error(`no mount ${path}`);
    return mount;
  };
  const put = (path: string, data: Record<string, unknown>) => root.write(`${v2}/data/${encodePath(path)}`, { data });
  return { root, catalog, source, v1, v2, policy, mountNamed, put };
}

/** KV v2 answers 400 for a moment while a new mount upgrades itself. */
async function written(call: () => Promise<unknown>): Promise<void> {
  await expect
    .poll(
      () =>
        call()
          .then(() => "written")
          .catch(String),
      { timeout: 5_000 },
    )
    .toBe("written");
}

describe("vaultCatalogSource on a real Vault", () => {
  it("sees exactly the mounts on which it has a right, with engine and accessor", async () => {
    const { source, root, v1, v2 } = await practiceMounts();
    const { mounts, missingRight } = await source.listMounts("");
    expect(missingRight).toBe("`read` on `sys/mounts`");
    expect(mounts.map(({ path, engine }) => [path, engine]).sort()).toEqual([
      [v1, "kv-v1"],
      [v2, "kv-v2"],
    ]);
    const { data } = (await root.read("sys/mounts")) as { data: Record<string, { accessor: string }> };
    expect(mounts.find(({ path }) => path === v2)?.accessor).toBe(data[`${v2}/`]?.accessor);
  });

  it("reads versions, times, custom metadata and key names of a KV v2 secret, and no value", async () => {
    const { root, source, v2, mountNamed, put, catalog } = await practiceMounts();
    await written(() => put("pay/db", { password: "first" }));
    await put("pay/db", { password: "second", nested: { a: 1 }, user: "u" });
    await root.write(`${v2}/metadata/pay/db`, { custom_metadata: { owner: "team-pay" } });
    const mount = await mountNamed(v2);
    const metadata = await source.readMetadata(mount, "pay/db");
    expect(metadata).toMatchObject({ currentVersion: 2, customMetadata: { owner: "team-pay" } });
    expect(
      metadata.versions.map(({ version, deletionTime, isDestroyed }) => [version, deletionTime, isDestroyed]),
    ).toEqual([
      [1, null, false],
      [2, null, false],
    ]);
    expect(metadata.createdAt?.getTime()).toBeLessThanOrEqual(metadata.updatedAt?.getTime() ?? 0);
    expect([...((await source.readKeyNames(mount, "pay/db")) ?? [])].sort()).toEqual(["nested", "password", "user"]);
    await expect(catalog.read(`${v2}/data/pay/db`)).rejects.toMatchObject({ statusCode: 403 });
  });

  it("tells deleted, destroyed and absent apart", async () => {
    const { root, source, v2, mountNamed, put } = await practiceMounts();
    await written(() => put("deleted", { a: 1 }));
    await put("destroyed", { a: 1 });
    await root.delete(`${v2}/data/deleted`);
    await root.write(`${v2}/destroy/destroyed`, { versions: [1] });
    const mount = await mountNamed(v2);
    const [deleted] = (await source.readMetadata(mount, "deleted")).versions;
    expect(deleted?.deletionTime).toEqual(expect.any(String));
    expect((await source.readMetadata(mount, "destroyed")).versions[0]?.isDestroyed).toBe(true);
    expect(await source.readKeyNames(mount, "deleted")).toBeNull();
    expect(await source.readKeyNames(mount, "destroyed")).toBeNull();
    await expect(source.readMetadata(mount, "absent")).rejects.toThrow(NotInVaultError);
    expect(await source.listFolder(mount, "absent/")).toEqual([]);
  });

  it("knows nothing but the names of KV v1, and can't read a value there either", async () => {
    const { root, source, v1, mountNamed, catalog } = await practiceMounts();
    await written(() => root.write(`${v1}/old/app`, { password: "value" }));
    const mount = await mountNamed(v1);
    expect(await source.listFolder(mount, "")).toEqual(["old/"]);
    expect(await source.listFolder(mount, "old/")).toEqual(["app"]);
    expect(await source.readMetadata(mount, "old/app")).toMatchObject({ currentVersion: null, versions: [] });
    expect(await source.readKeyNames(mount, "old/app")).toBeNull();
    await expect(catalog.read(`${v1}/old/app`)).rejects.toMatchObject({ statusCode: 403 });
  });

  it("names the right that it lacks", async () => {
    const { source, v2, policy, mountNamed, put } = await practiceMounts();
    await written(() => put("pay/db", { a: 1 }));
    const mount = await mountNamed(v2);
    await policy({ [`${v2}/metadata/`]: { capabilities: ["list"] } });
    await expect(source.listFolder(mount, "pay/")).rejects.toMatchObject({
      missingRight: `\`list\` on \`${v2}/metadata/pay/\``,
    });
    await expect(source.readMetadata(mount, "pay/db")).rejects.toThrow(CatalogRightMissingError);
    await expect(source.readKeyNames(mount, "pay/db")).rejects.toMatchObject({
      missingRight: `\`read\` on \`${v2}/subkeys/pay/db\``,
    });
  });

  it("crawls names with blanks, accents in two spellings, and signs that mean something in a URL", async () => {
    const names = [
      "app ",
      " app",
      "caf\u00e9",
      "cafe\u0301",
      "a b/c d",
      "50%",
      "x?y",
      "x#y",
      "a&b=c",
      "q\"'`",
      "back\\slash",
      "*",
      "{{x}}",
    ];
    const { store } = await freshStore();
    const { root, source, v1, v2, put } = await practiceMounts();
    await written(() => put("first", { a: 1 }));
    for (const name of names) await put(name, { [`key of ${name}`]: 1 });
    await written(() => root.write(`${v1}/old/app`, { a: 1 }));
    const summary = await crawlVault({ store, source, now: () => new Date(), report: () => {} });
    expect(summary.unreadable.map(({ missingRight }) => missingRight)).toEqual(["`read` on `sys/mounts`"]);
    const rows = await store.selectFrom("entry").select(["path", "keyNames"]).where("mount", "=", v2).execute();
    const found = rows.map(({ path, keyNames }) => [path, keyNames]);
    expect(found).toHaveLength(names.length + 1);
    expect(found).toEqual(expect.arrayContaining(names.map((name) => [name, [`key of ${name}`]])));
  });
});

describe("vaultCatalogSource on a Vault that fails", () => {
  it("asks again while Vault is busy", async () => {
    let asked = 0;
    const busyOnce: Pick<VaultClient, "list" | "read" | "within"> = {
      read: async () => ({}),
      within: () => openVaultClient(vaultConnection(), ""),
      list: async () => {
        asked += 1;
        if (asked === 1) throw new VaultUnavailableError("LIST", "status 429");
        return ["app"];
      },
    };
    const mount = { namespace: "", path: "secret", accessor: "kv_1", engine: "kv-v2" };
    expect(await vaultCatalogSource(busyOnce).listFolder(mount, "")).toEqual(["app"]);
  });
});
