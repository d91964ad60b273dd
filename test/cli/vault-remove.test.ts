import { describe, expect, it, onTestFinished } from "vitest";
import { type RemoveInput, removeVaultSetup } from "../../src/cli/vault-remove.ts";
import { GloveboxError } from "../../src/errors.ts";
import type { VaultClient } from "../../src/vault/vault-client.ts";
import { freshStore } from "../fresh-store.ts";
import { operatorWorld } from "../vault/operator-world.ts";

async function world() {
  const { lease, newOperator } = await operatorWorld();
  const { store } = await freshStore();
  const lines: string[] = [];
  const inputFor = (operator: VaultClient, patch: Partial<RemoveInput> = {}): RemoveInput => ({
    operator,
    names: lease.names,
    store,
    force: null,
    by: "operator:test",
    now: () => new Date(),
    ask: async () => true,
    print: (line) => void lines.push(line),
    ...patch,
  });
  const events = async () => store.selectFrom("auditEvent").select(["kind", "content"]).execute();
  const { policyPrefix, authMount } = lease.names;
  const ours = async () => ({
    policies: (await lease.operator.list("sys/policies/acl")).filter((name) => name.startsWith(policyPrefix)),
    entities: (await lease.operator.list("identity/entity/name")).filter((name) => name.startsWith(authMount)),
    auth: Object.keys(((await lease.operator.read("sys/auth")) as { data: object }).data).includes(`${authMount}/`),
  });
  const text = (): string => lines.splice(0).join("\n");
  return { lease, store, newOperator, inputFor, events, ours, text };
}

const NOTHING = { policies: [], entities: [], auth: false };
const words = (error: unknown): string => (error instanceof GloveboxError ? error.userMessage : String(error));

describe("vault-setup --remove", () => {
  it("removes what is ours and leaves mounts, secrets and policies that only begin like ours", async () => {
    const { lease, newOperator, inputFor, events, ours, text } = await world();
    const source = await lease.put("team/app", { a: "1" });
    await lease.gate.writeMark({ seq: 1, hash: "a".repeat(64) });
    const theirs = `${lease.names.policyPrefix}-reader-of-books`;
    await lease.operator.write(`sys/policies/acl/${theirs}`, { policy: 'path "books/*" { capabilities = ["read"] }' });
    onTestFinished(() => lease.operator.delete(`sys/policies/acl/${theirs}`));
    const { client, writes } = await newOperator();
    await removeVaultSetup(inputFor(client));
    expect(text()).toContain("Left: every KV mount and its secrets");
    expect(await ours()).toEqual({ ...NOTHING, policies: [theirs] });
    expect(await lease.operator.read(`${source.mount}/data/team/app`)).toBeDefined();
    expect((await events()).map(({ kind }) => kind)).toEqual(["vault.removed"]);
    const before = await writes();
    await removeVaultSetup(inputFor(client));
    expect(text()).toContain("Vault has nothing of ours");
    expect(await writes()).toEqual(before);
  });

  it("names the roles of other auth mounts that give our policies, and leaves them", async () => {
    const { lease, newOperator, inputFor, text } = await world();
    const other = `${lease.names.authMount}o`;
    await lease.operator.write(`sys/auth/${other}`, { type: "approle" });
    onTestFinished(() => lease.operator.delete(`sys/auth/${other}`));
    const policy = `${lease.names.policyPrefix}-gate`;
    await lease.operator.write(`auth/${other}/role/bot`, { token_policies: [policy, "default"] });
    await removeVaultSetup(inputFor((await newOperator()).client));
    expect(text()).toContain(`Left: auth/${other}/role/bot, which gives ${policy}.`);
    expect(await lease.operator.read(`auth/${other}/role/bot`)).toBeDefined();
  });

  it("is finished by the next run after it was killed in the middle", async () => {
    const { newOperator, inputFor, ours } = await world();
    const { client } = await newOperator();
    let deletes = 0;
    const dying: VaultClient = {
      ...client,
      delete: async (path) => {
        if (++deletes === 3) throw new Error("killed");
        return client.delete(path);
      },
    };
    await expect(removeVaultSetup(inputFor(dying))).rejects.toThrow("killed");
    await removeVaultSetup(inputFor(client));
    expect(await ours()).toEqual(NOTHING);
  });
});

describe("vault-setup --remove changes nothing", () => {
  it("without a yes", async () => {
    const { newOperator, inputFor, text } = await world();
    const { client, writes } = await newOperator();
    await removeVaultSetup(inputFor(client, { ask: async () => false }));
    expect([text().endsWith("Nothing was changed."), await writes()]).toEqual([true, []]);
  });

  it("while a path is open, a migration runs, a lease is left or nobody can tell; a reason forces it and is kept", async () => {
    const { lease, store, newOperator, inputFor, events, ours, text } = await world();
    const { client, writes } = await newOperator();
    const source = await lease.put("team/app", { a: "1" });
    expect(await removeVaultSetup(inputFor(client, { store: null })).catch(words)).toContain("--force with --reason");
    expect(text()).toContain("DATABASE_URL is not set");
    await store
      .updateTable("fence")
      .set({ holder: "host:1", deadline: new Date(Date.now() + 60_000) })
      .execute();
    await lease.gate.open({ source, requestId: "RQ-1" });
    expect(await removeVaultSetup(inputFor(client)).catch(words)).toContain("--force with --reason");
    expect(text()).toMatch(/RUNNING {2}gb\w+-open is there.*\nRUNNING {2}worker host:1 holds the fence/);
    expect(await writes()).toEqual([]);
    await removeVaultSetup(inputFor(client, { force: { reason: "the host burns" } }));
    expect(await ours()).toEqual(NOTHING);
    expect(JSON.parse((await events())[0]?.content ?? "{}")).toMatchObject({ reason: "the host burns" });
  });

  it("for a token that lacks rights, and names each", async () => {
    const { lease, newOperator, inputFor } = await world();
    const { client, writes } = await newOperator(
      'path "*" { capabilities = ["read", "list"] } path "sys/policies/acl/*" { capabilities = ["read", "list", "delete"] }',
    );
    const stopped = await removeVaultSetup(inputFor(client)).catch(words);
    expect(stopped).toContain(`delete and sudo on sys/auth/${lease.names.authMount}`);
    expect(stopped).not.toContain("sys/policies/acl");
    expect(await writes()).toEqual([]);
  });
});
