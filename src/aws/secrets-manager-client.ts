import { SecretsManagerClient, type SecretsManagerClientConfig } from "@aws-sdk/client-secrets-manager";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import type { TargetRef } from "../approvals/content.ts";
import { mapTargetError } from "./map-target-error.ts";

export interface SecretsManagerClientsOptions {
  /** An explicit endpoint (practice, VPC endpoint). Absent: the SDK's own choice, AWS_ENDPOINT_URL included. */
  readonly endpoint?: string | undefined;
  /** Absent: the SDK's chain (environment, profile, role). */
  readonly credentials?: SecretsManagerClientConfig["credentials"];
  readonly connectionTimeoutMs?: number;
  readonly requestTimeoutMs?: number;
}

export interface SecretsManagerClients {
  clientFor(target: Pick<TargetRef, "region">): SecretsManagerClient;
  /** The account that our credentials act in; asked once per region. @throws {TargetAccessDeniedError} */
  callerAccount(target: Pick<TargetRef, "region" | "name">): Promise<string>;
  close(): void;
}

/** The first call and two repeats by the SDK, for throttling, 5xx and broken connections; always with the same token. */
const MAX_ATTEMPTS = 3;

/** One client per region, kept open. Answers slower than the timeouts fail; the SDK itself would wait for ever. */
export function secretsManagerClients(options: SecretsManagerClientsOptions = {}): SecretsManagerClients {
  const { endpoint, credentials, connectionTimeoutMs = 2_000, requestTimeoutMs = 10_000 } = options;
  const settings = {
    maxAttempts: MAX_ATTEMPTS,
    requestHandler: {
      connectionTimeout: connectionTimeoutMs,
      requestTimeout: requestTimeoutMs,
      throwOnRequestTimeout: true, // without it a request that takes too long is only a warning in the log
    },
    ...(endpoint !== undefined && { endpoint }),
    ...(credentials !== undefined && { credentials }),
  };
  const clients = new Map<string, SecretsManagerClient>();
  const accounts = new Map<string, string>();

  const clientFor = ({ region }: Pick<TargetRef, "region">): SecretsManagerClient => {
    const known = clients.get(region);
    if (known) return known;
    const client = new SecretsManagerClient({ ...settings, region });
    clients.set(region, client);
    return client;
  };

  const callerAccount = async (target: Pick<TargetRef, "region" | "name">): Promise<string> => {
    const known = accounts.get(target.region);
    if (known) return known;
    const sts = new STSClient({ ...settings, region: target.region });
    try {
      const { Account: account = "" } = await sts.send(new GetCallerIdentityCommand({}));
      accounts.set(target.region, account);
      return account;
    } catch (error) {
      throw mapTargetError(error, { operation: "GetCallerIdentity", target });
    } finally {
      sts.destroy();
    }
  };

  const close = (): void => {
    for (const client of clients.values()) client.destroy();
    clients.clear();
  };
  return { clientFor, callerAccount, close };
}
