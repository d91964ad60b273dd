import { describe, expect, it } from "vitest";
import type { RequestSource } from "../../src/approvals/content.ts";
import { mintMetadata } from "../../src/approvals/mint-metadata.ts";
import { encodePath } from "../../src/catalog/secret-path.ts";
import { GateClosedError } from "../../src/migration/lease-broker.ts";
import { loginOnce } from "../../src/vault/login/approle-login.ts";
import { VaultRefusedError } from "../../src/vault/vault-errors.ts";
import { readerRoleId, secretIdPath } from "../../src/vault/vault-names.ts";
import { type PracticeLease, practiceLease } from "./practice-lease.ts";

const refused = expect.objectContaining({ statusCode: 403 });
const REQUEST = "RQ-1";

/** A reader token for `source`, with the gate opened and closed around the mint. */
async function lend(lease: PracticeLease, source: RequestSource) {
  const admin = await lease.broker.loginAdmin();
  await lease.gate.open({ source, requestId: REQUEST });
  const minted = await admin.mint(source, REQUEST);
  const login = await loginOnce(lease.vault, {
    mount: lease.names.authMount,
    roleId: readerRoleId(lease.names, source.mount),
    secretId: minted.secretId,
  });
  return { admin, minted, login };
}

describe("the one-path lease on a real Vault", () => {
  it("reads its path, pinned to what the answer says, and proves that it is alone and then dead", async () => {
    const lease = await practiceLease();
    const source = await lease.put("team/app", { password: "s3cret", number: 12345678901234567890n.toString() });
    const admin = await lease.broker.loginAdmin();
    await lease.gate.open({ source, requestId: REQUEST });
    const reader = await admin.lend(source, await admin.mint(source, REQUEST));
    await reader.proveGrant();
    const { data, version } = await reader.read();
    expect([JSON.parse(data.reveal()).password, version]).toEqual(["s3cret", 1]);
    await admin.closeGate();
    expect(await admin.destroySecretIds(source.mount)).toBe(0);
    await admin.revoke(reader.accessor);
    expect(await reader.proveDead()).toMatchObject({ call: "sys/capabilities-self", refusedStatus: 403 });
    await admin.revoke(reader.accessor); // repeatable
    expect(await admin.revokeSelf()).toMatchObject({ call: "auth/token/lookup-self", refusedStatus: 403 });
  });

  it("keeps every digit of a KV v1 number", async () => {
    const lease = await practiceLease();
    const source = await lease.putV1("legacy", { placeholder: "x" });
    const url = `${lease.vault.address}/v1/${source.mount}/legacy`;
    const { inject } = await import("vitest");
    await fetch(url, {
      method: "POST",
      headers: { "X-Vault-Token": inject("stack").vault.rootToken },
      body: '{"serial":12345678901234567890.10}',
    });
    const admin = await lease.broker.loginAdmin();
    await lease.gate.open({ source, requestId: REQUEST });
    const reader = await admin.lend(source, await admin.mint(source, REQUEST));
    await reader.proveGrant();
    const { data, version } = await reader.read();
    expect([data.reveal(), version]).toEqual(['{"serial":12345678901234567890.10}', null]);
  });

  it("reads nothing else: sibling, parent, child, twins, encodings, list, metadata and writes are refused", async () => {
    const lease = await practiceLease();
    const source = await lease.put("team/app", { a: "1" });
    for (const path of ["team/app2", "team", "team/app/child", "team/App", "team/apq"])
      await lease.put(path, { a: "x" });
    const { login } = await lend(lease, source);
    const data = `${source.mount}/data`;
    expect(await login.client.read(`${data}/team/app?version=1`)).toBeDefined();
    const others = ["team/app2", "team", "team/app/child", "team/App", "team/apq", "team/app/", "team%2Fapp2"];
    for (const path of others) await expect(login.client.read(`${data}/${path}`), path).rejects.toEqual(refused);
    for (const path of ["team//app", "team/app/../app2"]) {
      await expect(login.client.read(`${data}/${path}`), path).rejects.toBeInstanceOf(VaultRefusedError);
    }
    await expect(login.client.list(`${source.mount}/metadata/team`)).rejects.toEqual(refused);
    await expect(login.client.read(`${source.mount}/metadata/team/app`)).rejects.toEqual(refused);
    await expect(login.client.write(`${data}/team/app`, { data: { a: "2" } })).rejects.toEqual(refused);
    await expect(login.client.delete(`${data}/team/app`)).rejects.toEqual(refused);
  });

  it("spends a secret ID at its first login", async () => {
    const lease = await practiceLease();
    const source = await lease.put("team/app", { a: "1" });
    const { minted } = await lend(lease, source);
    const again = loginOnce(lease.vault, {
      mount: lease.names.authMount,
      roleId: readerRoleId(lease.names, source.mount),
      secretId: minted.secretId,
    });
    await expect(again).rejects.toEqual(expect.objectContaining({ statusCode: 400 }));
  });

  it.each(["with blank", "ünïcode/naïve", 'quo"te', "{x}", "100%", "a#b", "what?", "back\\slash", "a,b", "..x", "a&b"])(
    "lends the odd name %j exactly",
    async (name) => {
      const lease = await practiceLease();
      const source = await lease.put(`odd/${name}`, { a: "1" });
      const { login } = await lend(lease, source);
      const answer = (await login.client.read(`${source.mount}/data/${encodePath(source.path)}`)) as {
        data: { data: unknown };
      };
      expect(answer.data.data).toEqual({ a: "1" });
    },
  );

  it("stops a live token through the kill switch, and a new login with it", async () => {
    const lease = await practiceLease();
    const source = await lease.put("team/app", { a: "1" });
    const { admin, login } = await lend(lease, source);
    await admin.setReaderDisabled(source.mount, true);
    expect(await admin.isReaderDisabled(source.mount)).toBe(true);
    await expect(login.client.read(`${source.mount}/data/team/app`)).rejects.toEqual(refused);
    const minted = await admin.mint(source, REQUEST);
    await expect(admin.lend(source, minted)).rejects.toBeInstanceOf(VaultRefusedError);
    await admin.setReaderDisabled(source.mount, false);
    expect(await admin.isReaderDisabled(source.mount)).toBe(false);
  });
});

