import type { TargetRef } from "../approvals/content.ts";
import { codeOf, GloveboxError } from "../errors.ts";
import type { AllowedTarget } from "../migration/allowed-target.ts";
import { type SecretsManagerClientsOptions, secretsManagerClients } from "./secrets-manager-client.ts";
import type { TargetDuty } from "./session-policy.ts";
import { type TargetRoles, targetSessions } from "./target-sessions.ts";

interface Finding {
  /** null: it can't be told from here. */
  readonly ok: boolean | null;
  readonly text: string;
}

/**
 * Are writing and taking back apart, and what holds a sealed value? The condition itself is IAM's: it can't be tried
 * without harm, so doctor says what it can't tell.
 */
export function apartFindings({ writer, rollback }: TargetRoles): Finding[] {
  const sealing =
    "AWS: whether the writer's policy lets it read what is sealed can't be told from here: run step 5's policy through IAM's policy simulator";
  if (writer !== null && writer === rollback) {
    return [
      {
        ok: false,
        text: "AWS: AWS_WRITER_ROLE_ARN and AWS_ROLLBACK_ROLE_ARN are one role: who writes can also unseal",
      },
      { ok: null, text: sealing },
    ];
  }
  const text =
    rollback === null
      ? "AWS: no rollback role is configured, so whoever writes also deletes, restores and unseals"
      : "AWS: the writer's and the rollback role are apart";
  return [
    { ok: true, text },
    { ok: null, text: sealing },
  ];
}

const PROBE = "glovebox-doctor-probe";

/**
 * Can each role be assumed for a name under each rule, limited to it? Nothing is written. A role that nobody named is
 * not looked at: there the process's own credentials act.
 */
export async function roleFindings(
  options: SecretsManagerClientsOptions,
  targets: readonly AllowedTarget[],
  roles: TargetRoles,
): Promise<Finding[]> {
  const clients = secretsManagerClients(options);
  const sessions = targetSessions(clients, roles, PROBE);
  const duties: TargetDuty[] = [
    ...(roles.writer === null ? [] : (["write"] as const)),
    ...(roles.rollback === null ? [] : (["roll-back"] as const)),
  ];
  const checks = targets.flatMap(({ accountId, region, namePrefix }) => {
    const target: TargetRef = { accountId, region, name: `${namePrefix}${PROBE}`, kmsKeyId: null };
    return duties.map((duty) => roleFinding(sessions, target, duty));
  });
  try {
    return await Promise.all(checks);
  } finally {
    clients.close();
  }
}

async function roleFinding(
  { clientFor, accountOf }: ReturnType<typeof targetSessions>,
  target: TargetRef,
  duty: TargetDuty,
): Promise<Finding> {
  const what = `AWS ${target.region}: the ${duty === "write" ? "writer" : "rollback"} role`;
  const account = accountOf(target, duty);
  if (account !== target.accountId) {
    return { ok: false, text: `${what} is of account ${account}, the rules say ${target.accountId}` };
  }
  try {
    await clientFor(target, duty).config.credentials(); // asks STS
    return { ok: true, text: `${what} can be assumed for one name in ${account}` };
  } catch (error) {
    return { ok: false, text: `${what}: ${error instanceof GloveboxError ? error.message : codeOf(error)}` };
  }
}
