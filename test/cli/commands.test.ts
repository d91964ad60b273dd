import { chmod, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import pg from "pg";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { PracticeWorld } from "../../dev/practice-world.ts";
import { FRIENDLY } from "../../dev/seed/generate-estate.ts";
import { ownWorld } from "../world/own-world.ts";
import { type CliRun, runCli } from "../world/run-cli.ts";
import { APPROVER, type SlackPeople, slackPeople } from "../world/slack-people.ts";

const FRIENDLY_PATH = `${FRIENDLY.mount}/${FRIENDLY.path}`;

let world: PracticeWorld;
let people: SlackPeople;
let database: pg.Client;
beforeAll(async () => {
  world = await ownWorld({ secrets: 40, withVaultFaults: true });
  people = await slackPeople(world);
  database = new pg.Client({ connectionString: world.stack.postgres.url });
  await database.connect();
});
afterAll(async () => {
  people?.drive.close();
  await database?.end();
  await world?.stop();
});

const run = (...args: string[]): Promise<CliRun> => runCli(args, { ...world.envOf("worker"), ...world.envOf("bot") });
const vault = async (method: string, path: string, body?: object): Promise<Response> =>
  fetch(`${world.stack.vault.address}/v1/${path}`, {
    method,
    headers: { "x-vault-token": world.stack.vault.rootToken },
    ...(body && { body: JSON.stringify(body) }),
  });
const asOperator = () => ({ VAULT_ADDR: world.stack.vault.address, VAULT_TOKEN: world.stack.vault.rootToken });
const causeOf = async (path: string): Promise<string | null | undefined> => {
  const { rows } = await database.query<{ code: string | null }>(
    "select m.cause_code as code from migration m join request r on r.id = m.request_id join entry e on e.id = r.entry_id where e.full_path = $1 order by m.created_at desc limit 1",
    [path],
  );
  return rows[0]?.code;
};
const statusOf = async (path: string): Promise<string | undefined> => {
  const { rows } = await database.query<{ status: string }>(
    "select r.status from request r join entry e on e.id = r.entry_id where e.full_path = $1 order by r.created_at desc limit 1",
    [path],
  );
  return rows[0]?.status;
};
const unusedPath = async (): Promise<string> => {
  const { rows } = await database.query<{ path: string }>(
    `select full_path as path from entry where engine = 'kv-v2' and path not like 'odd/%'
     and id not in (select entry_id from request) order by id desc limit 1`,
  );
  return rows[0]?.path ?? "";
};
const approve = async (path: string): Promise<void> => {
  const card = await people.ask(path);
  await people.click(APPROVER, card, "appr.approve");
};

describe("glovebox keys", () => {
  it("makes five files, and refuses to write over any of them", async () => {
    const folder = join(world.runDir, "more-keys");
    const first = await runCli(["keys", folder], {});
    expect([first.code, first.stderr]).toEqual([0, ""]);
    const before = await readFile(join(folder, "approval.key"), "utf8");
    const second = await runCli(["keys", folder], {});
    expect([second.code, second.stderr]).toEqual([1, expect.stringContaining(folder)]);
    expect(await readFile(join(folder, "approval.key"), "utf8")).toBe(before);
    expect(first.all + second.all).not.toContain(before.split("\n")[1]);
  });
});

describe("glovebox config check", () => {
  it("reads the rules and says how many targets they allow", async () => {
    expect(await run("config", "check")).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("1 allowed target"),
    });
  });
  it("knows no other word than check", async () => {
    expect((await run("config", "chekc")).code).not.toBe(0);
  });
});

describe("glovebox what and status", () => {
  it("tell what the catalogue knows, and of nobody's wish yet", async () => {
    const what = await run("what", FRIENDLY_PATH);
    expect([what.code, what.stdout]).toEqual([0, expect.stringMatching(/kv-v2, version 1.*api_key, webhook_secret/s)]);
    const status = await run("status", FRIENDLY_PATH);
    expect([status.code, status.stdout]).toEqual([0, expect.stringContaining("Nobody has asked to migrate it")]);
  });

  it("offer the nearest names for one that nobody knows, and exit 1", async () => {
    const what = await run("what", `${FRIENDLY_PATH}x`);
    expect([what.code, what.stdout]).toEqual([1, expect.stringContaining(FRIENDLY_PATH)]);
  });

  it("take a name with an accent or a blank at its edge as it stands, and tell it from its twin", async () => {
    const what = await run("what", "secret/odd/looks plain ");
    expect([what.code, what.stdout]).toEqual([0, expect.stringContaining("␠")]);
  });
});

