import { z } from "zod";
import { type LoginSettings, ownVaultLogin, vaultLogin } from "./config/vault-login.ts";
import { Secret } from "./secret.ts";

/** What a process does. `all` is every role in one process: the practice default. */
export const ROLES = ["bot", "worker", "web", "all"] as const;
export type Role = (typeof ROLES)[number];

const text = z.string().trim().min(1, "is empty");
const secret = text.transform((value) => new Secret(value));
const seconds = (min: number, max: number, standard: number) =>
  z.coerce.number().int().min(min).max(max).default(standard);
const url = (...protocols: string[]) =>
  text.refine((value) => protocols.some((protocol) => value.startsWith(`${protocol}://`)), {
    message: `must start with ${protocols.map((protocol) => `${protocol}://`).join(" or ")}`,
  });
/** A URL that may hold a password. */
const secretUrl = (...protocols: string[]) => url(...protocols).transform((value) => new Secret(value));
const roleArn = text.regex(
  /^arn:aws[\w-]*:iam::(\d{12}|\{account\}):role\/[\w+=,.@/-]+$/,
  "must be the ARN of an IAM role",
);
const files = text.transform((value) => value.split(",").map((file) => file.trim()));

/** `tcp://127.0.0.1:9090` or `unix:///run/glovebox/audit.sock`. */
const socketPlace = text.transform((value, context) => {
  const [, path] = /^unix:\/\/(\/.+)$/.exec(value) ?? [];
  if (path !== undefined) return { path };
  const [, host = "", port = ""] = /^tcp:\/\/(.+):(\d{1,5})$/.exec(value) ?? [];
  if (host !== "" && Number(port) <= 65_535) return { host: host.replace(/^\[(.*)\]$/, "$1"), port: Number(port) };
  context.addIssue({ code: "custom", message: "must be tcp://address:port or unix:///path" });
  return z.NEVER;
});

const Common = z.object({
  DATABASE_URL: secretUrl("postgres", "postgresql"),
  REDIS_URL: secretUrl("redis", "rediss").optional(),
  GLOVEBOX_RULES: text.default("glovebox.yaml"),
  VAULT_ADDR: url("http", "https"),
  VAULT_TIMEOUT_MS: z.coerce.number().int().min(100).max(60_000).default(5_000),
  VAULT_AUTH_MOUNT: text.default("glovebox"),
  VAULT_POLICY_PREFIX: text.default("gb"),
  /** Auth mount, policies and KV mounts of this installation all stand in it. Absent: the root. */
  VAULT_NAMESPACE: text
    .regex(/^[^\s/]+(\/[^\s/]+)*$/, "must be a namespace's path without slashes at its ends")
    .optional(),
  /** Operators' public keys: who may allow a finished version to move once more. Absent: nobody. */
  OPERATOR_PUBLIC_KEY_FILES: files.optional(),
  AWS_REGION: text.default("eu-central-1"),
  AWS_ENDPOINT_URL: url("http", "https").optional(),
  /** How long a job, a delivery or a message stays taken after the process that took it died. */
  TAKEOVER_SECONDS: seconds(2, 600, 30),
  LOG_LEVEL: z.enum(["debug", "info", "warn", "error"]).default("info"),
  /** 0: any free port, printed at start. */
  HEALTH_PORT: z.coerce.number().int().min(0).max(65_535).default(8_710),
});

