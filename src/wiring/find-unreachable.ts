import { AwsCredentialsError } from "../aws/sign-caller-identity.ts";
import type { LoginSettings } from "../config/vault-login.ts";
import { BadConfigError, type BotConfig, type CommonConfig, type Config, type WorkerConfig } from "../config.ts";
import { codeOf } from "../errors.ts";
import { pingRedis } from "../queue/ping-redis.ts";
import { sqsIntake } from "../queue/sqs-intake.ts";
import type { Secret } from "../secret.ts";
import { checkTokens } from "../slack/check-tokens.ts";
import { LoginFileError } from "../vault/login/login-errors.ts";
import { endLogin } from "../vault/login/vault-login.ts";
import { VaultRefusedError, VaultSealedError, VaultUnavailableError } from "../vault/vault-errors.ts";
import { findStoreFaults } from "./find-store-faults.ts";
import { openLog } from "./open-core.ts";
import { openLogin } from "./open-login.ts";
import { readDigestKey, readKeyring, readOperatorKeys, readOwnKeyring, readSigner } from "./read-keys.ts";
import { PATIENCE_MS, tried } from "./try-server.ts";

/** Resolves to what is wrong, one line each, beginning with the variable to look at. */
type Check = () => Promise<readonly string[]>;

/**
 * Tries everything that this process can't begin without, all at once, so that whoever sets it up hears of every fault
 * together and not of one a start. Nothing is changed, and no line holds a value.
 */
export async function findUnreachable({ common, bot, worker }: Config): Promise<string[]> {
  const checks: Check[] = [
    keyCheck(() => readOperatorKeys(common)),
    () => findStoreFaults(common.DATABASE_URL),
    ...(common.REDIS_URL ? [redisCheck(common.REDIS_URL)] : []),
    ...(bot ? botChecks(common, bot) : []),
    ...(worker ? workerChecks(common, worker) : []),
  ];
  const faults = (await Promise.all(checks.map((check) => check()))).flat();
  return [...new Set(faults)]; // three logins to one silent Vault are one fault
}

const redisCheck =
  (url: Secret): Check =>
  () =>
    tried("REDIS_URL", "Redis", () => pingRedis(url.reveal(), PATIENCE_MS));

function botChecks(common: CommonConfig, bot: BotConfig): Check[] {
  return [
    vaultCheck(common, "VAULT_CATALOG", bot.catalogLogin),
    vaultCheck(common, "VAULT_GATE", bot.gateLogin),
    () => tried("INTAKE_QUEUE_URL", "the intake queue", () => askQueue(common, bot.INTAKE_QUEUE_URL)),
    () => tried("INTAKE_DLQ_URL", "the dead-letter queue", () => askQueue(common, bot.INTAKE_DLQ_URL)),
    () => checkSlack(bot),
    keyCheck(() =>
      readOwnKeyring(
        "APPROVAL_PUBLIC_KEY_FILES",
        readSigner("APPROVAL_KEY_FILE", bot.APPROVAL_KEY_FILE),
        bot.APPROVAL_PUBLIC_KEY_FILES,
      ),
    ),
    keyCheck(() => readKeyring("RECEIPT_PUBLIC_KEY_FILES", bot.RECEIPT_PUBLIC_KEY_FILES)),
  ];
}

function workerChecks(common: CommonConfig, worker: WorkerConfig): Check[] {
  return [
    vaultCheck(common, "VAULT_ADMIN", worker.adminLogin),
    keyCheck(() => readKeyring("APPROVAL_PUBLIC_KEY_FILES", worker.APPROVAL_PUBLIC_KEY_FILES)),
    keyCheck(() => readSigner("RECEIPT_KEY_FILE", worker.RECEIPT_KEY_FILE)),
    keyCheck(() => readDigestKey(worker.DIGEST_KEY_FILE)),
  ];
}

const keyCheck =
  (read: () => unknown): Check =>
  async () => {
    try {
      read();
      return [];
    } catch (error) {
      if (error instanceof BadConfigError) return error.faults;
      throw error;
    }
  };

async function askQueue(common: CommonConfig, url: string): Promise<void> {
  const endpoint = common.AWS_ENDPOINT_URL;
  const intake = sqsIntake({
    queueUrl: url,
    dlqUrl: url,
    region: common.AWS_REGION,
    ...(endpoint !== undefined && { endpoint }),
    log: openLog("silent"),
  });
  try {
    await intake.depth();
  } finally {
    intake.close();
  }
}

/** Logs the identity in and gives the token back. @param name `VAULT_GATE`: the variables begin with it. */
function vaultCheck(common: CommonConfig, name: string, settings: LoginSettings): Check {
  return async () => {
    try {
      const login = openLogin(common, settings);
      await endLogin(login, await login.login());
      return [];
    } catch (error) {
      return [vaultFault(error, name, settings)];
    }
  };
}

function vaultFault(error: unknown, name: string, { method }: LoginSettings): string {
  if (error instanceof VaultSealedError) return "VAULT_ADDR: Vault is sealed or has no active node";
  if (error instanceof VaultUnavailableError) return "VAULT_ADDR: Vault does not answer there";
  if (error instanceof LoginFileError) return `${name}_LOGIN_FILE: ${error.message}`;
  if (error instanceof AwsCredentialsError) return `${name}_LOGIN: there are no AWS credentials`;
  if (!(error instanceof VaultRefusedError)) return `VAULT_ADDR: what answers there is no Vault (${codeOf(error)})`;
  const { statusCode } = error;
  if (method === "token-file") return `${name}_LOGIN_FILE: Vault refuses its token`;
  if (method !== "approle") return `${name}_LOGIN_MOUNT, ${name}_LOGIN_ROLE: Vault refuses this login (${statusCode})`;
  if (statusCode === 400) return `${name}_ROLE_ID, ${name}_SECRET_ID: Vault refuses this login`;
  return `VAULT_AUTH_MOUNT, ${name}_ROLE_ID: Vault answers the login with ${statusCode}; is the auth mount set up (\`glovebox vault-setup\`)?`;
}

async function checkSlack({ SLACK_BOT_TOKEN, SLACK_APP_TOKEN, SLACK_API_URL }: BotConfig): Promise<string[]> {
  const { bot, app } = await checkTokens({
    botToken: SLACK_BOT_TOKEN.reveal(),
    appToken: SLACK_APP_TOKEN.reveal(),
    slackApiUrl: SLACK_API_URL,
  });
  const api = SLACK_API_URL === undefined ? "" : ", SLACK_API_URL";
  return [
    ...(bot === null ? [] : [`SLACK_BOT_TOKEN${api}: Slack does not take it (${bot})`]),
    ...(app === null ? [] : [`SLACK_APP_TOKEN${api}: Slack opens no connection for it (${app})`]),
  ];
}