describe("glovebox vault-setup", () => {
  it("prints every policy and changes nothing", async () => {
    const policies = async () => (await vault("LIST", "sys/policies/acl")).json();
    const before = await policies();
    const printed = await runCli(["vault-setup", "--policy-prefix", "other"], asOperator());
    expect([printed.code, printed.stdout]).toEqual([0, expect.stringContaining("Nothing was changed")]);
    for (const name of ["other-catalog", "other-gate", "other-admin", "other-reader"]) {
      expect(printed.stdout).toContain(name);
    }
    expect(await policies()).toMatchObject({ data: (before as { data: object }).data });
  });

  it("wants an operator's token, and names what is missing", async () => {
    const { code, stderr } = await runCli(["vault-setup"], { VAULT_ADDR: world.stack.vault.address });
    expect([code, stderr]).toEqual([78, expect.stringContaining("VAULT_TOKEN is not set")]);
  });

  it("does no harm when it is applied again: what runs goes on, and the files stay private", async () => {
    const folder = join(world.runDir, "credentials-again");
    const again = await runCli(
      ["vault-setup", "--apply", "--yes", "--reader-ttl", "5", "--new-credentials", "--credentials", folder],
      asOperator(),
    );
    expect([again.code, again.stderr]).toEqual([0, ""]);
    expect((await stat(join(folder, "worker.env"))).mode & 0o777).toBe(0o600);
    const secretId = /SECRET_ID=(.*)/.exec(await readFile(join(folder, "bot.env"), "utf8"))?.[1] ?? "";
    expect(secretId.length).toBeGreaterThan(20);
    expect(again.all).not.toContain(secretId);
    expect((await run("doctor", "--role", "bot")).code).toBe(0);
    expect((await run("doctor", "--role", "worker")).code).toBe(0);
  });

  it("warns of somebody else's policy that reaches into our auth mount", async () => {
    await vault("PUT", "sys/policies/acl/shared-broker", {
      policy: 'path "auth/+/role/+/secret-id" { capabilities = ["update"] }',
    });
    const { stdout } = await runCli(["vault-setup"], asOperator());
    expect(stdout).toMatch(/WARNING .*shared-broker .*auth\/\+\/role\/\+\/secret-id/);
  });
});

