import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { makeQueues } from "./glovebox/make-queues.ts";
import { PRACTICE_TARGET, practiceRules } from "./glovebox/practice-rules.ts";
import { type GloveboxProcess, type PracticeRole, runGlovebox, startGlovebox } from "./glovebox/run-glovebox.ts";
import { type PracticeLlm, startPracticeLlm } from "./llm/start-practice-llm.ts";
import { healLeftovers, recordProcess } from "./processes/leftovers.ts";
import type { RecordProcess } from "./processes/start-process.ts";
import { writeAuditLog } from "./seed/audit-log.ts";
import { seedAws } from "./seed/seed-aws.ts";
import { seedVault } from "./seed/seed-vault.ts";
import type { GivenSlack } from "./slack/given-slack.ts";
import { type LocalSlack, startLocalSlack } from "./slack/start-local-slack.ts";
import { type Stack, type StackServices, startStack } from "./stack.ts";
import { startVaultFront, type VaultFront } from "./vault/fault-front.ts";

/** As long as a rate looks back would be 30 days; three weeks start sooner and say as much. */
export const PAST_DAYS = 21;

/** Names in the practice AWS that are taken before the story begins. */
export const TAKEN_TARGETS = {
  foreign: `${PRACTICE_TARGET.namePrefix}somebody-elses`,
  scheduled: `${PRACTICE_TARGET.namePrefix}scheduled-for-deletion`,
} as const;

export interface WorldOrder {
  /** Everything of this world; emptied first, so that all stores begin together. */
  readonly runDir: string;
  readonly secrets?: number;
  readonly seed?: number;
  /** Wanted port of the workspace's page. */
  readonly slackPort?: number;
  /** Starts a practice model and lets Glovebox ask it. */
  readonly withModel?: boolean;
  /** Puts a front between Glovebox and Vault that has faults on order: `vaultFront`. */
  readonly withVaultFaults?: boolean;
  /** Days of an invented past of the estate's use, imported when the bot is up; none where absent. */
  readonly pastDays?: number;
  readonly report?: (line: string) => void;
  readonly environment?: NodeJS.ProcessEnv;
}

/** What differs between the practice workspace and a person's own. */
interface SlackSide {
  readonly botToken: string;
  readonly appToken: string;
  /** Absent: Slack's own. */
  readonly apiUrl?: string;
}

/** A world on the practice workspace. */
export type PracticeWorld = World<LocalSlack>;

export interface World<Slack extends SlackSide> {
  readonly runDir: string;
  readonly stack: Stack<keyof Omit<StackServices, "redis">>;
  readonly slack: Slack;
  readonly model: PracticeLlm | null;
  /** null unless it was ordered. Operators go past it, by `stack.vault`. */
  readonly vaultFront: VaultFront | null;
  /** The environment of a role: its own credentials and keys, and not the other's. */
  envOf(role: PracticeRole): NodeJS.ProcessEnv;
  /** Starts (again) one role as a process of its own. `extra` comes on top of its environment. */
  start(role: "bot" | "worker", extra?: NodeJS.ProcessEnv): Promise<GloveboxProcess>;
  running: { bot: GloveboxProcess | null; worker: GloveboxProcess | null };
  stop(): Promise<void>;
}

/** A fresh practice world: servers, an invented bank's estate, a Slack workspace, and Glovebox as two processes. */
export function startPracticeWorld(order: WorldOrder): Promise<PracticeWorld> {
  return startWorld(order, async ({ runDir, slackPort }, { report, record }) => {
    const logTo = join(runDir, "logs", "slack.log");
    const slack = await startLocalSlack({ runDir, logTo, record, ...(slackPort && { port: slackPort }) });
    report(`slack     an empty workspace on ${slack.uiUrl}`);
    return { slack, rules: practiceRules(slack), stop: slack.stop };
  });
}

