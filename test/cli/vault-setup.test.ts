import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { type ApplyInput, applyVaultSetup, printVaultSetup } from "../../src/cli/vault-setup.ts";
import { GloveboxError } from "../../src/errors.ts";
import type { VaultClient } from "../../src/vault/vault-client.ts";
import { operatorWorld } from "../vault/operator-world.ts";
import { runCli } from "../world/run-cli.ts";

/** An installation that is set up and right; `apply` and `look` print into `lines`. */
async function world() {
  const { lease, options, newOperator } = await operatorWorld();
  const folder = await mkdtemp(join(tmpdir(), "glovebox-setup-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const lines: string[] = [];
  const inputFor = (operator: VaultClient, patch: Partial<ApplyInput> = {}): ApplyInput => ({
    operator,
    options,
    gate: { mode: "on", prefixes: [] },
    mountPaths: [lease.kv2.path, lease.kv1.path],
    namespace: "",
    servedOnly: true,
    print: (line) => void lines.push(line),
    ask: async () => true,
    folder,
    isNewCredentials: false,
    ...patch,
  });
  const text = (): string => lines.splice(0).join("\n");
  const policy = `sys/policies/acl/${lease.names.policyPrefix}-gate`;
  return { lease, newOperator, inputFor, text, folder, policy };
}

/** Passes calls on until the `n`th write, which dies before it reaches Vault. */
function dyingAt(client: VaultClient, n: number): VaultClient {
  let writes = 0;
  return {
    ...client,
    write: async (path, body) => {
      if (path !== "sys/capabilities-self" && ++writes === n) throw new Error("killed");
      return client.write(path, body);
    },
  };
}

const words = (error: unknown): string => (error instanceof GloveboxError ? error.userMessage : String(error));

describe("vault-setup --apply", () => {
  it("writes nothing the second time, by Vault's own audit log", async () => {
    const { newOperator, inputFor, text } = await world();
    const operator = await newOperator();
    await applyVaultSetup(inputFor(operator.client));
    expect(text()).toMatch(/Nothing to change\.$/);
    expect(await operator.writes()).toEqual([]);
  });

  it("shows a diff against the server and rewrites the one policy that differs, and no login", async () => {
    const { lease, newOperator, inputFor, text, policy } = await world();
    await lease.operator.write(policy, { policy: 'path "secret/*" { capabilities = ["read"] }' });
    const operator = await newOperator();
    await applyVaultSetup(inputFor(operator.client));
    const shown = text();
    expect(shown).toMatch(/^-\s+"path \\"secret\/\*\\" .*$/m);
    expect(shown).toMatch(/^\+\s+"sys\/policies\/acl\/gb\w+-mark": \{$/m);
    expect(await operator.writes()).toEqual([`update ${policy}`]);
    await applyVaultSetup(inputFor(operator.client));
    expect(text()).toContain("Nothing to change.");
  });

  it("takes a policy of the same meaning in another order as right", async () => {
    const { lease, newOperator, inputFor, text, policy } = await world();
    const { data } = (await lease.operator.read(policy)) as { data: { policy: string } };
    const path = Object.fromEntries(Object.entries(JSON.parse(data.policy).path).toReversed());
    await lease.operator.write(policy, { policy: JSON.stringify({ path }, null, 4) });
    await printVaultSetup(inputFor((await newOperator()).client));
    expect(text()).toContain("Nothing to change.");
  });

  it("sees a role that was widened, and narrows it again", async () => {
    const { lease, newOperator, inputFor, text } = await world();
    const role = `auth/${lease.names.authMount}/role/admin`;
    await lease.operator.write(role, { token_policies: ["default", "root-like"], token_max_ttl: "24h" });
    const operator = await newOperator();
    await applyVaultSetup(inputFor(operator.client));
    expect(text()).toMatch(/^-\s+"root-like"/m);
    expect(await operator.writes()).toEqual([`update ${role}`]);
  });

  it("changes nothing without a yes, and says so", async () => {
    const { lease, newOperator, inputFor, text, policy } = await world();
    await lease.operator.delete(policy);
    const operator = await newOperator();
    await applyVaultSetup(inputFor(operator.client, { ask: async () => false }));
    expect(text()).toMatch(/Nothing was changed\.$/);
    expect(await operator.writes()).toEqual([]);
  });

  it.each([2, 4, 9, 17, 20])("killed at write %i of a first set-up is finished by the next run", async (n) => {
    const { lease, newOperator, inputFor, text, folder } = await world();
    const names = { authMount: `${lease.names.authMount}n`, policyPrefix: `${lease.names.policyPrefix}n` };
    onTestFinished(() => lease.operator.delete(`sys/auth/${names.authMount}`));
    const { client } = await newOperator();
    const fresh = inputFor(client);
    const input = { ...fresh, options: { ...fresh.options, names } };
    await applyVaultSetup({ ...input, operator: dyingAt(client, n) }).catch((error: Error) =>
      expect(error.message).toBe("killed"),
    );
    await applyVaultSetup(input);
    text();
    await applyVaultSetup(input);
    expect(text()).toContain("Nothing to change.");
    const env = `${await readFile(join(folder, "bot.env"), "utf8")}${await readFile(join(folder, "worker.env"), "utf8")}`;
    for (const role of ["CATALOG", "GATE", "ADMIN"]) {
      const [, role_id] = new RegExp(`VAULT_${role}_ROLE_ID=(.*)`).exec(env) ?? [];
      const [, secret_id] = new RegExp(`VAULT_${role}_SECRET_ID=(.*)`).exec(env) ?? [];
      await client.write(`auth/${names.authMount}/login`, { role_id, secret_id });
    }
  });

  it("draws new logins when it is told to, and keeps the old ones", async () => {
    const { lease, newOperator, inputFor, folder } = await world();
    const operator = await newOperator();
    await applyVaultSetup(inputFor(operator.client, { isNewCredentials: true }));
    expect((await operator.writes()).every((write) => write.endsWith("/custom-secret-id"))).toBe(true);
    expect(await readFile(join(folder, "worker.env"), "utf8")).toMatch(
      /^VAULT_ADMIN_ROLE_ID=.+\nVAULT_ADMIN_SECRET_ID=/,
    );
    expect(await lease.operator.list(`auth/${lease.names.authMount}/role/gate/secret-id`)).toHaveLength(2);
  });

  it("makes no AppRole for an identity that logs in another way", async () => {
    const { lease, newOperator, inputFor, text } = await world();
    await lease.operator.delete(`auth/${lease.names.authMount}/role/admin`);
    const { client } = await newOperator();
    const input = inputFor(client);
    await applyVaultSetup({ ...input, options: { ...input.options, otherLogins: ["admin"] } });
    expect(text()).toContain("Nothing to change.");
  });
});

describe("vault-setup stops before it changes anything", () => {
  it("for a token that lacks rights, and names each", async () => {
    const { lease, newOperator, inputFor, policy } = await world();
    await lease.operator.delete(policy);
    const operator = await newOperator('path "*" { capabilities = ["read", "list"] }');
    const stopped = await applyVaultSetup(inputFor(operator.client)).catch(words);
    expect(stopped).toContain(`update on ${policy}`);
    expect(await operator.writes()).toEqual([]);
  });

  it("for a token that may not look, and names the call", async () => {
    const { newOperator, inputFor } = await world();
    const operator = await newOperator('path "sys/mounts" { capabilities = ["read"] }');
    expect(await printVaultSetup(inputFor(operator.client)).catch(words)).toMatch(
      /GET sys\/auth\. This token has no right/,
    );
  });

  it("for an auth mount that is somebody else's", async () => {
    const { lease, newOperator, inputFor } = await world();
    const authMount = `${lease.names.authMount}u`;
    await lease.operator.write(`sys/auth/${authMount}`, { type: "userpass" });
    onTestFinished(() => lease.operator.delete(`sys/auth/${authMount}`));
    const input = inputFor((await newOperator()).client);
    const theirs = { ...input, options: { ...input.options, names: { ...lease.names, authMount } } };
    expect(await applyVaultSetup(theirs).catch(words)).toContain("of type userpass");
  });

  it.each([
    ["a token that Vault does not know", ["--apply"], "does not take VAULT_TOKEN", { VAULT_TOKEN: "nonsense" }],
    ["a mount that is not there", ["--mount", "nowhere"], "--mount nowhere: Vault has no KV mount", {}],
    ["no terminal and no --yes", ["--apply", "--auth-mount", "gbx", "--policy-prefix", "gbx"], "no terminal", {}],
    ["addresses that are none", ["--apply", "--bind-cidr", "10.0.0.1"], "--bind-cidr 10.0.0.1 is no block", {}],
    ["a force without a reason", ["--remove", "--force"], "--force needs --reason", {}],
    ["both at once", ["--remove", "--apply"], "cannot be used with", {}],
    ["prefixes of no mount", [], "nowhere/team-a/ lies in none", { GLOVEBOX_RULES: "OFF" }],
  ])("for %s", async (_what, args, expected, env) => {
    const { lease, folder } = await world();
    const { inject } = await import("vitest");
    const rules = join(folder, "rules.yaml");
    const { writeFile } = await import("node:fs/promises");
    const example = await readFile(new URL("../../glovebox.example.yaml", import.meta.url), "utf8");
    await writeFile(rules, example.replace(/^gate:$/m, "gate:\n  mode: off\n  prefixes: [nowhere/team-a/]"));
    const GLOVEBOX_RULES = "GLOVEBOX_RULES" in env ? rules : undefined;
    const run = await runCli(["vault-setup", ...args], {
      ...{ VAULT_ADDR: lease.vault.address, VAULT_TOKEN: inject("stack").vault.rootToken, ...env },
      ...(GLOVEBOX_RULES && { GLOVEBOX_RULES }),
    });
    expect([run.code === 0, run.stderr]).toEqual([false, expect.stringContaining(expected)]);
  });
});
