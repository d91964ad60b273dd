import { createHash, createHmac, randomUUID } from "node:crypto";
import { AssumeRoleCommand, STSClient } from "@aws-sdk/client-sts";
import { describe, expect, inject, it, onTestFinished } from "vitest";
import { AwsCredentialsError, callerIdentitySigner } from "../../src/aws/sign-caller-identity.ts";
import { awsIamLogin } from "../../src/vault/login/aws-login.ts";
import { VaultRefusedError } from "../../src/vault/vault-errors.ts";
import { freshAuthMount, lookupSelf } from "./practice-login.ts";

const SERVER_ID = "vault.example";
const ACCOUNT = "123456789012";

interface Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
}

/** The credentials that a host of that role has. */
async function hostOf(roleName: string): Promise<Keys> {
  const credentials = { accessKeyId: "practice", secretAccessKey: "practice" };
  const sts = new STSClient({ region: "us-east-1", endpoint: inject("stack").aws.endpointUrl, credentials });
  onTestFinished(() => sts.destroy());
  const RoleArn = `arn:aws:iam::${ACCOUNT}:role/${roleName}`;
  const { Credentials: given } = await sts.send(new AssumeRoleCommand({ RoleArn, RoleSessionName: "host" }));
  return {
    accessKeyId: given?.AccessKeyId ?? "",
    secretAccessKey: given?.SecretAccessKey ?? "",
    sessionToken: given?.SessionToken ?? "",
  };
}

/** A Vault whose aws mount asks the practice STS, with one role for one AWS principal. */
async function awsWorld() {
  const auth = await freshAuthMount("aws");
  const { endpointUrl } = inject("stack").aws;
  const roleName = `glovebox-worker-${randomUUID().slice(0, 8)}`;
  await auth.operator.write(`auth/${auth.mount}/config/client`, {
    sts_endpoint: endpointUrl,
    sts_region: "us-east-1",
    iam_endpoint: endpointUrl,
    access_key: "practice",
    secret_key: "practice",
    iam_server_id_header_value: SERVER_ID,
  });
  await auth.operator.write(`auth/${auth.mount}/role/gb-admin`, {
    auth_type: "iam",
    resolve_aws_unique_ids: false,
    bound_iam_principal_arn: [`arn:aws:iam::${ACCOUNT}:role/${roleName}`],
    token_policies: [auth.policy],
    token_no_default_policy: true,
    token_type: "service",
    token_ttl: "120s",
  });
  const loginAs = (credentials: Keys, serverId: string | null = SERVER_ID, region: string | null = null) =>
    awsIamLogin(
      auth.vault,
      { mount: auth.mount, role: "gb-admin", serverId },
      callerIdentitySigner({ region, credentials }),
    );
  return { ...auth, roleName, loginAs };
}

describe("a login by AWS IAM, on a real Vault that asks STS", () => {
  it.each([
    ["the global endpoint", null],
    ["a region's endpoint", "eu-central-1"],
  ])("gives the bound principal the role's token, signed for %s", async (_which, region) => {
    const world = await awsWorld();
    const { client, accessor, leaseSeconds } = await world
      .loginAs(await hostOf(world.roleName), SERVER_ID, region)
      .login();
    expect(leaseSeconds).toBe(120);
    expect(await lookupSelf(client)).toMatchObject({ accessor, policies: [world.policy] });
    await client.write("auth/token/revoke-self", {});
    await expect(lookupSelf(client)).rejects.toMatchObject({ statusCode: 403 });
  });

  it("is refused for another principal", async () => {
    const world = await awsWorld();
    const login = world.loginAs(await hostOf("somebody-else"));
    await expect(login.login()).rejects.toMatchObject({ statusCode: 400 });
  });

  it.each([
    ["is signed for another Vault", "other.example"],
    ["names no Vault at all", null],
  ])("is refused when the question %s", async (_what, serverId) => {
    const world = await awsWorld();
    const login = world.loginAs(await hostOf(world.roleName), serverId);
    await expect(login.login()).rejects.toMatchObject({ statusCode: 400 });
  });

  it("is refused when the Vault's name is added after signing", async () => {
    const world = await awsWorld();
    const sign = callerIdentitySigner({ region: null, credentials: await hostOf(world.roleName) });
    const forged = awsIamLogin(
      world.vault,
      { mount: world.mount, role: "gb-admin", serverId: SERVER_ID },
      async (extra) => {
        const signed = await sign({});
        return { ...signed, headers: { ...signed.headers, ...extra } };
      },
    );
    await expect(forged.login()).rejects.toBeInstanceOf(VaultRefusedError);
  });

  it("says that there are no AWS credentials, and nothing that their provider said", async () => {
    const world = await awsWorld();
    const sign = callerIdentitySigner({
      region: null,
      credentials: () => Promise.reject(new Error("the helper printed s3cret")),
    });
    const login = awsIamLogin(world.vault, { mount: world.mount, role: "gb-admin", serverId: SERVER_ID }, sign).login();
    await expect(login).rejects.toBeInstanceOf(AwsCredentialsError);
    await expect(login).rejects.not.toThrow(/s3cret/);
  });
});

describe("callerIdentitySigner", () => {
  const keys: Keys = {
    accessKeyId: "AKIAPRACTICE",
    secretAccessKey: "practice-secret",
    sessionToken: "practice-token",
  };

  // The practice STS takes any signature, so it is worked out a second time here.
  it.each([
    [null, "sts.amazonaws.com", "us-east-1"],
    ["eu-central-1", "sts.eu-central-1.amazonaws.com", "eu-central-1"],
    ["cn-north-1", "sts.cn-north-1.amazonaws.com.cn", "cn-north-1"],
  ])("signs for region %s, with every header that counts under the signature", async (region, host, scope) => {
    const sign = callerIdentitySigner({ region, credentials: keys });
    const { url, body, headers } = await sign({ "X-Vault-AWS-IAM-Server-ID": SERVER_ID });
    expect([url, body]).toEqual([`https://${host}/`, "Action=GetCallerIdentity&Version=2011-06-15"]);
    const [, signedHeaders = "", signature] =
      /SignedHeaders=([^,]+), Signature=(\w+)$/.exec(headers.authorization ?? "") ?? [];
    expect(signedHeaders.split(";")).toEqual(
      expect.arrayContaining([
        "content-type",
        "host",
        "x-amz-date",
        "x-amz-security-token",
        "x-vault-aws-iam-server-id",
      ]),
    );
    expect(signature).toBe(signatureOf({ headers, signedHeaders, body, scope, secret: keys.secretAccessKey }));
  });
});

/** @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html */
function signatureOf(request: {
  headers: Readonly<Record<string, string>>;
  signedHeaders: string;
  body: string;
  scope: string;
  secret: string;
}): string {
  const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
  const hmac = (key: string | Buffer, text: string): Buffer => createHmac("sha256", key).update(text).digest();
  const byName = new Map(Object.entries(request.headers).map(([name, value]) => [name.toLowerCase(), value]));
  const lines = request.signedHeaders.split(";").map((name) => `${name}:${byName.get(name)}\n`);
  const canonical = ["POST", "/", "", lines.join(""), request.signedHeaders, sha256(request.body)].join("\n");
  const at = byName.get("x-amz-date") ?? "";
  const day = at.slice(0, 8);
  const text = ["AWS4-HMAC-SHA256", at, `${day}/${request.scope}/sts/aws4_request`, sha256(canonical)].join("\n");
  const key = [day, request.scope, "sts", "aws4_request"].reduce<string | Buffer>(hmac, `AWS4${request.secret}`);
  return hmac(key, text).toString("hex");
}