/** The same on a person's own workspace. Everything else is practice. */
export function startWorldOnGivenSlack(order: WorldOrder, given: GivenSlack): Promise<World<GivenSlack>> {
  return startWorld(order, async (_order, { report }) => {
    report("slack     given, used as it is: your own workspace");
    return { slack: given, rules: given.rules, stop: async () => {} };
  });
}

type StartSlack<Slack extends SlackSide> = (
  order: WorldOrder,
  building: { report: (line: string) => void; record: RecordProcess },
) => Promise<{ slack: Slack; rules: string; stop(): Promise<void> }>;

async function startWorld<Slack extends SlackSide>(
  order: WorldOrder,
  startSlack: StartSlack<Slack>,
): Promise<World<Slack>> {
  const { runDir, report = () => {}, environment = process.env } = order;
  await mkdir(runDir, { recursive: true });
  const healed = await healLeftovers(runDir);
  if (healed.length > 0) report(`ended what a killed run left: ${healed.join(", ")}`);
  await rm(runDir, { recursive: true, force: true });
  await mkdir(join(runDir, "logs"), { recursive: true });
  const closers: (() => Promise<unknown>)[] = [];
  const stop = async (): Promise<void> => {
    for (let next = closers.pop(); next; next = closers.pop()) await next().catch(() => undefined);
  };
  try {
    return await build(order, { report, environment, closers, stop }, startSlack);
  } catch (error) {
    await stop();
    throw error;
  }
}

interface Building {
  readonly report: (line: string) => void;
  readonly environment: NodeJS.ProcessEnv;
  readonly closers: (() => Promise<unknown>)[];
  readonly stop: () => Promise<void>;
}

async function build<Slack extends SlackSide>(
  order: WorldOrder,
  { report, environment, closers, stop }: Building,
  startSlack: StartSlack<Slack>,
): Promise<World<Slack>> {
  const { runDir, secrets = 300, seed = 1, pastDays = 0 } = order;
  const record: RecordProcess = (name, identity) => recordProcess(runDir, name, identity);
  const logTo = (name: string): string => join(runDir, "logs", `${name}.log`);
  const [stack, { slack, rules, stop: stopSlack }] = await Promise.all([
    startStack({
      runDir,
      only: ["vault", "aws", "postgres"],
      environment,
      report: ({ service, text, ms }) => report(`${service.padEnd(9)} ${text} (${seconds(ms)})`),
    }),
    startSlack(order, { report, record }),
  ]);
  closers.push(stack.stop, stopSlack);
  const model = order.withModel ? await startPracticeLlm() : null;
  if (model) closers.push(model.stop);
  const vaultFront = order.withVaultFaults ? await startVaultFront(stack.vault.address) : null;
  if (vaultFront) closers.push(vaultFront.stop);

  const since = Date.now();
  const past = join(runDir, "past.log.gz");
  const inventing = pastDays > 0 ? writeAuditLog(past, { secrets, seed, days: pastDays, until: new Date() }) : null;
  closers.push(async () => inventing);
  const operator = { address: stack.vault.address, token: stack.vault.rootToken };
  const seeded = await seedVault({ ...operator, secrets, seed });
  const { region } = PRACTICE_TARGET;
  await seedAws({ endpointUrl: stack.aws.endpointUrl, region, names: TAKEN_TARGETS });
  const queues = await makeQueues(stack.aws.endpointUrl);
  report(`estate    ${seeded.secrets} secrets of an invented bank (${seconds(Date.now() - since)})`);

  const env = await credentialsAndKeys(runDir, { stack, slack, rules, queues, environment, model, vaultFront });
  const running: World<Slack>["running"] = { bot: null, worker: null };
  const world: World<Slack> = {
    runDir,
    stack,
    slack,
    model,
    vaultFront,
    envOf: (role) => (role === "all" ? { ...env.bot, ...env.worker } : env[role]),
    async start(role, extra = {}) {
      const started = await startGlovebox(role, { env: { ...env[role], ...extra }, logTo: logTo(role), record });
      running[role] = started;
      return started;
    },
    running,
    stop,
  };
  closers.push(async () => {
    await Promise.all([running.bot?.stop(), running.worker?.stop()]);
  });
  const startBot = async (): Promise<void> => {
    await world.start("bot");
    if (inventing === null) return;
    await inventing;
    await runGlovebox(["usage", "import", past], env.bot); // the bot has made the tables
    report(`usage     ${pastDays} days of an invented audit log: who reads what`);
  };
  await Promise.all([startBot(), world.start("worker")]);
  report("glovebox  bot and worker are up, as two processes: who approves can't move");
  return world;
}

