import { randomUUID } from "node:crypto";
import { describe, expect, inject, it, onTestFinished } from "vitest";
import type { RequestSource } from "../../src/approvals/content.ts";
import { encodePath } from "../../src/catalog/secret-path.ts";
import { vaultGatePolicy } from "../../src/vault/gate-policy.ts";
import { vaultLeaseBroker } from "../../src/vault/lease-broker.ts";
import { approleLogin, loginOnce } from "../../src/vault/login/approle-login.ts";
import { standingClient } from "../../src/vault/login/standing-client.ts";
import { applySetup } from "../../src/vault/setup/apply-setup.ts";
import type { ServedMount } from "../../src/vault/setup/policies.ts";
import { openVaultClient } from "../../src/vault/vault-client.ts";
import { dataPath, readerRoleId } from "../../src/vault/vault-names.ts";
import { practiceCredentials } from "./practice-credentials.ts";

/** Two KV v2 mounts, one of them with slashes, and a KV v1 mount with them: the same path in each. */
async function threeMounts() {
  const { address, rootToken } = inject("stack").vault;
  const vault = { address, timeoutMs: 5_000 };
  const operator = openVaultClient(vault, rootToken);
  const id = randomUUID().slice(0, 8);
  const mounts: ServedMount[] = [
    { path: `m${id}`, engine: "kv-v2" },
    { path: `n${id}/team/a`, engine: "kv-v2" },
    { path: `n${id}/old/v1`, engine: "kv-v1" },
  ];
  const names = { authMount: `gb${id}`, policyPrefix: `gb${id}` };
  for (const { path, engine } of mounts) {
    await operator.write(`sys/mounts/${path}`, { type: "kv", options: { version: engine === "kv-v2" ? "2" : "1" } });
  }
  onTestFinished(async () => {
    for (const { path } of mounts) await operator.delete(`sys/mounts/${path}`);
    await operator.delete(`sys/auth/${names.authMount}`);
  });
  const ttls = { readerTtlSeconds: 20, adminTtlSeconds: 60, boundCidrs: [] };
  await applySetup(operator, { names, mounts, ...ttls, gate: "on", otherLogins: [] });
  const credentials = await practiceCredentials(operator, names);
  const sources: RequestSource[] = [];
  for (const { path: mount, engine } of mounts) {
    const source = { namespace: "", mount, mountAccessor: "", engine, path: "app/db" };
    const data = { from: mount };
    await operator.write(encodePath(dataPath(source)), engine === "kv-v2" ? { data } : data);
    const answer = (await operator.read(`sys/internal/ui/mounts/${mount}`)) as { data: { accessor: string } };
    sources.push({ ...source, mountAccessor: answer.data.accessor });
  }
  const role = (name: "admin" | "gate") => approleLogin(vault, { mount: names.authMount, ...credentials[name] });
  const broker = vaultLeaseBroker({
    ...{ vault, names, admin: role("admin"), readerTtlMs: 20_000, now: () => new Date() },
  });
  return { vault, names, sources, broker, gate: vaultGatePolicy(standingClient(role("gate")), names) };
}

describe("several mounts, each with its reader", () => {
  it("a lease on one reads its secret and not the same path of another, of either engine", async () => {
    const { vault, names, sources, broker, gate } = await threeMounts();
    const admin = await broker.loginAdmin();
    for (const source of sources) {
      await gate.open({ source, requestId: "RQ-1" });
      const { secretId } = await admin.mint(source, "RQ-1");
      const roleId = readerRoleId(names, source.mount);
      const { client, accessor } = await loginOnce(vault, { mount: names.authMount, roleId, secretId });
      for (const other of sources) {
        const reading = client.read(encodePath(dataPath(other)));
        if (other === source) expect(JSON.stringify(await reading), other.mount).toContain(`"from":"${other.mount}"`);
        else await expect(reading, `${source.mount} reads ${other.mount}`).rejects.toMatchObject({ statusCode: 403 });
      }
      await admin.revoke(accessor);
    }
    await admin.revokeSelf();
  });

  it("a secret ID of one mount's reader logs in at no other's, and the gate opens one mount only", async () => {
    const { vault, names, sources, broker, gate } = await threeMounts();
    const admin = await broker.loginAdmin();
    const [source, ...others] = sources;
    if (!source) throw new Error("there are three");
    await gate.open({ source, requestId: "RQ-1" });
    const { secretId } = await admin.mint(source, "RQ-1");
    for (const other of others) {
      const roleId = readerRoleId(names, other.mount);
      const login = loginOnce(vault, { mount: names.authMount, roleId, secretId });
      await expect(login, other.mount).rejects.toMatchObject({ statusCode: 400 });
      await expect(admin.mint(other, "RQ-1"), other.mount).rejects.toMatchObject({ code: "GATE_CLOSED" });
    }
    await admin.closeGate();
    await admin.destroySecretIds(source.mount);
    await admin.revokeSelf();
  });
});