describe("glovebox doctor", () => {
  afterEach(async () => {
    await vault("DELETE", "sys/policies/acl/shared-broker");
  });

  it.each([
    ["bot", "APPROVAL_KEY_FILE"],
    ["worker", "DIGEST_KEY_FILE"],
  ] as const)("names a private key of the %s that others on the host can read", async (role, variable) => {
    const file = world.envOf(role)[variable] ?? "";
    await chmod(file, 0o644);
    const { code, stdout } = await run("doctor", "--role", role);
    await chmod(file, 0o600);
    expect([code, stdout]).toEqual([1, expect.stringContaining(`NOT OK  ${variable}: ${file} has mode 644`)]);
  });

  it.each([
    ["bot", "Everything is as it must be."],
    // Whether the writer's policy holds what is sealed is IAM's to say.
    ["worker", "Everything that can be told is as it must be; 1 can't be told from here."],
  ])("finds everything right with a fresh %s, and claims no more than it can tell", async (role, last) => {
    const { code, stdout } = await run("doctor", "--role", role);
    expect([code, stdout.trimEnd().split("\n").at(-1)]).toEqual([0, last]);
    expect(stdout).not.toContain("NOT OK");
  });

  it.each([
    ["catalog", "bot", "secret/data/*", ["read"], "secret/data/glovebox-doctor-probe"],
    ["catalog", "bot", "auth/glovebox/role/reader-secret/secret-id", ["update"], "role/reader-secret/secret-id"],
    ["gate", "bot", "auth/glovebox/role/reader-secret/secret-id", ["update"], "role/reader-secret/secret-id"],
    ["gate", "bot", "sys/policies/acl/gb-admin", ["update"], "sys/policies/acl/gb-admin"],
    ["admin", "worker", "secret/data/*", ["read"], "secret/data/glovebox-doctor-probe"],
    ["gate", "bot", "auth/glovebox/role/admin/secret-id", ["update"], "role/admin/secret-id"],
    ["admin", "worker", "auth/glovebox/role/gate/secret-id", ["update"], "role/gate/secret-id"],
    ["admin", "worker", "sys/policies/acl/gb-open", ["read", "delete", "update"], "sys/policies/acl/gb-open"],
    ["admin", "worker", "sys/policy/gb-open", ["update"], "sys/policy/gb-open"],
    ["gate", "bot", "sys/policies/acl/gb-reader-*", ["update"], "sys/policies/acl/gb-reader-secret"],
    ["admin", "worker", "auth/glovebox/role/reader-secret/secret-id", ["update"], "role/reader-secret/secret-id"],
    ["admin", "worker", "auth/token/create", ["update"], "auth/token/create"],
  ])("names the right of %s (a %s's) on %s that should not be there", async (name, role, path, capabilities, named) => {
    const policy = `sys/policies/acl/gb-${name}`;
    const { data } = (await (await vault("GET", policy)).json()) as { data: { policy: string } };
    const body = JSON.parse(data.policy) as { path: Record<string, object> };
    await vault("PUT", policy, { policy: JSON.stringify({ path: { ...body.path, [path]: { capabilities } } }) });
    const { code, stdout } = await run("doctor", "--role", role);
    await vault("PUT", policy, { policy: data.policy });
    expect(code).toBe(1);
    const wrong = stdout.split("\n").filter((line) => line.startsWith("NOT OK"));
    expect(wrong.join("\n")).toMatch(new RegExp(`Vault identity ${name}: on \\S*${named.replaceAll("/", "\\/")} `));
  });

  it("names a right that is gone", async () => {
    const { data } = (await (await vault("GET", "sys/policies/acl/gb-admin")).json()) as { data: { policy: string } };
    const { "auth/token/revoke-accessor": _gone, ...rest } = JSON.parse(data.policy).path;
    await vault("PUT", "sys/policies/acl/gb-admin", { policy: JSON.stringify({ path: rest }) });
    const { code, stdout } = await run("doctor", "--role", "worker");
    await vault("PUT", "sys/policies/acl/gb-admin", { policy: data.policy });
    expect([code, stdout]).toEqual([1, expect.stringMatching(/NOT OK.*auth\/token\/revoke-accessor/)]);
  });

  it("reports a foreign broker policy when it has an operator's token", async () => {
    await vault("PUT", "sys/policies/acl/shared-broker", {
      policy: 'path "auth/+/role/+/secret-id" { capabilities = ["update"] }',
    });
    const env = { ...world.envOf("bot"), VAULT_TOKEN: world.stack.vault.rootToken };
    const { code, all } = await runCli(["doctor", "--role", "bot"], env);
    expect([code, all]).toEqual([1, expect.stringMatching(/NOT OK.*policy shared-broker reaches into our auth mount/)]);
    expect(all).not.toContain(world.stack.vault.rootToken);
  });

  it("goes through to the end when a server is gone, and names it", async () => {
    const env = { ...world.envOf("bot"), AWS_ENDPOINT_URL: "http://127.0.0.1:1" };
    const { code, stdout } = await runCli(["doctor", "--role", "bot"], env, 60_000);
    expect(code).toBe(1);
    expect(stdout).toMatch(/NOT OK {2}AWS/);
    expect(stdout).toMatch(/NOT OK {2}intake queue/);
    expect(stdout).toMatch(/OK {6}Slack accepts/);
  });
});

