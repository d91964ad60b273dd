import { randomBytes } from "node:crypto";
import { describe, expect, inject, it, onTestFinished } from "vitest";
import { FaultList } from "../../dev/faults/fault-list.ts";
import { startHttpFront } from "../../dev/faults/http-front.ts";
import { crawlVault } from "../../src/catalog/crawl-vault.ts";
import { vaultCatalogSource } from "../../src/vault/catalog-source.ts";
import { listCatalogued } from "../../src/vault/setup/list-catalogued.ts";
import { catalogPolicy } from "../../src/vault/setup/policies.ts";
import { openVaultClient } from "../../src/vault/vault-client.ts";
import { freshStore } from "../fresh-store.ts";

interface NamedCall {
  readonly method: string;
  readonly path: string;
  readonly namespace: string;
}

const json = (status: number, body: unknown) => ({
  answer: { status, headers: { "content-type": "application/json" }, body: JSON.stringify(body) },
});

/**
 * The open-source Vault behind a front that has namespaces below `own`, each with the same mount of this test's own, and
 * knows no others. It shows what we send; what Vault Enterprise answers it does not claim.
 */
async function namespacedVault(children: Readonly<Record<string, readonly string[]>>, { isDenied = "none" } = {}) {
  const { address, rootToken } = inject("stack").vault;
  const mount = `ns-${randomBytes(4).toString("hex")}`;
  const operator = openVaultClient({ address, timeoutMs: 5_000 }, rootToken);
  await operator.write(`sys/mounts/${mount}`, { type: "kv", options: { version: "2" } });
  onTestFinished(() => operator.delete(`sys/mounts/${mount}`));
  const put = () => operator.write(`${mount}/data/pay/db`, { data: { password: "x" } }).then(Boolean, String);
  await expect.poll(put, { timeout: 5_000 }).toBe(true);
  const front = await startHttpFront<NamedCall>({
    target: address,
    faults: new FaultList<NamedCall>(),
    nameCall: ({ method, path, headers }) => ({ method, path, namespace: String(headers["x-vault-namespace"] ?? "") }),
    async rule({ method, path, namespace }, asked, askTarget) {
      const below = children[namespace];
      if (below === undefined) return json(404, { errors: ["no handler for route"] });
      if (method === "LIST" && /^\/v1\/sys\/namespaces\/?$/.test(path)) {
        if (namespace === isDenied) return json(403, { errors: ["permission denied"] });
        return below.length === 0 ? json(404, { errors: [] }) : json(200, { data: { keys: below } });
      }
      if (path !== "/v1/sys/mounts") return undefined;
      const { body } = await askTarget(asked);
      const { data } = JSON.parse(body) as { data: Record<string, unknown> };
      return json(200, { data: { [`${mount}/`]: data[`${mount}/`] } });
    },
  });
  onTestFinished(() => front.stop());
  const open = (namespace: string) => openVaultClient({ address: front.url, timeoutMs: 5_000, namespace }, rootToken);
  return { front, mount, open };
}

describe("a crawl where Vault has namespaces", () => {
  it("goes through all of them, names each in every call, and keeps their paths apart", async () => {
    const { front, mount, open } = await namespacedVault({
      "": ["emea/", "apac/"],
      emea: ["retail/"],
      "emea/retail": [],
      apac: [],
    });
    const { store } = await freshStore();
    const summary = await crawlVault({
      ...{ store, source: vaultCatalogSource(open("")), now: () => new Date(), report: () => {} },
    });
    expect(summary).toMatchObject({ mountCount: 4, entryCount: 4, unreadable: [] });
    const rows = await store.selectFrom("entry").select(["fullPath", "keyNames"]).orderBy("fullPath").execute();
    const names = ["apac", "emea", "emea/retail", ""].map((namespace) =>
      `${namespace}/${mount}/pay/db`.replace(/^\//, ""),
    );
    expect(rows.map(({ fullPath }) => fullPath)).toEqual(names.toSorted());
    expect(rows.every(({ keyNames }) => keyNames?.[0] === "password")).toBe(true);
    const sent = front.calls().filter(({ path }) => path === `/v1/${mount}/subkeys/pay/db`);
    expect(sent.map(({ namespace }) => namespace).sort()).toEqual(["", "apac", "emea", "emea/retail"]);
    const elsewhere = front.calls().filter(({ namespace }) => namespace.includes("glovebox-probe"));
    expect(elsewhere.map(({ path }) => path)).toEqual(["/v1/sys/capabilities-self"]);
  });

  it("begins at the namespace of the installation and looks at nothing beside it", async () => {
    const { front, open } = await namespacedVault({
      "": ["emea/", "apac/"],
      emea: ["retail/"],
      "emea/retail": [],
      apac: [],
    });
    const { namespaces, isShown } = await vaultCatalogSource(open("emea"), "emea").listNamespaces();
    expect([namespaces, isShown]).toEqual([["emea", "emea/retail"], true]);
    expect(front.calls().filter(({ namespace }) => ["", "apac"].includes(namespace))).toEqual([]);
  });

  it("says which right is missing where the namespaces below may not be listed, and crawls the rest", async () => {
    const { open } = await namespacedVault({ "": ["emea/"], emea: [] }, { isDenied: "emea" });
    const { store } = await freshStore();
    const summary = await crawlVault({
      ...{ store, source: vaultCatalogSource(open("")), now: () => new Date(), report: () => {} },
    });
    expect(summary).toMatchObject({ mountCount: 2, entryCount: 2 });
    expect(summary.unreadable).toMatchObject([{ path: "emea", missingRight: "`list` on `sys/namespaces/`" }]);
  });

  it("gives the catalogue its rights in each of them, by paths relative to its own", async () => {
    const { mount, open } = await namespacedVault({ emea: ["retail/"], "emea/retail": [] });
    const catalogued = await listCatalogued(open("emea"), "emea");
    expect(catalogued).toEqual({ mounts: [{ path: `retail/${mount}`, engine: "kv-v2" }], namespaces: ["retail"] });
    const { path } = catalogPolicy([{ path: mount, engine: "kv-v2" }], catalogued);
    expect(path).toMatchObject({
      [`${mount}/metadata/*`]: { capabilities: ["list", "read"] },
      [`retail/${mount}/metadata/*`]: { capabilities: ["list", "read"] },
      "sys/namespaces/": { capabilities: ["list"] },
      "retail/sys/mounts": { capabilities: ["read"] },
    });
  });
});

describe("a crawl where Vault has none", () => {
  it("asks for no namespaces, for the open-source one answers for every name from the root", async () => {
    const { address, rootToken } = inject("stack").vault;
    const client = openVaultClient({ address, timeoutMs: 5_000 }, rootToken);
    const asked: string[] = [];
    const list = (path: string): Promise<readonly string[]> => {
      asked.push(path);
      return client.list(path);
    };
    const watched = { ...client, list };
    expect(await vaultCatalogSource(watched).listNamespaces()).toMatchObject({ namespaces: [""], isShown: false });
    expect(asked).toEqual([]);
  });
});
