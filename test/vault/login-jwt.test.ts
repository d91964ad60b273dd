import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { rename, rm, writeFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { jwtLogin } from "../../src/vault/login/jwt-login.ts";
import { LoginFileError } from "../../src/vault/login/login-errors.ts";
import { standingClient } from "../../src/vault/login/standing-client.ts";
import { VaultRefusedError } from "../../src/vault/vault-errors.ts";
import { freshAuthMount, freshFile, lookupSelf } from "./practice-login.ts";

const SUBJECT = "system:serviceaccount:glovebox:worker";
const ROLE = "gb-admin";
const inSeconds = (seconds: number): number => Math.floor(Date.now() / 1_000) + seconds;

/** A JWT as a platform signs it (RFC 7519, ES256). */
function jwtOf(key: KeyObject, claims: Record<string, unknown>): string {
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  const all = { sub: SUBJECT, aud: "vault", iat: inSeconds(-10), exp: inSeconds(60), ...claims };
  const text = `${part({ alg: "ES256", typ: "JWT" })}.${part(all)}`;
  return `${text}.${sign("sha256", Buffer.from(text), { key, dsaEncoding: "ieee-p1363" }).toString("base64url")}`;
}

/** A Vault that trusts one key, with a role for one subject. */
async function jwtWorld() {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const auth = await freshAuthMount("jwt");
  const pem = publicKey.export({ type: "spki", format: "pem" });
  await auth.operator.write(`auth/${auth.mount}/config`, { jwt_validation_pubkeys: [pem] });
  await auth.operator.write(`auth/${auth.mount}/role/${ROLE}`, {
    role_type: "jwt",
    user_claim: "sub",
    bound_subject: SUBJECT,
    bound_audiences: ["vault"],
    clock_skew_leeway: -1,
    expiration_leeway: -1,
    token_policies: [auth.policy],
    token_no_default_policy: true,
    token_type: "service",
    token_ttl: "120s",
    token_max_ttl: "120s",
  });
  const loginWith = (file: string) => jwtLogin(auth.vault, { mount: auth.mount, role: ROLE, file });
  return { ...auth, privateKey, loginWith };
}

describe("a login by JWT, on a real Vault", () => {
  it("gives the role's token, whose life and accessor are known and which ends itself", async () => {
    const world = await jwtWorld();
    const login = world.loginWith(await freshFile(`${jwtOf(world.privateKey, {})}\n`));
    expect(login.isTokenShared).toBe(false);
    const { client, accessor, leaseSeconds, entityId } = await login.login();
    expect(leaseSeconds).toBe(120);
    expect(await lookupSelf(client)).toMatchObject({ accessor, entity_id: entityId, policies: [world.policy] });
    await client.write("auth/token/revoke-self", {});
    await expect(lookupSelf(client)).rejects.toMatchObject({ statusCode: 403 });
  });

  it.each([
    ["another principal's", { sub: "system:serviceaccount:glovebox:bot" }],
    ["one for another audience", { aud: "somebody-else" }],
    ["one that has run out", { iat: inSeconds(-120), exp: inSeconds(-60) }],
    ["one that is not valid yet", { nbf: inSeconds(600) }],
  ])("is refused with a JWT that is %s", async (_what, claims) => {
    const world = await jwtWorld();
    const file = await freshFile(jwtOf(world.privateKey, claims));
    await expect(world.loginWith(file).login()).rejects.toBeInstanceOf(VaultRefusedError);
  });

  it("is refused with a JWT that another key signed, and says nothing of it", async () => {
    const world = await jwtWorld();
    const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const jwt = jwtOf(privateKey, {});
    const error: unknown = await world
      .loginWith(await freshFile(jwt))
      .login()
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(VaultRefusedError);
    expect(JSON.stringify([error, String(error), (error as Error).stack])).not.toContain(jwt.slice(0, 20));
  });

  it("is refused for a role that the mount does not have", async () => {
    const world = await jwtWorld();
    const file = await freshFile(jwtOf(world.privateKey, {}));
    const other = jwtLogin(world.vault, { mount: world.mount, role: "other", file });
    await expect(other.login()).rejects.toMatchObject({ statusCode: 400 });
  });

  it("takes the JWT that lies in the file at each login", async () => {
    const world = await jwtWorld();
    const file = await freshFile(jwtOf(world.privateKey, { iat: inSeconds(-120), exp: inSeconds(-60) }));
    const login = world.loginWith(file);
    await expect(login.login()).rejects.toBeInstanceOf(VaultRefusedError);
    await writeFile(`${file}.new`, jwtOf(world.privateKey, {}));
    await rename(`${file}.new`, file); // as a kubelet does
    expect((await login.login()).accessor).not.toBe("");
  });

  it("says which file is missing, empty or something else, without showing what is in it", async () => {
    const world = await jwtWorld();
    const file = await freshFile("");
    const login = world.loginWith(file);
    await expect(login.login()).rejects.toThrow(new RegExp(`${file}, for the login to Vault, is empty`));
    await writeFile(file, '{"token":"wr4pped"}');
    const wrapped = login.login();
    await expect(wrapped).rejects.toBeInstanceOf(LoginFileError);
    await expect(wrapped).rejects.not.toThrow(/wr4pped/);
    await rm(file);
    await expect(login.login()).rejects.toThrow(/can't be read \(ENOENT\)/);
  });

  it("keeps a process that stays logged in: again at two thirds of the token's life, and when the token dies early", async () => {
    const world = await jwtWorld();
    let now = 0;
    const login = world.loginWith(await freshFile(jwtOf(world.privateKey, {})));
    const client = standingClient(login, () => now);
    const accessor = async () => (await lookupSelf(client)).accessor;
    const first = await accessor();
    now = 79_000;
    expect(await accessor()).toBe(first);
    now = 81_000;
    const second = await accessor();
    expect(second).not.toBe(first);
    await world.operator.write("auth/token/revoke-accessor", { accessor: second });
    expect(await accessor()).not.toBe(second);
  });
});