describe("the gate on a real Vault", () => {
  it("lets the admin mint nothing while it is closed, and nothing once it is closed again", async () => {
    const lease = await practiceLease();
    const source = await lease.put("team/app", { a: "1" });
    const admin = await lease.broker.loginAdmin();
    await expect(admin.mint(source, REQUEST)).rejects.toBeInstanceOf(GateClosedError);
    await lease.gate.open({ source, requestId: REQUEST });
    expect(await lease.gate.isOpen()).toBe(true);
    await admin.mint(source, REQUEST);
    await admin.closeGate();
    expect(await lease.gate.isOpen()).toBe(false);
    await expect(admin.mint(source, REQUEST)).rejects.toBeInstanceOf(GateClosedError);
  });

  it("kills a secret ID that was minted before the close, by the order of the closing", async () => {
    const lease = await practiceLease();
    const source = await lease.put("team/app", { a: "1" });
    const admin = await lease.broker.loginAdmin();
    await lease.gate.open({ source, requestId: REQUEST });
    const minted = await admin.mint(source, REQUEST);
    await admin.closeGate();
    expect(await admin.destroySecretIds(source.mount)).toBe(1);
    await expect(admin.lend(source, minted)).rejects.toEqual(expect.objectContaining({ statusCode: 400 }));
  });

  it("while open, mints for its own text only: no other id, path, form, parameter or verb", async () => {
    const lease = await practiceLease();
    const source = await lease.put("team/app", { a: "1" });
    const admin = await loginOnce(lease.vault, { mount: lease.names.authMount, ...lease.credentials.admin });
    await lease.gate.open({ source, requestId: REQUEST });
    const path = secretIdPath(lease.names, source.mount);
    const text = mintMetadata(source.mount, source.path, REQUEST);
    expect(await admin.client.write(path, { metadata: text })).toBeDefined();
    const key = Object.keys(JSON.parse(text))[0] ?? "";
    const bodies: Record<string, unknown>[] = [
      {},
      { metadata: "" },
      { metadata: "," },
      { metadata: "closed" },
      { metadata: "*" },
      { metadata: `${text} ` },
      { metadata: mintMetadata(source.mount, source.path, "RQ-2") },
      { metadata: mintMetadata(source.mount, "team/*", REQUEST) },
      { metadata: `{"${key}":"team/app","${key}":"other","request":"${REQUEST}"}` },
      { metadata: JSON.parse(text) },
      { metadata: [text] },
      { metadata: Buffer.from(text).toString("base64") },
      { metadata: text, ttl: "1h" },
      { metadata: text, num_uses: 0 },
    ];
    for (const body of bodies) {
      await expect(admin.client.write(path, body), JSON.stringify(body)).rejects.toBeInstanceOf(VaultRefusedError);
    }
    const custom = admin.client.write(path.replace("secret-id", "custom-secret-id"), {
      metadata: text,
      secret_id: "x",
    });
    await expect(custom).rejects.toEqual(refused);
    await expect(admin.client.write(`${path}?metadata=${encodeURIComponent(text)}`, {})).rejects.toEqual(refused);
  });

  it("can itself neither read a secret, nor mint, nor change what the admin may do", async () => {
    const lease = await practiceLease();
    const source = await lease.put("team/app", { a: "1" });
    await lease.gate.open({ source, requestId: REQUEST });
    const { client } = await loginOnce(lease.vault, { mount: lease.names.authMount, ...lease.credentials.gate });
    const metadata = mintMetadata(source.mount, source.path, REQUEST);
    await expect(client.read(`${source.mount}/data/team/app`)).rejects.toEqual(refused);
    await expect(client.write(secretIdPath(lease.names, source.mount), { metadata })).rejects.toEqual(refused);
    const admin = `sys/policies/acl/${lease.names.policyPrefix}-admin`;
    await expect(client.write(admin, { policy: "{}" })).rejects.toEqual(refused);
  });

  it("cannot be opened by the admin, which may only close it", async () => {
    const lease = await practiceLease();
    const { client } = await loginOnce(lease.vault, { mount: lease.names.authMount, ...lease.credentials.admin });
    const open = `sys/policies/acl/${lease.names.policyPrefix}-open`;
    await expect(client.write(open, { policy: "{}" })).rejects.toEqual(refused);
    await client.delete(open);
  });

  it("remembers the newest event by its number and hash", async () => {
    const { gate } = await practiceLease();
    expect(await gate.readMark()).toBeNull();
    await gate.writeMark({ seq: 41, hash: "a".repeat(64) });
    await gate.writeMark({ seq: 42, hash: "b".repeat(64) });
    expect(await gate.readMark()).toEqual({ seq: 42, hash: "b".repeat(64) });
  });
});

describe("the catalog identity on a real Vault", () => {
  it("lists and reads metadata and key names, never data", async () => {
    const lease = await practiceLease();
    const source = await lease.put("team/app", { a: "1" });
    const { client } = await loginOnce(lease.vault, { mount: lease.names.authMount, ...lease.credentials.catalog });
    expect(await client.list(`${source.mount}/metadata/team`)).toEqual(["app"]);
    expect(await client.read(`${source.mount}/metadata/team/app`)).toBeDefined();
    expect(await client.read(`${source.mount}/subkeys/team/app`)).toBeDefined();
    await expect(client.read(`${source.mount}/data/team/app`)).rejects.toEqual(refused);
    const old = await lease.putV1("old", { a: "1" });
    expect(await client.list(old.mount)).toEqual(["old"]);
    await expect(client.read(`${old.mount}/old`)).rejects.toEqual(refused);
  });
});
