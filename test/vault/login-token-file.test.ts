import { rename, rm, writeFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { LoginFileError } from "../../src/vault/login/login-errors.ts";
import { standingClient } from "../../src/vault/login/standing-client.ts";
import { tokenFileLogin } from "../../src/vault/login/token-file-login.ts";
import { endLogin } from "../../src/vault/login/vault-login.ts";
import { freshAuthMount, freshFile, lookupSelf } from "./practice-login.ts";

/** A Vault Agent as we see it: a file with a token that it got by its own login. */
async function agentWorld() {
  const auth = await freshAuthMount("approle");
  const newToken = async (ttl: string): Promise<{ token: string; accessor: string }> => {
    const answer = (await auth.operator.write("auth/token/create-orphan", {
      policies: [auth.policy],
      no_default_policy: true,
      ttl,
    })) as { auth: { client_token: string; accessor: string } };
    return { token: answer.auth.client_token, accessor: answer.auth.accessor };
  };
  const first = await newToken("200s");
  const file = await freshFile(first.token);
  const sink = async (token: string): Promise<void> => {
    await writeFile(`${file}.tmp`, token);
    await rename(`${file}.tmp`, file);
  };
  return { ...auth, file, first, newToken, sink, login: tokenFileLogin(auth.vault, file) };
}

describe("a login by an agent's token file, on a real Vault", () => {
  it("takes the token as it is, and asks Vault how long it lives", async () => {
    const { login, first } = await agentWorld();
    const { accessor, leaseSeconds, client } = await login.login();
    expect(accessor).toBe(first.accessor);
    expect(leaseSeconds).toBeGreaterThan(190);
    expect(leaseSeconds).toBeLessThanOrEqual(200);
    expect((await lookupSelf(client)).accessor).toBe(first.accessor);
  });

  it("never ends the agent's token", async () => {
    const { login } = await agentWorld();
    const session = await login.login();
    await endLogin(login, session);
    expect(await lookupSelf(session.client)).toBeDefined();
  });

  it("looks again within five minutes, however long the token lives", async () => {
    const { login, newToken, sink } = await agentWorld();
    await sink((await newToken("10h")).token);
    expect((await login.login()).leaseSeconds).toBe(300);
  });

  it("takes the agent's next token when the first one is refused, or its time is nearly over", async () => {
    const { login, operator, first, newToken, sink } = await agentWorld();
    let now = 0;
    const client = standingClient(login, () => now);
    const accessor = async () => (await lookupSelf(client)).accessor;
    expect(await accessor()).toBe(first.accessor);
    const second = await newToken("200s");
    await sink(second.token);
    await operator.write("auth/token/revoke-accessor", { accessor: first.accessor });
    expect(await accessor()).toBe(second.accessor);
    const third = await newToken("200s");
    await sink(third.token);
    now = 150_000;
    expect(await accessor()).toBe(third.accessor);
  });

  it("is refused with a dead token", async () => {
    const { login, operator, first } = await agentWorld();
    await operator.write("auth/token/revoke-accessor", { accessor: first.accessor });
    await expect(login.login()).rejects.toMatchObject({ code: "VAULT_REFUSED", statusCode: 403 });
  });

  it("says that the file is missing, or holds a wrapped token, without showing it", async () => {
    const { login, file, sink } = await agentWorld();
    await sink(JSON.stringify({ token: "hvs.wr4pped", ttl: 60 }));
    const wrapped = login.login();
    await expect(wrapped).rejects.toBeInstanceOf(LoginFileError);
    await expect(wrapped).rejects.not.toThrow(/wr4pped/);
    await rm(file);
    await expect(login.login()).rejects.toThrow(/can't be read \(ENOENT\)/);
  });
});
