import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { startVaultFront, type VaultFront } from "../../dev/vault/fault-front.ts";
import { type PracticeVault, startVault } from "../../dev/vault/start-vault.ts";

const folder = mkdtempSync(join(tmpdir(), "glovebox-vault-test-"));
const order = { dataDir: folder, logTo: join(folder, "vault.log") };
let vault: PracticeVault;
let front: VaultFront;

beforeAll(async () => {
  vault = await startVault(order);
  front = await startVaultFront(vault.address);
});
afterEach(() => {
  front.clearFaults();
  front.down(false);
});
afterAll(async () => {
  await front.stop();
  await vault.stop();
  rmSync(folder, { recursive: true });
});

function call(path: string, init: RequestInit = {}, address = front.address): Promise<Response> {
  return fetch(`${address}/v1/${path}`, { ...init, headers: { "x-vault-token": vault.rootToken } });
}
const write = (path: string, data: object) => call(path, { method: "POST", body: JSON.stringify({ data }) });

describe("startVault", () => {
  it("gives an unsealed Vault with a KV v2 mount", async () => {
    expect((await write("secret/data/team-a/one", { word: "x" })).status).toBe(200);
    const read = await (await call("secret/data/team-a/one")).json();
    expect(read).toMatchObject({ data: { data: { word: "x" }, metadata: { version: 1 } } });
  });

  it("audits every call into a file that we alone can read, without the values", async () => {
    await write("secret/data/team-a/audited", { word: "canary-51c2" });
    const log = readFileSync(vault.auditLogPath, "utf8");
    expect(log).toContain("secret/data/team-a/audited");
    expect(log).not.toContain("canary-51c2");
    expect(log).not.toContain(vault.rootToken);
    expect(statSync(vault.auditLogPath).mode & 0o777).toBe(0o600);
  });

  it("takes another port when the wanted one is taken", async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
    const address = taken.address();
    const port = typeof address === "object" && address ? address.port : 0;
    const other = await startVault({ port, logTo: order.logTo });
    expect(new URL(other.address).port).not.toBe(String(port));
    expect((await call("sys/health", {}, other.address)).status).toBe(200);
    await other.stop();
    taken.close();
    await expect(call("sys/health", {}, other.address)).rejects.toThrow();
  });
});

describe("the front before Vault", () => {
  it("passes calls on, methods of Vault's own included", async () => {
    await write("secret/data/list/one", { word: "x" });
    const listed = await call("secret/metadata/list", { method: "LIST" });
    expect(await listed.json()).toMatchObject({ data: { keys: ["one"] } });
  });

  it.each([
    ["throttle", 429],
    ["sealed", 503],
    ["server-error", 500],
    ["precondition", 412],
    ["access-denied", 403],
  ] as const)("%s is answered with %i in Vault's words, and the call is not carried out", async (kind, status) => {
    front.fault({ kind, method: "POST", path: /^secret\/data\// });
    const answer = await write(`secret/data/faults/${kind}`, { word: "x" });
    expect(answer.status).toBe(status);
    expect(await answer.json()).toHaveProperty("errors.0");
    expect((await call(`secret/data/faults/${kind}`)).status).toBe(404);
  });

  it("throttles with and without Retry-After", async () => {
    front.fault({ kind: "throttle", retryAfterSeconds: 2 });
    front.fault({ kind: "throttle" });
    expect((await call("sys/health")).headers.get("retry-after")).toBe("2");
    expect((await call("sys/health")).headers.get("retry-after")).toBeNull();
  });

  it.each([
    ["cut", 404],
    ["lost-answer", 200],
    ["half-answer", 200],
  ] as const)("%s breaks the connection, and a later read answers %i", async (kind, status) => {
    front.fault({ kind, path: /^secret\/data\/broken/ });
    const written = write(`secret/data/broken/${kind}`, { word: "x" }).then((answer) => answer.text());
    await expect(written).rejects.toThrow();
    expect((await call(`secret/data/broken/${kind}`)).status).toBe(status);
  });

  it("strikes only the method and path that it was told", async () => {
    front.fault({ kind: "cut", method: "GET", path: /^secret\/data\/picked$/ });
    expect((await write("secret/data/picked", { word: "x" })).status).toBe(200);
    expect((await call("secret/data/other")).status).toBe(404);
    await expect(call("secret/data/picked")).rejects.toThrow();
  });

  it("cuts everything while Vault is down", async () => {
    front.down(true);
    await expect(call("sys/health")).rejects.toThrow();
    front.down(false);
    expect((await call("sys/health")).status).toBe(200);
  });

  it("lists calls by method and path, and no value or token", async () => {
    await write("secret/data/listed?cas=0", { word: "canary-92d0" });
    expect(front.calls().at(-1)).toMatchObject({ method: "POST", path: "secret/data/listed" });
    expect(JSON.stringify(front.calls())).not.toContain("canary-92d0");
    expect(JSON.stringify(front.calls())).not.toContain(vault.rootToken);
  });
});
