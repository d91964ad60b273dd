import { AssumeRoleCommand } from "@aws-sdk/client-sts";
import type { TargetRef } from "../approvals/content.ts";
import { TargetRefusedError } from "../migration/target-errors.ts";
import { mapTargetError } from "./map-target-error.ts";
import type { SecretsManagerClients, SessionCredentials } from "./secrets-manager-client.ts";
import { MAX_SESSION_POLICY, sessionPolicy, type TargetDuty } from "./session-policy.ts";
import type { SecretsManagerTargetDeps } from "./target-calls.ts";

export interface TargetRoles {
  /** ARN of the role that writes, `{account}` standing for the target's. null: the process's own credentials write. */
  readonly writer: string | null;
  /** ARN of the role that deletes, restores and moves labels back. null: the writer does that too. */
  readonly rollback: string | null;
}

export interface TargetSessions extends Pick<SecretsManagerTargetDeps, "clientFor"> {
  renew(target: TargetRef, duty: TargetDuty): boolean;
  callerAccount(target: TargetRef): Promise<string>;
  /** The account of the role for a duty; null where the process's own credentials do it. */
  accountOf(target: TargetRef, duty: TargetDuty): string | null;
}

/** AWS's shortest, in seconds. The SDK asks for new credentials five minutes before these end. */
const SESSION_SECONDS = 900;

/**
 * Clients for one migration. With a role, each target and duty gets a session of its own, limited to that one name and
 * named after the migration, which is then what CloudTrail shows. A session is made with the first call that needs it.
 */
export function targetSessions(
  clients: SecretsManagerClients,
  { writer, rollback }: TargetRoles,
  migrationId: string,
): TargetSessions {
  const opened = new Map<string, ReturnType<SecretsManagerClients["sessionClient"]>>();
  const renewed = new Set<string>();
  const keyOf = ({ accountId, region, name, kmsKeyId }: TargetRef, duty: TargetDuty): string =>
    JSON.stringify([duty, accountId, region, name, kmsKeyId]);
  const roleFor = ({ accountId }: TargetRef, duty: TargetDuty): string | null =>
    (duty === "roll-back" ? (rollback ?? writer) : writer)?.replace("{account}", accountId) ?? null;
  const accountOf: TargetSessions["accountOf"] = (target, duty) => roleFor(target, duty)?.split(":")[4] ?? null;
  return {
    clientFor(target, duty) {
      const roleArn = roleFor(target, duty);
      if (roleArn === null) return clients.clientFor(target);
      const key = keyOf(target, duty);
      const known = opened.get(key);
      if (known) return known;
      const client = clients.sessionClient(target, () => assumeRole(clients, { roleArn, migrationId, target, duty }));
      opened.set(key, client);
      return client;
    },
    /** Once for each: a denial that stands is a denial. */
    renew(target, duty) {
      const key = keyOf(target, duty);
      if (renewed.has(key) || !opened.delete(key)) return false;
      renewed.add(key);
      return true;
    },
    callerAccount: async (target) => accountOf(target, "write") ?? clients.callerAccount(target),
    accountOf,
  };
}

async function assumeRole(
  clients: SecretsManagerClients,
  { roleArn, migrationId, target, duty }: { roleArn: string; migrationId: string; target: TargetRef; duty: TargetDuty },
): Promise<SessionCredentials> {
  const operation = "AssumeRole";
  const policy = sessionPolicy(target, duty, partitionOfRole(roleArn));
  // A name in AWS's alphabet always fits; one that doesn't can't be a target.
  if (policy.length > MAX_SESSION_POLICY)
    throw new TargetRefusedError({ operation, target, awsError: "PolicyTooLong" });
  const command = new AssumeRoleCommand({
    RoleArn: roleArn,
    RoleSessionName: migrationId,
    DurationSeconds: SESSION_SECONDS,
    Policy: policy,
  });
  const { Credentials: given } = await clients
    .stsFor(target)
    .send(command)
    .catch((error: unknown) => {
      throw mapTargetError(error, { operation, target });
    });
  if (!given?.AccessKeyId || !given.SecretAccessKey || !given.SessionToken || !given.Expiration) {
    throw new TargetRefusedError({ operation, target, awsError: "NoCredentials" });
  }
  return {
    accessKeyId: given.AccessKeyId,
    secretAccessKey: given.SecretAccessKey,
    sessionToken: given.SessionToken,
    expiration: given.Expiration,
  };
}

const partitionOfRole = (arn: string): string => arn.split(":")[1] ?? "aws";
