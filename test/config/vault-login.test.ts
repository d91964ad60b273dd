import { describe, expect, it } from "vitest";
import { type BadConfigError, loadConfig } from "../../src/config.ts";

/** A worker's environment without a login to Vault. */
const WORKER = {
  DATABASE_URL: "postgres://localhost/glovebox",
  VAULT_ADDR: "http://127.0.0.1:8200",
  APPROVAL_PUBLIC_KEY_FILES: "approval.pub",
  RECEIPT_KEY_FILE: "receipt.key",
  DIGEST_KEY_FILE: "digest.key",
};

const adminLogin = (env: NodeJS.ProcessEnv) => loadConfig({ ...WORKER, ...env }, "worker").worker?.adminLogin;

function faultsOf(env: NodeJS.ProcessEnv, role: "worker" | "bot" = "worker"): readonly string[] {
  try {
    loadConfig({ ...WORKER, ...env }, role);
    return [];
  } catch (error) {
    return (error as BadConfigError).faults;
  }
}

describe("an identity's login in the environment", () => {
  it("is by AppRole unless another method is named", () => {
    const login = adminLogin({ VAULT_ADMIN_ROLE_ID: "r", VAULT_ADMIN_SECRET_ID: "s3cret" });
    expect(login).toMatchObject({ method: "approle", roleId: "r" });
    expect(JSON.stringify(login)).not.toContain("s3cret");
  });

  it.each([
    [
      "aws",
      { VAULT_ADMIN_LOGIN_ROLE: "worker" },
      { method: "aws", mount: "aws", role: "worker", serverId: null, stsRegion: null },
    ],
    [
      "aws",
      {
        VAULT_ADMIN_LOGIN_ROLE: "worker",
        VAULT_ADMIN_LOGIN_MOUNT: "cloud/aws",
        VAULT_ADMIN_LOGIN_SERVER_ID: "vault.example",
        VAULT_ADMIN_LOGIN_STS_REGION: "eu-central-1",
      },
      { method: "aws", mount: "cloud/aws", role: "worker", serverId: "vault.example", stsRegion: "eu-central-1" },
    ],
    [
      "jwt",
      { VAULT_ADMIN_LOGIN_ROLE: "worker", VAULT_ADMIN_LOGIN_FILE: "/run/jwt" },
      { method: "jwt", mount: "jwt", role: "worker", file: "/run/jwt" },
    ],
    [
      "kubernetes",
      { VAULT_ADMIN_LOGIN_ROLE: "worker" },
      {
        method: "kubernetes",
        mount: "kubernetes",
        role: "worker",
        file: "/var/run/secrets/kubernetes.io/serviceaccount/token",
      },
    ],
  ])("is by %s with %j", (method, given, expected) => {
    expect(adminLogin({ VAULT_ADMIN_LOGIN: method, ...given })).toEqual(expected);
  });

  it.each([
    ["approle", ["VAULT_ADMIN_ROLE_ID is not set", "VAULT_ADMIN_SECRET_ID is not set"]],
    ["aws", ["VAULT_ADMIN_LOGIN_ROLE is not set"]],
    ["jwt", ["VAULT_ADMIN_LOGIN_ROLE is not set", "VAULT_ADMIN_LOGIN_FILE is not set"]],
    ["kubernetes", ["VAULT_ADMIN_LOGIN_ROLE is not set"]],
    ["userpass", ["VAULT_ADMIN_LOGIN must be one of approle, aws, jwt, kubernetes, token-file"]],
  ])("by %s names everything that is missing, together with the other faults", (method, expected) => {
    expect(faultsOf({ VAULT_ADMIN_LOGIN: method, DIGEST_KEY_FILE: "" })).toEqual([
      "DIGEST_KEY_FILE is not set",
      ...expected,
    ]);
  });

  it.each(["auth/aws", "aws/", "/aws", "aws/../token", "a b"])("refuses %j as the name of a mount", (mount) => {
    const env = { VAULT_ADMIN_LOGIN: "aws", VAULT_ADMIN_LOGIN_ROLE: "r", VAULT_ADMIN_LOGIN_MOUNT: mount };
    expect(faultsOf(env)).toEqual([expect.stringMatching(/^VAULT_ADMIN_LOGIN_MOUNT must be a mount's name/)]);
  });

  it("by an agent's token is for catalog and gate, not for the admin, whose token dies with each move", () => {
    expect(faultsOf({ VAULT_ADMIN_LOGIN: "token-file", VAULT_ADMIN_LOGIN_FILE: "/run/token" })).toEqual([
      expect.stringMatching(/^VAULT_ADMIN_LOGIN can't be token-file: its token is revoked after each move/),
    ]);
    const bot = { VAULT_GATE_LOGIN: "token-file", VAULT_GATE_LOGIN_FILE: "/run/token", VAULT_CATALOG_LOGIN: "aws" };
    const faults = faultsOf(bot, "bot").filter((fault) => fault.startsWith("VAULT_"));
    expect(faults).toEqual(["VAULT_CATALOG_LOGIN_ROLE is not set"]);
  });
});

describe("a worker's roles in AWS", () => {
  const login = { VAULT_ADMIN_ROLE_ID: "r", VAULT_ADMIN_SECRET_ID: "s" };

  it.each(["arn:aws:iam::123456789012:role/path/writer", "arn:aws-us-gov:iam::{account}:role/writer"])(
    "may be %s",
    (AWS_WRITER_ROLE_ARN) => {
      expect(faultsOf({ ...login, AWS_WRITER_ROLE_ARN })).toEqual([]);
    },
  );

  it.each(["glovebox-writer", "arn:aws:iam::123456789012:user/writer", "arn:aws:iam::1:role/writer"])(
    "may not be %s",
    (AWS_WRITER_ROLE_ARN) => {
      expect(faultsOf({ ...login, AWS_WRITER_ROLE_ARN })).toEqual([
        "AWS_WRITER_ROLE_ARN must be the ARN of an IAM role",
      ]);
    },
  );
});