const Bot = z.object({
  SLACK_BOT_TOKEN: z
    .string()
    .startsWith("xoxb-", "must start with xoxb-")
    .transform((value) => new Secret(value)),
  /** Socket Mode. */
  SLACK_APP_TOKEN: z
    .string()
    .startsWith("xapp-", "must start with xapp-")
    .transform((value) => new Secret(value)),
  /** Only for a practice workspace. */
  SLACK_API_URL: url("http", "https").optional(),
  APPROVAL_KEY_FILE: text,
  /** Keys whose signatures still count here, besides our own: an earlier one, while its approvals run out. */
  APPROVAL_PUBLIC_KEY_FILES: files.optional(),
  RECEIPT_PUBLIC_KEY_FILES: files,
  INTAKE_QUEUE_URL: url("http", "https"),
  INTAKE_DLQ_URL: url("http", "https"),
  /** An SQS FIFO queue: the doorbell of a worker in Lambda. Absent: a worker process takes from our own queue. */
  MIGRATE_QUEUE_URL: url("http", "https")
    .refine((value) => value.endsWith(".fifo"), "must be the URL of a FIFO queue (.fifo)")
    .optional(),
  /** How long one look at the intake queue waits for a message. */
  INTAKE_WAIT_SECONDS: seconds(1, 20, 20),
  /** How often lost rings are made good and old requests expire. */
  SWEEP_SECONDS: seconds(1, 600, 30),
  /** Logs of Vault's file audit devices, to follow. */
  VAULT_AUDIT_FILE: files.optional(),
  /** Where Vault's socket audit device connects to. */
  VAULT_AUDIT_SOCKET: socketPlace.optional(),
  /** How long it is kept who read what, with addresses and display names. */
  USAGE_KEEP_DAYS: z.coerce.number().int().min(1).max(3_650).default(180),
  OPENAI_API_KEY: secret.optional(),
  OPENAI_BASE_URL: url("http", "https").optional(),
  OPENAI_MODEL: text.default("gpt-5-mini"),
  OPENAI_TIMEOUT_MS: z.coerce.number().int().min(100).max(120_000).default(8_000),
  OPENAI_CALLS_PER_HOUR: z.coerce.number().int().min(1).default(600),
});

const Worker = z.object({
  VAULT_READER_TTL_SECONDS: seconds(1, 300, 60),
  APPROVAL_PUBLIC_KEY_FILES: files,
  RECEIPT_KEY_FILE: text,
  /** Earlier keys of our own: what was finished under them can still be undone. */
  RECEIPT_PUBLIC_KEY_FILES: files.optional(),
  DIGEST_KEY_FILE: text,
  /** How long a worker may be silent before another takes over. */
  FENCE_SECONDS: seconds(2, 600, 60),
  /** Assumed for each migration, with a session policy for its one target. `{account}` becomes the target's. */
  AWS_WRITER_ROLE_ARN: roleArn.optional(),
  /** The same for undo: deleting, restoring, opening what is sealed. Absent, the writer's role does that too. */
  AWS_ROLLBACK_ROLE_ARN: roleArn.optional(),
  /** In Lambda: a migration is not begun with less time left than this. */
  MIGRATION_NEEDS_SECONDS: seconds(5, 600, 60),
  GATE_TIMEOUT_MS: z.coerce.number().int().min(500).max(120_000).default(20_000),
});

const CatalogLogin = vaultLogin({
  method: "VAULT_CATALOG_LOGIN",
  roleId: "VAULT_CATALOG_ROLE_ID",
  secretId: "VAULT_CATALOG_SECRET_ID",
  mount: "VAULT_CATALOG_LOGIN_MOUNT",
  role: "VAULT_CATALOG_LOGIN_ROLE",
  file: "VAULT_CATALOG_LOGIN_FILE",
  serverId: "VAULT_CATALOG_LOGIN_SERVER_ID",
  stsRegion: "VAULT_CATALOG_LOGIN_STS_REGION",
});
const GateLogin = vaultLogin({
  method: "VAULT_GATE_LOGIN",
  roleId: "VAULT_GATE_ROLE_ID",
  secretId: "VAULT_GATE_SECRET_ID",
  mount: "VAULT_GATE_LOGIN_MOUNT",
  role: "VAULT_GATE_LOGIN_ROLE",
  file: "VAULT_GATE_LOGIN_FILE",
  serverId: "VAULT_GATE_LOGIN_SERVER_ID",
  stsRegion: "VAULT_GATE_LOGIN_STS_REGION",
});
const AdminLogin = ownVaultLogin({
  method: "VAULT_ADMIN_LOGIN",
  roleId: "VAULT_ADMIN_ROLE_ID",
  secretId: "VAULT_ADMIN_SECRET_ID",
  mount: "VAULT_ADMIN_LOGIN_MOUNT",
  role: "VAULT_ADMIN_LOGIN_ROLE",
  file: "VAULT_ADMIN_LOGIN_FILE",
  serverId: "VAULT_ADMIN_LOGIN_SERVER_ID",
  stsRegion: "VAULT_ADMIN_LOGIN_STS_REGION",
});
const WholeBot = Bot.and(CatalogLogin.transform((catalogLogin) => ({ catalogLogin }))).and(
  GateLogin.transform((gateLogin) => ({ gateLogin })),
);
const WholeWorker = Worker.and(AdminLogin.transform((adminLogin) => ({ adminLogin })));

