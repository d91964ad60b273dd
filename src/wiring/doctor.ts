import { sql } from "kysely";
import { callerFinding } from "../aws/check-caller.ts";
import { apartFindings, roleFindings } from "../aws/check-roles.ts";
import type { LoginSettings } from "../config/vault-login.ts";
import type { Config } from "../config.ts";
import { codeOf, GloveboxError } from "../errors.ts";
import { openQueues } from "../queue/open-queues.ts";
import { sqsIntake } from "../queue/sqs-intake.ts";
import type { Rules } from "../rules.ts";
import type { Secret } from "../secret.ts";
import { checkSlack } from "../slack/check-slack.ts";
import { openStore } from "../store/open-store.ts";
import { checkIdentity } from "../vault/check-rights.ts";
import { checkServer } from "../vault/check-server.ts";
import { holdToPrefixes } from "../vault/setup/hold-to-prefixes.ts";
import { openVaultClient } from "../vault/vault-client.ts";
import { checkKeys } from "./doctor-keys.ts";
import { crawledMounts, visibleMounts } from "./doctor-mounts.ts";
import { checkWithOperator } from "./doctor-vault.ts";
import type { Finding } from "./finding.ts";
import { MIGRATE_ONE_AT_A_TIME } from "./open-base.ts";
import { openLog } from "./open-core.ts";
import { openLogin, vaultOf } from "./open-login.ts";
import { rolesOf } from "./target-roles.ts";

type Check = readonly [what: string, check: () => Promise<readonly Finding[]>];

/**
 * Tries every right that this process needs and every right that it must not have, against the real systems. Changes
 * nothing; a check that fails does not stop the others.
 * @param operatorToken Given, the policies of the whole server are looked through as well.
 */
export async function examine(config: Config, rules: Rules, operatorToken: Secret | null): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const [what, check] of checksFor(config, rules, operatorToken)) {
    const found = await check().catch((error: unknown): Finding[] => [
      { ok: false, text: `${what}: ${reason(error)}` },
    ]);
    findings.push(...found);
  }
  return findings;
}

function checksFor(config: Config, rules: Rules, operatorToken: Secret | null): Check[] {
  const { common, bot, worker, role } = config;
  const vault = vaultOf(common);
  const aws = { endpoint: common.AWS_ENDPOINT_URL };
  const names = { authMount: common.VAULT_AUTH_MOUNT, policyPrefix: common.VAULT_POLICY_PREFIX };
  const isPractice = /^http:\/\/(127\.0\.0\.1|localhost|\[::1\])/.test(vault.address);
  const rights = (name: "catalog" | "gate" | "admin", login: LoginSettings): Check => [
    `Vault identity ${name}`,
    async () => {
      const { served, others } = bot
        ? await visibleMounts(openLogin(common, bot.catalogLogin))
        : await crawledMounts(common);
      const mounts = rules.gate.mode === "off" ? holdToPrefixes(served, rules.gate.prefixes) : served;
      const found = await checkIdentity({ names, mounts, others }, name, openLogin(common, login));
      const wrong = found.filter(({ isRight }) => !isRight);
      if (wrong.length === 0)
        return [{ ok: true, text: `Vault identity ${name}: ${found.length} rights are as they must be` }];
      return wrong.map(({ path, expected, actual }) => ({
        ok: false,
        text: `Vault identity ${name}: on ${path} it has ${actual.join(", ")} and must have ${expected.join(", ")}`,
      }));
    },
  ];
  return [
    ["separation", async () => [separationFinding(role, rules), ...gateFindings(rules)]],
    ["Postgres", () => checkPostgres(common.DATABASE_URL.reveal())],
    ["queues", () => checkQueues(config)],
    ["Vault", () => checkServer(openVaultClient(vault, ""), isPractice)],
    ...(bot ? [rights("catalog", bot.catalogLogin), rights("gate", bot.gateLogin)] : []),
    ...(worker ? [rights("admin", worker.adminLogin)] : []),
    ...(operatorToken
      ? [
          [
            "Vault's set-up",
            () => checkWithOperator(openVaultClient(vault, operatorToken.reveal()), config, rules),
          ] satisfies Check,
        ]
      : []),
    ["keys", () => checkKeys(config)],
    // A worker with a writer's role does nothing in AWS under its own name, so its own account may be any.
    ...(bot || worker?.AWS_WRITER_ROLE_ARN === undefined
      ? [["AWS", () => callerFinding(aws, rules.targets)] satisfies Check]
      : []),
    ...(worker
      ? [
          [
            "AWS roles",
            async () => [
              ...apartFindings(rolesOf(worker)),
              ...(await roleFindings(aws, rules.targets, rolesOf(worker))),
            ],
          ] satisfies Check,
        ]
      : []),
    ...(bot
      ? ([
          ["intake queue", () => checkIntake(config)],
          ["Slack", () => checkSlack({ token: bot.SLACK_BOT_TOKEN.reveal(), slackApiUrl: bot.SLACK_API_URL }, rules)],
        ] satisfies Check[])
      : []),
  ];
}

