import type { VaultConnection } from "../vault-client.ts";
import { loginAt, type OwnTokenLogin } from "./vault-login.ts";

export interface AwsIamRole {
  readonly mount: string;
  readonly role: string;
  /** What the mount has as `iam_server_id_header_value`, or null: binds the signature to this Vault. */
  readonly serverId: string | null;
}

/** A signed question to AWS, "who am I?", which Vault asks in our place. Whoever holds it can ask it for 15 minutes. */
export interface SignedCallerIdentity {
  readonly url: string;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Signs with the process's AWS credentials; `headers` go under the signature. @throws {AwsCredentialsError} */
export type SignCallerIdentity = (headers: Readonly<Record<string, string>>) => Promise<SignedCallerIdentity>;

const base64 = (text: string): string => Buffer.from(text).toString("base64");

/** Logs in as the AWS principal that this process is. @see https://developer.hashicorp.com/vault/api-docs/auth/aws#login */
export function awsIamLogin(
  vault: VaultConnection,
  { mount, role, serverId }: AwsIamRole,
  sign: SignCallerIdentity,
): OwnTokenLogin {
  return {
    isTokenShared: false,
    async login() {
      const { url, body, headers } = await sign(serverId === null ? {} : { "X-Vault-AWS-IAM-Server-ID": serverId });
      return loginAt(vault, mount, {
        role,
        iam_http_request_method: "POST",
        iam_request_url: base64(url),
        iam_request_body: base64(body),
        iam_request_headers: base64(JSON.stringify(headers)),
      });
    },
  };
}