export type CommonConfig = Readonly<z.output<typeof Common>>;
export type BotConfig = Readonly<z.output<typeof WholeBot>>;
export type WorkerConfig = Readonly<z.output<typeof WholeWorker>>;

export interface Config {
  readonly role: Role;
  readonly common: CommonConfig;
  /** null: this process is no bot. */
  readonly bot: BotConfig | null;
  /** null: this process is no worker. */
  readonly worker: WorkerConfig | null;
}

/** Something is missing or wrong in the environment or in glovebox.yaml. Exit code 78 (EX_CONFIG). */
export class BadConfigError extends Error {
  readonly faults: readonly string[];
  constructor(faults: readonly string[]) {
    super(`Bad configuration:\n${faults.map((fault) => `  - ${fault}`).join("\n")}`);
    this.faults = faults;
  }
}
export const EX_CONFIG = 78;

/**
 * Reads the environment once, at start, as far as the role needs it.
 * @throws {BadConfigError} Names every bad variable together, and never shows a value.
 */
export function loadConfig(env: NodeJS.ProcessEnv, role: Role): Config {
  const faults: string[] = [];
  const read = <S extends z.ZodType>(schema: S): z.output<S> | null => {
    const parsed = schema.safeParse(withoutEmpty(env));
    if (parsed.success) return parsed.data;
    faults.push(...parsed.error.issues.map((issue) => faultText(issue, env)));
    return null;
  };
  const common = read(Common);
  const bot = role === "bot" || role === "all" ? read(WholeBot) : null;
  const worker = role === "worker" || role === "all" ? read(WholeWorker) : null;
  if (faults.length > 0 || common === null) throw new BadConfigError(faults);
  return { role, common, bot, worker };
}

/** zod's own message may quote what it was given, so only its kind is used. */
function faultText(issue: z.core.$ZodIssue, env: NodeJS.ProcessEnv): string {
  const name = issue.path.join(".");
  if (!env[name]) return `${name} is not set`;
  return `${name} ${issue.code === "custom" || issue.code === "invalid_format" ? issue.message : "has a value that does not fit"}`;
}

/** `NAME=` in a shell or an env file means "not given". */
function withoutEmpty(env: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== "")) as Record<
    string,
    string
  >;
}

/** @returns The file of the key that signs approvals. @throws {BadConfigError} */
export function loadApprovalKeyFile(env: NodeJS.ProcessEnv): string {
  const { APPROVAL_KEY_FILE } = withoutEmpty(env);
  if (APPROVAL_KEY_FILE === undefined) throw new BadConfigError(["APPROVAL_KEY_FILE is not set"]);
  return APPROVAL_KEY_FILE;
}

/** For a crawl by itself: the catalog identity's login and no other. @throws {BadConfigError} */
export function loadCrawlConfig(env: NodeJS.ProcessEnv): { common: CommonConfig; catalogLogin: LoginSettings } {
  const given = withoutEmpty(env);
  const [common, login] = [Common.safeParse(given), CatalogLogin.safeParse(given)];
  if (common.success && login.success) return { common: common.data, catalogLogin: login.data };
  const issues = [...(common.error?.issues ?? []), ...(login.error?.issues ?? [])];
  throw new BadConfigError(issues.map((issue) => faultText(issue, env)));
}

/** For commands that only look into the database. @throws {BadConfigError} */
export function loadStoreConfig(env: NodeJS.ProcessEnv): Pick<CommonConfig, "DATABASE_URL"> {
  const parsed = Common.pick({ DATABASE_URL: true }).safeParse(withoutEmpty(env));
  if (!parsed.success) throw new BadConfigError(parsed.error.issues.map((issue) => faultText(issue, env)));
  return parsed.data;
}
