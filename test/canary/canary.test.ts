import { randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startRedis } from "../../dev/redis/start-redis.ts";
import { runCli } from "../world/run-cli.ts";
import { APPROVER, ENGINEER } from "../world/slack-people.ts";
import { type CanaryWorld, canaryWorld, type Settled } from "./canary-world.ts";
import { type Canary, canaryNet, credentialsIn } from "./needles.ts";
import { plainSecret } from "./planted.ts";
import { awsDescriptionSink, databaseSinks, folderSinks, queueSink, redisSinks, type Sink } from "./sinks.ts";
import { FOREIGN, FOREIGN_TAG, STORIES, type Story, takeOver, tell } from "./stories.ts";

/** AWS keys that the practice AWS takes like any others, but that stand out. */
const AWS_KEYS = { AWS_ACCESS_KEY_ID: "practice", AWS_SECRET_ACCESS_KEY: randomBytes(30).toString("base64") };
const ON_REDIS: readonly Story[] = [
  {
    what: "it is moved, with the queues on Redis",
    secret: plainSecret("secret/canary/on-redis"),
    ends: ["migrated", null],
  },
  {
    what: "it fails, with the queues on Redis",
    secret: plainSecret("secret/canary/fails-on-redis"),
    arrange: async ({ vault }) => vault.treat("canary/fails-on-redis", "quotes in an error"),
    calm: ({ vault }) => vault.treat("canary/fails-on-redis", null),
    ends: ["waits", "VAULT_UNAVAILABLE"],
  },
];
const ALL = [...STORIES, ...ON_REDIS];

let canary: CanaryWorld;
const endings = new Map<string, Settled>();
const takenOver: Settled[] = [];
let undone: Settled;
let sinks: Sink[] = [];

beforeAll(async () => {
  canary = await canaryWorld(
    ALL.map(({ secret }) => secret),
    AWS_KEYS,
  );
  await canary.restart();
  const tellOne = async (story: Story) => endings.set(story.what, await tell(canary, story));
  // Those that something is done to while they run want the worker for themselves; the others wait side by side.
  await Promise.all(STORIES.filter(({ meanwhile }) => !meanwhile).map(tellOne));
  for (const story of STORIES.filter(({ meanwhile }) => meanwhile)) await tellOne(story);
  for (const story of STORIES.filter(({ isTakenOver }) => isTakenOver)) takenOver.push(await takeOver(canary, story));
  const moved = STORIES[0]?.secret.path ?? "";
  await canary.people.click(APPROVER, await canary.people.waitForCard(moved, /^Migrated/), "job.undo");
  undone = await canary.waitFor(moved, ["undone"]);
  await lookAround(canary);
  const commands = await runCommands(canary);
  const redis = await tellOnRedis(canary);
  await Promise.all([canary.world.running.bot?.stop(), canary.world.running.worker?.stop()]);
  sinks = [...commands, ...redis, ...(await collectSinks(canary))];
}, 300_000);
afterAll(async () => canary?.stop());

/** What people may press after a failure: each shows what we know in another form. */
async function lookAround({ people, world }: CanaryWorld): Promise<void> {
  const failed = await people.card("secret/canary/aws-quotes");
  await people.click(ENGINEER, failed, "tri.ask");
  await people.click(APPROVER, failed, "appr.details");
  const where = { channel: world.slack.channels.general };
  for (const words of ["what secret/canary/rich", "status secret/canary/quoted", "status"]) {
    await people.drive.as(ENGINEER).command(words, where);
  }
  await people.drive.as(ENGINEER).openHome();
}