interface Parts {
  readonly stack: PracticeWorld["stack"];
  readonly slack: SlackSide;
  readonly rules: string;
  readonly queues: Record<string, string>;
  readonly environment: NodeJS.ProcessEnv;
  readonly model: PracticeLlm | null;
  readonly vaultFront: VaultFront | null;
}

/** Short, so that what a killed worker leaves is over soon. In production a lease may live 60 s. */
const LEASE_SECONDS = "5";

/** Keys, Vault set-up and glovebox.yaml, made by the same commands that an operator runs. */
async function credentialsAndKeys(runDir: string, parts: Parts) {
  const { stack, slack, queues, environment, model, vaultFront } = parts;
  const { PATH, HOME, OPENAI_API_KEY, OPENAI_BASE_URL, OPENAI_MODEL } = environment;
  const rulesFile = join(runDir, "glovebox.yaml");
  await writeFile(rulesFile, parts.rules);
  const [keys, credentials] = [join(runDir, "keys"), join(runDir, "credentials")];
  const operator = { ...stack.env, PATH, VAULT_TOKEN: stack.vault.rootToken, GLOVEBOX_RULES: rulesFile };
  await Promise.all([
    runGlovebox(["keys", keys], { PATH }),
    runGlovebox(
      ["vault-setup", "--apply", "--yes", "--credentials", credentials, "--reader-ttl", LEASE_SECONDS],
      operator,
    ),
  ]);
  // Short takeover times: in a practice world processes are killed to see it happen.
  const pace = { TAKEOVER_SECONDS: "3", INTAKE_WAIT_SECONDS: "2", SWEEP_SECONDS: "3" };
  const common = {
    ...{ PATH, HOME, ...stack.env, ...pace, GLOVEBOX_RULES: rulesFile },
    AWS_REGION: PRACTICE_TARGET.region, // a person's own region is another world to moto, without our queues
    ...(vaultFront && { VAULT_ADDR: vaultFront.address }),
  };
  const openai = model
    ? { OPENAI_API_KEY: "practice", OPENAI_BASE_URL: model.baseUrl }
    : { OPENAI_API_KEY, OPENAI_BASE_URL, OPENAI_MODEL };
  const bot = {
    ...common,
    ...queues,
    ...(await readEnvFile(join(credentials, "bot.env"))),
    SLACK_BOT_TOKEN: slack.botToken,
    SLACK_APP_TOKEN: slack.appToken,
    ...(!stack.vault.isGiven && { VAULT_AUDIT_FILE: stack.vault.auditLogPath }),
    ...(slack.apiUrl !== undefined && { SLACK_API_URL: slack.apiUrl }),
    APPROVAL_KEY_FILE: join(keys, "approval.key"),
    RECEIPT_PUBLIC_KEY_FILES: join(keys, "receipt.pub"),
    ...openai,
  };
  const worker = {
    ...common,
    ...(await readEnvFile(join(credentials, "worker.env"))),
    APPROVAL_PUBLIC_KEY_FILES: join(keys, "approval.pub"),
    RECEIPT_KEY_FILE: join(keys, "receipt.key"),
    DIGEST_KEY_FILE: join(keys, "digest.key"),
    FENCE_SECONDS: "5",
    VAULT_READER_TTL_SECONDS: LEASE_SECONDS,
  };
  return { bot, worker };
}

async function readEnvFile(file: string): Promise<Record<string, string>> {
  return parseEnv(await readFile(file, "utf8")) as Record<string, string>;
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