function separationFinding(role: Config["role"], { separation }: Rules): Finding {
  if (role !== "all") return { ok: true, text: `role ${role}: approving and moving are apart` };
  const isWanted = separation === "off";
  return {
    ok: isWanted,
    text: `one process can both approve and move${isWanted ? " (separation: off, said on receipts)" : ""}`,
  };
}

/** A line of its own where the gate is off: that is allowed, and nobody should forget it. */
export function gateFindings({ gate: { mode, prefixes } }: Pick<Rules, "gate">): Finding[] {
  if (mode === "on") return [];
  const text = `gate: off (said on cards and receipts): Vault holds the worker to ${prefixes.join(", ")}; nobody checks at the move if the approver still is one, or if the database is behind`;
  return [{ ok: true, text }];
}

async function checkPostgres(url: string): Promise<Finding[]> {
  const store = openStore(url, () => {}, 1);
  try {
    const { rows } = await sql<{ version: string }>`select current_setting('server_version') as version`.execute(store);
    return [{ ok: true, text: `Postgres ${rows[0]?.version} answers` }];
  } finally {
    await store.destroy();
  }
}

async function checkQueues({ common }: Config): Promise<Finding[]> {
  const redisUrl = common.REDIS_URL?.reveal() ?? null;
  const queues = openQueues({
    redisUrl,
    databaseUrl: common.DATABASE_URL.reveal(),
    log: openLog("error"),
    oneAtATime: MIGRATE_ONE_AT_A_TIME,
  });
  try {
    await queues.ping();
    return [{ ok: true, text: `the queues answer, on ${redisUrl === null ? "Postgres" : "Redis"}` }];
  } finally {
    await queues.close();
  }
}

async function checkIntake({ common, bot }: Config): Promise<Finding[]> {
  if (!bot) return [];
  const intake = sqsIntake({
    queueUrl: bot.INTAKE_QUEUE_URL,
    dlqUrl: bot.INTAKE_DLQ_URL,
    region: common.AWS_REGION,
    ...(common.AWS_ENDPOINT_URL !== undefined && { endpoint: common.AWS_ENDPOINT_URL }),
    log: openLog("error"),
  });
  try {
    const { waiting, dead } = await intake.depth();
    return [
      { ok: true, text: `the intake queue answers, ${waiting} waiting` },
      {
        ok: dead === 0,
        text: `${dead === 1 ? "1 message" : `${dead} messages`} in the dead-letter queue${dead === 0 ? "" : ": look, then `glovebox redrive`"}`,
      },
    ];
  } finally {
    intake.close();
  }
}

/** Our own words, or the kind of failure: a vendor's message may quote a token. */
function reason(error: unknown): string {
  return error instanceof GloveboxError ? `${error.message} (${error.code})` : codeOf(error);
}