/** Every command that tells something. @returns What they printed. */
async function runCommands({ world, rows, rootToken }: CanaryWorld): Promise<Sink[]> {
  const [row] = await rows<{ receipt: string }>("select receipt from migration where receipt is not null limit 1");
  const receipt = join(world.runDir, "receipt.json");
  await writeFile(receipt, row?.receipt ?? "");
  const env: NodeJS.ProcessEnv = { ...world.envOf("bot"), ...world.envOf("worker"), ...AWS_KEYS };
  const [{ id = "" } = {}] = await rows<{ id: string }>(
    "select r.id from request r join entry e on e.id = r.entry_id where e.full_path = 'secret/canary/split'",
  );
  const wave = join(world.runDir, "wave.txt");
  await writeFile(wave, "secret/canary/rich\nsecret/canary/split\nsecret/canary/nobody-knows-it\n");
  const inRun = (name: string): string => join(world.runDir, name); // scanned as a folder afterwards
  const people = ["--requester", ENGINEER, "--reason", "The canary test moves them together."];
  const commands = [
    ["what", "secret/canary/rich"],
    ["status"],
    ["status", "secret/canary/aws-quotes"],
    ["verify", receipt],
    ["doctor", "--role", "bot"],
    ["doctor", "--role", "worker"],
    ["config", "check"],
    ["receipt", id],
    ["undo", id, "--reason", "The canary test asks for it."],
    ["keys", "used"],
    ["plan", "--csv", inRun("plan.csv"), "--json", inRun("plan.json")],
    ["wave", "create", "canary-wave", ...people, "--file", wave, "--exceptions", inRun("exceptions.csv")],
    ["wave", "status", "--json"],
    ["vault-setup"],
    ["export"],
  ];
  const printed: Sink[] = [];
  for (const command of commands) {
    const isOperators = command[0] === "vault-setup";
    const { VAULT_ADDR: address } = env;
    const asOperator = { VAULT_ADDR: address, VAULT_TOKEN: rootToken, GLOVEBOX_RULES: env.GLOVEBOX_RULES };
    const { all, code } = await runCli(command, isOperators ? asOperator : env);
    printed.push({ name: `glovebox ${command[0]} (${code})`, text: all });
  }
  return printed;
}

/** The queues on Redis, which is watched: a job that is done is deleted, but was said once. */
async function tellOnRedis(world: CanaryWorld): Promise<Sink[]> {
  const { runDir } = world.world;
  const server = await startRedis({ dataDir: join(runDir, "redis"), logTo: join(runDir, "logs", "redis.log") });
  const client = new Redis(server.url);
  const watcher = await client.monitor();
  const said: string[] = [];
  watcher.on("monitor", (_time: string, words: string[]) => said.push(words.join(" ")));
  await world.restart({ REDIS_URL: server.url });
  for (const story of ON_REDIS) endings.set(story.what, await tell(world, story));
  const kept = await redisSinks(server.url);
  for (const connection of [watcher, client]) connection.disconnect();
  await Promise.all([world.world.running.bot?.stop(), world.world.running.worker?.stop()]);
  await server.stop();
  return [...kept, { name: "Redis, all that was said", text: said.join("\n") }];
}

async function collectSinks({ world, people, vault, aws, vaultFolder }: CanaryWorld): Promise<Sink[]> {
  const { INTAKE_QUEUE_URL = "", INTAKE_DLQ_URL = "" } = world.envOf("bot");
  const endpoint = world.stack.aws.endpointUrl;
  const { traffic, shown, sent } = people.drive.log();
  // A call's own credential: Bolt asks who we are, once a start, with the token in the body.
  const isLogin = (words: string): boolean => words.startsWith("auth.test ");
  const text = (name: string, what: unknown): Sink => ({ name, text: JSON.stringify(what) });
  return [
    ...(await databaseSinks(world.stack.postgres.url)),
    await queueSink(endpoint, INTAKE_QUEUE_URL),
    await queueSink(endpoint, INTAKE_DLQ_URL),
    await awsDescriptionSink(endpoint),
    // The stores' own files hold what they are for; keys and credentials are where the two processes find them.
    ...(await folderSinks(world.runDir, ["postgres/", "keys/", "credentials/", "local-slack.json"])),
    ...(await folderSinks(vaultFolder)),
    text(
      "Slack's traffic",
      traffic.filter(({ summary }) => summary !== "auth.test"),
    ),
    text("Slack, all that was ever shown", shown),
    text(
      "Slack, all that was sent",
      sent.filter((words) => !isLogin(words)),
    ),
    text("prompts", world.model?.prompts()),
    text("calls to Vault", vault.calls()),
    text("calls to AWS", aws.calls()),
  ];
}

