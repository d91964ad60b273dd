import { STSClient, type STSClientConfig } from "@aws-sdk/client-sts";
import { codeOf, GloveboxError } from "../errors.ts";

/** The process has no AWS credentials, or AWS didn't hand them out just now. */
export class AwsCredentialsError extends GloveboxError {
  readonly code = "AWS_CREDENTIALS";
  readonly userMessage =
    "Glovebox has no AWS credentials to log in to Vault with, so nothing was read or changed. Ask the operators to check the role of its host, then press Retry.";
  override readonly retryable = true;
  constructor(kind: string) {
    super(`no AWS credentials to sign with (${kind})`);
  }
}

export interface CallerIdentitySignerOptions {
  /** null: STS's global endpoint, which is what Vault asks unless its mount says otherwise. */
  readonly region: string | null;
  /** Absent: the SDK's chain (environment, profile, role). */
  readonly credentials?: STSClientConfig["credentials"];
}

const BODY = "Action=GetCallerIdentity&Version=2011-06-15";
const GLOBAL_REGION = "us-east-1";

/**
 * Signs "who am I?" without asking it: Vault does that in our place and learns which AWS principal we are. The SDK's own
 * signer and credentials, which are kept until they run out.
 */
export function callerIdentitySigner({ region, credentials }: CallerIdentitySignerOptions) {
  const sts = new STSClient({ region: region ?? GLOBAL_REGION, ...(credentials !== undefined && { credentials }) });
  const host = region === null ? "sts.amazonaws.com" : regionalHost(region);
  return async (extraHeaders: Readonly<Record<string, string>>) => {
    const signer = await sts.config.signer();
    const signed = await signer
      .sign({
        method: "POST",
        protocol: "https:",
        hostname: host,
        path: "/",
        query: {},
        headers: { host, "content-type": "application/x-www-form-urlencoded; charset=utf-8", ...extraHeaders },
        body: BODY,
      })
      .catch((error: unknown) => {
        throw new AwsCredentialsError(codeOf(error)); // not its words: a provider may quote what it ran
      });
    return { url: `https://${host}/`, body: BODY, headers: signed.headers };
  };
}

function regionalHost(region: string): string {
  return `sts.${region}.amazonaws.com${region.startsWith("cn-") ? ".cn" : ""}`;
}
