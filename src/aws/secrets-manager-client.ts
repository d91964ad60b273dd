import { SecretsManagerClient, type SecretsManagerClientConfig } from "@aws-sdk/client-secrets-manager";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import type { TargetRef } from "../approvals/content.ts";
import { TargetThrottledError } from "../migration/target-errors.ts";
import { mapTargetError } from "./map-target-error.ts";

export interface SecretsManagerClientsOptions {
  /** An explicit endpoint (practice, VPC endpoint). Absent: the SDK's own choice, AWS_ENDPOINT_URL included. */
  readonly endpoint?: string | undefined;
  /** Absent: the SDK's chain (environment, profile, role). */
  readonly credentials?: SecretsManagerClientConfig["credentials"];
  readonly connectionTimeoutMs?: number;
  readonly requestTimeoutMs?: number;
  /** Hears each refusal for being too fast, also those that the SDK itself repeats. */
  readonly onThrottled?: () => void;
}

/** What STS lends, and until when. */
export interface SessionCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  readonly expiration: Date;
}

export interface SecretsManagerClients {
  clientFor(target: Pick<TargetRef, "region">): SecretsManagerClient;
  /** A client with credentials of its own, on the same connections as the others. It needs no closing. */
  sessionClient(
    target: Pick<TargetRef, "region">,
    credentials: () => Promise<SessionCredentials>,
  ): SecretsManagerClient;
  stsFor(target: Pick<TargetRef, "region">): STSClient;
  /** The account that our credentials act in; asked once per region. @throws {TargetAccessDeniedError} */
  callerAccount(target: Pick<TargetRef, "region" | "name">): Promise<string>;
  close(): void;
}

/** The first call and two repeats by the SDK, for throttling, 5xx and broken connections; always with the same token. */
const MAX_ATTEMPTS = 3;

/** One client per region, kept open. Answers slower than the timeouts fail; the SDK itself would wait for ever. */
export function secretsManagerClients(options: SecretsManagerClientsOptions = {}): SecretsManagerClients {
  const { endpoint, credentials, connectionTimeoutMs = 2_000, requestTimeoutMs = 10_000, onThrottled } = options;
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
  const stsClients = new Map<string, STSClient>();
  const accounts = new Map<string, string>();

  const clientFor = ({ region }: Pick<TargetRef, "region">): SecretsManagerClient => {
    const known = clients.get(region);
    if (known) return known;
    const client = hearingThrottles(new SecretsManagerClient({ ...settings, region }), onThrottled);
    clients.set(region, client);
    return client;
  };

  const sessionClient: SecretsManagerClients["sessionClient"] = ({ region }, lent) => {
    const { requestHandler } = clientFor({ region }).config;
    const client = new SecretsManagerClient({ ...settings, region, requestHandler, credentials: lent });
    return hearingThrottles(client, onThrottled);
  };

  const stsFor = ({ region }: Pick<TargetRef, "region">): STSClient => {
    const known = stsClients.get(region);
    if (known) return known;
    const client = new STSClient({ ...settings, region });
    stsClients.set(region, client);
    return client;
  };

  const callerAccount = async (target: Pick<TargetRef, "region" | "name">): Promise<string> => {
    const known = accounts.get(target.region);
    if (known) return known;
    try {
      const { Account: account = "" } = await stsFor(target).send(new GetCallerIdentityCommand({}));
      accounts.set(target.region, account);
      return account;
    } catch (error) {
      throw mapTargetError(error, { operation: "GetCallerIdentity", target });
    }
  };

  const close = (): void => {
    for (const client of [...clients.values(), ...stsClients.values()]) client.destroy();
    clients.clear();
    stsClients.clear();
  };
  return { clientFor, sessionClient, stsFor, callerAccount, close };
}

/** Below the SDK's own repeats, so that each refused attempt is heard. */
function hearingThrottles(client: SecretsManagerClient, onThrottled: (() => void) | undefined): SecretsManagerClient {
  if (!onThrottled) return client;
  client.middlewareStack.add(
    (next) => async (args) => {
      try {
        return await next(args);
      } catch (error) {
        const call = { operation: "", target: { region: "", name: "" } };
        if (mapTargetError(error, call) instanceof TargetThrottledError) onThrottled();
        throw error;
      }
    },
    { step: "deserialize", priority: "high", name: "hearThrottles" },
  );
  return client;
}
