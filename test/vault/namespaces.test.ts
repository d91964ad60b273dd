import { describe, expect, inject, it, onTestFinished } from "vitest";
import { FaultList } from "../../dev/faults/fault-list.ts";
import { startHttpFront } from "../../dev/faults/http-front.ts";
import { vaultCatalogSource } from "../../src/vault/catalog-source.ts";
import { vaultGatePolicy } from "../../src/vault/gate-policy.ts";
import { vaultLeaseBroker } from "../../src/vault/lease-broker.ts";
import { approleLogin } from "../../src/vault/login/approle-login.ts";
import { namespacedLogin } from "../../src/vault/login/namespaced-login.ts";
import { standingClient } from "../../src/vault/login/standing-client.ts";
import { applySetup } from "../../src/vault/setup/apply-setup.ts";
import { openVaultClient } from "../../src/vault/vault-client.ts";
import { runCli } from "../world/run-cli.ts";
import { practiceCredentials } from "./practice-credentials.ts";
import { practiceLease, READER_TTL_SECONDS } from "./practice-lease.ts";

interface NamedCall {
  readonly method: string;
  readonly path: string;
  readonly namespace: string;
}

const NAMESPACE = "bank/payments";

/**
 * The real Vault behind a front that knows one namespace and answers 404 to every other, the root too. What it shows is
 * what we send; what Vault Enterprise answers it does not claim.
 */
async function namespacedVault() {
  const front = await startHttpFront<NamedCall>({
    target: inject("stack").vault.address,
    faults: new FaultList<NamedCall>(),
    nameCall: ({ method, path, headers }) => ({ method, path, namespace: String(headers["x-vault-namespace"] ?? "") }),
    rule: async ({ namespace }) =>
      namespace === NAMESPACE
        ? undefined
        : { answer: { status: 404, headers: { "content-type": "application/json" }, body: '{"errors":[]}' } },
  });
  onTestFinished(() => front.stop());
  return { front, vault: { address: front.url, timeoutMs: 5_000, namespace: NAMESPACE } };
}

describe("a Vault that ignores the namespace's header, as the open-source one does", () => {
  it("is not taken for one with namespaces: no login counts there, and its token is given back", async () => {
    const lease = await practiceLease();
    const vault = { ...lease.vault, namespace: NAMESPACE };
    for (const name of ["catalog", "gate", "admin"] as const) {
      const plain = approleLogin(vault, { mount: lease.names.authMount, ...lease.credentials[name] });
      const tokens: string[] = [];
      const watched = {
        ...plain,
        login: async () => {
          const session = await plain.login(); // the server took the header and looked at the root
          tokens.push(session.token.reveal());
          return session;
        },
      };
      await expect(namespacedLogin(vault, watched).login(), name).rejects.toMatchObject({
        code: "VAULT_NAMESPACES_NOT_SHOWN",
      });
      const client = openVaultClient(lease.vault, tokens[0] ?? "");
      await expect(client.read("auth/token/lookup-self"), name).rejects.toMatchObject({ statusCode: 403 });
    }
  });

  it("is not set up for one either", async () => {
    const { address, rootToken } = inject("stack").vault;
    const env = { VAULT_ADDR: address, VAULT_TOKEN: rootToken };
    const { code, all } = await runCli(["vault-setup", "--namespace", NAMESPACE], env);
    expect([code, all]).toEqual([78, expect.stringContaining("VAULT_NAMESPACES_NOT_SHOWN")]);
  });
});

describe("a Vault that tells namespaces apart", () => {
  it("gets the namespace with every call: setup, catalogue, gate and the whole lease", async () => {
    const { front, vault } = await namespacedVault();
    const lease = await practiceLease();
    const operator = openVaultClient(vault, inject("stack").vault.rootToken);
    const { names, kv2, kv1 } = lease;
    const ttls = { readerTtlSeconds: READER_TTL_SECONDS, adminTtlSeconds: 30, boundCidrs: [] };
    await applySetup(operator, { names, mounts: [kv2, kv1], ...ttls, gate: "on", otherLogins: [] });
    const credentials = await practiceCredentials(operator, names);
    const login = (name: "catalog" | "gate" | "admin") =>
      namespacedLogin(vault, approleLogin(vault, { mount: names.authMount, ...credentials[name] }));

    const source = { ...(await lease.put("app", { a: "1" })), namespace: NAMESPACE };
    const catalog = vaultCatalogSource(standingClient(login("catalog")), NAMESPACE);
    const mount = (await catalog.listMounts(NAMESPACE)).mounts.find(({ path }) => path === kv2.path);
    expect(mount).toMatchObject({ namespace: NAMESPACE });
    expect(mount && (await catalog.readMetadata(mount, "app")).currentVersion).toBe(1);

    const gate = vaultGatePolicy(standingClient(login("gate")), names);
    await gate.open({ source, requestId: "RQ-1" });
    const admin = await vaultLeaseBroker({
      ...{ vault, names, admin: login("admin"), readerTtlMs: READER_TTL_SECONDS * 1_000, now: () => new Date() },
    }).loginAdmin();
    const reader = await admin.lend(source, await admin.mint(source, "RQ-1"));
    await reader.proveGrant();
    expect((await reader.read()).data.reveal()).toBe('{"a":"1"}');
    await admin.closeGate();
    await admin.destroySecretIds(kv2.path);
    await admin.revoke(reader.accessor);
    await reader.proveDead();
    await admin.revokeSelf();

    const others = front.calls().filter(({ namespace }) => namespace !== NAMESPACE);
    expect(others.length).toBe(3); // one question of each standing identity, in a namespace that can't exist
    for (const { namespace, path } of others) {
      expect([namespace, path]).toEqual([
        expect.stringMatching(/^bank\/payments\/glovebox-probe-/),
        "/v1/sys/capabilities-self",
      ]);
    }
    expect(front.calls().length).toBeGreaterThan(40);
  });

  it("mints nothing for a path of another namespace, nor for one of the root", async () => {
    const { vault } = await namespacedVault();
    const lease = await practiceLease();
    const { names, credentials } = lease;
    const login = namespacedLogin(vault, approleLogin(vault, { mount: names.authMount, ...credentials.admin }));
    const admin = await vaultLeaseBroker({
      ...{ vault, names, admin: login, readerTtlMs: READER_TTL_SECONDS * 1_000, now: () => new Date() },
    }).loginAdmin();
    const source = await lease.put("app", { a: "1" });
    for (const namespace of ["", "bank", "bank/payments/eu"]) {
      const elsewhere = { ...source, namespace };
      await lease.gate.open({ source: elsewhere, requestId: "RQ-1" });
      await expect(admin.mint(elsewhere, "RQ-1")).rejects.toMatchObject({ code: "NAMESPACE_NOT_SERVED" });
    }
    await admin.revokeSelf();
  });
});