describe("a request that was moved", () => {
  it("has a receipt that verifies offline, and one that was altered does not", async () => {
    await approve(FRIENDLY_PATH);
    await expect.poll(() => statusOf(FRIENDLY_PATH), { timeout: 20_000 }).toBe("migrated");
    const [, id = ""] = /(RQ-\d+) {2}migrated/.exec((await run("status", FRIENDLY_PATH)).stdout) ?? [];
    const { stdout } = await run("receipt", id);
    const file = join(world.runDir, "receipt.json");
    await writeFile(file, stdout);
    const keys = {
      RECEIPT_PUBLIC_KEY_FILES: world.envOf("bot").RECEIPT_PUBLIC_KEY_FILES,
      APPROVAL_PUBLIC_KEY_FILES: world.envOf("worker").APPROVAL_PUBLIC_KEY_FILES,
    };
    const good = await runCli(["verify", file], keys);
    expect([good.code, good.stdout]).toEqual([0, expect.not.stringContaining("NOT OK")]);
    await writeFile(file, stdout.replaceAll("practice/", "practice-elsewhere/"));
    const altered = await runCli(["verify", file], keys);
    expect([altered.code, altered.stdout]).toEqual([1, expect.stringContaining("NOT OK")]);
    const lone = await runCli(["verify", file], {});
    expect([lone.code, lone.stdout]).toEqual([1, expect.stringContaining("RECEIPT_PUBLIC_KEY_FILES")]);
  });

  it("stands in an export of the audit chain that verifies", async () => {
    const { stdout } = await run("export");
    const file = join(world.runDir, "chain.ndjson");
    await writeFile(file, stdout);
    expect((await run("verify", "--chain", file)).code).toBe(0);
    await writeFile(file, stdout.replace("request.approved", "request.rejected"));
    expect((await run("verify", "--chain", file)).code).toBe(1);
  });
});

describe("glovebox pause and resume", () => {
  const isGateOpen = async (): Promise<boolean> => (await vault("GET", "sys/policies/acl/gb-open")).status === 200;

  it("shut the gate while a move is held up in Vault, let nothing be picked up, and go on", async () => {
    const path = await unusedPath();
    world.vaultFront?.fault({ kind: "slow", method: "GET", path: /\/data\//, delayMs: 4_000 });
    await approve(path);
    await expect.poll(isGateOpen, { timeout: 15_000, interval: 20 }).toBe(true);
    const paused = await run("pause", "--reason", "a drill");
    expect([paused.code, paused.stdout]).toEqual([0, expect.stringContaining("the gate is shut")]);
    await expect.poll(isGateOpen, { timeout: 2_000, interval: 20 }).toBe(false);
    expect(["approved", "migrating"]).toContain(await statusOf(path)); // its value is still on its way from Vault
    await expect.poll(() => causeOf(path), { timeout: 15_000 }).toBe("GATE_PAUSED");
    expect([await statusOf(path), await isGateOpen()]).toEqual(["approved", false]);
    expect((await run("status")).stdout).toContain("Paused by operator:");

    const waiting = await unusedPath();
    await approve(waiting);
    await expect.poll(() => statusOf(waiting)).toBe("approved");
    await new Promise((resolve) => setTimeout(resolve, 1_000)); // time enough to be picked up wrongly
    expect([await statusOf(waiting), await isGateOpen()]).toEqual(["approved", false]);
    await run("resume", "--reason", "the drill is over");
    await expect.poll(() => statusOf(waiting), { timeout: 30_000 }).toBe("migrated");
    await expect.poll(() => statusOf(path), { timeout: 30_000 }).toBe("migrated"); // nobody pressed anything
  });

  it("want a reason", async () => {
    expect(await run("pause")).toMatchObject({ code: 1, stderr: expect.stringContaining("--reason") });
  });
});

describe("glovebox redrive", () => {
  it("puts a buried message back, after which it is buried again if it is still poison", async () => {
    const { INTAKE_QUEUE_URL = "" } = world.envOf("bot");
    const sqs = new SQSClient({
      ...{ endpoint: world.stack.aws.endpointUrl, region: "eu-central-1" },
      credentials: { accessKeyId: "practice", secretAccessKey: "practice" },
    });
    const { MessageId = "" } = await sqs.send(
      new SendMessageCommand({ QueueUrl: INTAKE_QUEUE_URL, MessageBody: "not an envelope" }),
    );
    sqs.destroy();
    const isNamed = async () => (await run("status")).stdout.includes(MessageId);
    await expect.poll(isNamed, { timeout: 20_000 }).toBe(true);
    const back = await run("redrive", MessageId);
    expect([back.code, back.stdout]).toEqual([0, expect.stringContaining("back on the intake queue")]);
    expect((await run("redrive", "11111111-2222-4333-8444-555555555555")).code).toBe(1);
  });
});
