import { describe, expect, it } from "vitest";
import { Secret } from "../../src/secret.ts";
import { checkIdentity } from "../../src/vault/check-rights.ts";
import { vaultLeaseBroker } from "../../src/vault/lease-broker.ts";
import { approleLogin } from "../../src/vault/login/approle-login.ts";
import { IrrevocableTokenError } from "../../src/vault/login/login-errors.ts";
import { tokenFileLogin } from "../../src/vault/login/token-file-login.ts";
import type { OwnTokenLogin } from "../../src/vault/login/vault-login.ts";
import { openPolicyName, policyName } from "../../src/vault/vault-names.ts";
import { type PracticeLease, practiceLease } from "./practice-lease.ts";
import { freshAuthMount, freshFile, lookupSelf } from "./practice-login.ts";

const REQUEST = "RQ-1";

/** The admin identity on an auth mount that is not ours, with the policies that an operator binds there. */
async function adminElsewhere(lease: PracticeLease, tokenType: "service" | "batch"): Promise<OwnTokenLogin> {
  const { operator, mount } = await freshAuthMount("approle");
  const role = `auth/${mount}/role/worker`;
  await operator.write(role, {
    token_policies: [policyName(lease.names, "admin"), openPolicyName(lease.names)],
    token_no_default_policy: true,
    token_type: tokenType,
    token_ttl: "120s",
  });
  const { role_id } = ((await operator.read(`${role}/role-id`)) as { data: { role_id: string } }).data;
  const { secret_id } = ((await operator.write(`${role}/secret-id`, {})) as { data: { secret_id: string } }).data;
  return approleLogin(lease.vault, { mount, roleId: role_id, secretId: new Secret(secret_id) });
}

function brokerFor({ vault, names }: PracticeLease, admin: OwnTokenLogin) {
  return vaultLeaseBroker({ vault, names, admin, readerTtlMs: 5_000, now: () => new Date() });
}

describe("the admin identity with a login of another auth mount", () => {
  it("lends one path, by the two policies that vault-setup names, and ends itself", async () => {
    const lease = await practiceLease();
    const source = await lease.put("team/app", { password: "s3cret" });
    const admin = await brokerFor(lease, await adminElsewhere(lease, "service")).loginAdmin();
    expect(admin.accessor).not.toBe("");
    await lease.gate.open({ source, requestId: REQUEST });
    const reader = await admin.lend(source, await admin.mint(source, REQUEST));
    await reader.proveGrant();
    expect(JSON.parse((await reader.read()).data.reveal())).toEqual({ password: "s3cret" });
    await admin.closeGate();
    await admin.revoke(reader.accessor);
    expect(await reader.proveDead()).toMatchObject({ refusedStatus: 403 });
    expect(await admin.revokeSelf()).toMatchObject({ refusedStatus: 403 });
  });

  it("has just the rights that doctor wants", async () => {
    const lease = await practiceLease();
    const login = await adminElsewhere(lease, "service");
    const found = await checkIdentity({ names: lease.names, mounts: [lease.kv2, lease.kv1] }, "admin", login);
    expect(found.length).toBeGreaterThan(10);
    expect(found.filter(({ isRight }) => !isRight)).toEqual([]);
  });

  it("does nothing with a batch token, which could not be revoked", async () => {
    const lease = await practiceLease();
    const broker = brokerFor(lease, await adminElsewhere(lease, "batch"));
    await expect(broker.loginAdmin()).rejects.toBeInstanceOf(IrrevocableTokenError);
  });
});

describe("the gate identity with an agent's token", () => {
  it("is examined by doctor without its token being ended", async () => {
    const lease = await practiceLease();
    const answer = (await lease.operator.write("auth/token/create-orphan", {
      policies: [policyName(lease.names, "gate")],
      no_default_policy: true,
      ttl: "60s",
    })) as { auth: { client_token: string } };
    const login = tokenFileLogin(lease.vault, await freshFile(answer.auth.client_token));
    const found = await checkIdentity({ names: lease.names, mounts: [lease.kv2] }, "gate", login);
    expect(found.filter(({ isRight }) => !isRight)).toEqual([]);
    expect(await lookupSelf((await login.login()).client)).toBeDefined();
  });
});