/** The credentials of the two processes, under the names of their variables and files. */
async function credentialsOf({ world }: CanaryWorld): Promise<Canary[]> {
  const env: NodeJS.ProcessEnv = { ...world.envOf("bot"), ...world.envOf("worker"), ...AWS_KEYS };
  const variables = [
    "VAULT_CATALOG_SECRET_ID",
    "VAULT_GATE_SECRET_ID",
    "VAULT_ADMIN_SECRET_ID",
    "AWS_SECRET_ACCESS_KEY",
  ];
  const named = [...variables, "SLACK_BOT_TOKEN", "SLACK_APP_TOKEN"].map((name) => ({ name, value: env[name] ?? "" }));
  const files = await Promise.all(
    ["approval.key", "receipt.key", "digest.key"].map(async (name) => {
      const text = await readFile(join(world.runDir, "keys", name), "utf8");
      return { name, value: text.replace(/-----[A-Z ]+-----/g, "").trim() };
    }),
  );
  // The first bytes of every Ed25519 key are the same, and stand in public keys as well.
  return [
    ...named,
    ...files.map(({ name, value }) => ({ name, value: value.slice(value.startsWith("MC4") ? 24 : 0) })),
  ];
}

describe("what was told", () => {
  it.each(ALL)("ended as it must: $what", ({ what, ends }) => {
    const { status, cause_code: cause } = endings.get(what) ?? {};
    expect([status, status === "migrated" ? null : cause]).toEqual(ends);
  });

  it("was undone at the end", () => expect(undone.status).toBe("undone"));

  it("was taken over where a person said so", () =>
    expect(takenOver.map(({ status }) => status)).toEqual(["migrated", "migrated"]));

  it("reached every sink: each holds something of these stories", () => {
    const holds = (name: string, words: string): boolean =>
      sinks.some((sink) => sink.name.includes(name) && sink.text.includes(words));
    const places = [
      ...[
        "Postgres public.request",
        "Postgres public.audit_event",
        "logs/postgres.log",
        "vault-audit.log",
        "Slack's traffic",
      ],
      ...["Slack, all that was ever shown", "Slack, all that was sent", "prompts", "calls to Vault"],
      ...["glovebox what (0)", "glovebox status (0)", "glovebox verify (0)", "glovebox export (0)", "AWS descriptions"],
      ...["glovebox receipt (0)", "file plan.csv", "file plan.json", "Postgres public.migration"],
    ];
    expect(places.filter((name) => !holds(name, "canary"))).toEqual([]);
    const others = [
      ["Postgres bullmq.", "migrate"],
      ["Redis, all that was said", "migrate"],
      ["glovebox undo (0)", "approvers are asked"],
      ["glovebox keys (0)", ""],
      ["glovebox vault-setup", "policies"],
      ["logs/worker.log", "migrationId"],
    ];
    expect(others.filter(([name = "", words = ""]) => !holds(name, words))).toEqual([]);
  });
});

describe("no sink holds", () => {
  it("a piece of any value that lay in Vault, in any encoding", () => {
    const leaks = leaksOf(inNet([...ALL.flatMap(({ secret }) => secret.canaries), ...FOREIGN]));
    // Vault's audit log digests texts and leaves numbers as they are, whoever reads them.
    expect(leaks.filter((leak) => !/vault-audit\.log: .* \(number\)/.test(leak))).toEqual([]);
  });

  it("what looks like a credential in somebody else's tags, but for AWS", () => {
    expect(leaksOf(inNet([FOREIGN_TAG])).filter((leak) => !leak.startsWith("AWS descriptions"))).toEqual([]);
  });

  it("a credential or a key of either process", async () => {
    expect(leaksOf(inNet(await credentialsOf(canary)))).toEqual([]);
  });

  it("a Vault token or a private key", () => {
    expect(leaksOf(credentialsIn)).toEqual([]);
  });
});

/** Names of sinks and of what is in them, so that not even this test's own failure shows a value. */
function leaksOf(look: (text: string) => string[]): string[] {
  return sinks.flatMap(({ name, text }) => look(text).map((what) => `${name}: ${what}`));
}

function inNet(canaries: readonly Canary[]): (text: string) => string[] {
  const net = canaryNet(canaries);
  return (text) => net.leaksIn(text).map(({ canary: name, encoding }) => `${encoding} ${name}`);
}
