import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import type { PracticeWorld } from "../../dev/practice-world.ts";
import { ownWorld } from "../world/own-world.ts";
import { type CliRun, runCli } from "../world/run-cli.ts";

/** Stands in every wrong value: whatever prints a value prints this. */
const PLANTED = "Pl4ntedDoNotPrint9x7";
const CLOSED_PORT = 1;

let world: PracticeWorld;
let folder: string;
beforeAll(async () => {
  world = await ownWorld();
  folder = await mkdtemp(join(tmpdir(), "glovebox-faults-"));
});
afterAll(async () => {
  await world.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Starts a role with the right environment but for `wrong`; undefined takes a variable away. */
async function startWith(role: "bot" | "worker" | "all", wrong: NodeJS.ProcessEnv): Promise<CliRun> {
  return runCli(["start", "--role", role], { ...world.envOf(role), HEALTH_PORT: "0", ...wrong });
}

/** What holds for every refusal to start. @returns Its faults, a line each. */
function faultsOf({ code, all, stdout }: CliRun): string[] {
  expect(all).not.toContain(PLANTED);
  expect(all).not.toMatch(/^\s+at .+:\d+/m); // a stack trace
  expect(all).not.toMatch(/node:internal|UnhandledPromise|Error:/);
  expect(stdout).toBe("");
  expect(code).toBe(78);
  return all
    .split("\n")
    .filter((line) => line.startsWith("  - "))
    .map((line) => line.slice(4));
}

const dead = (protocol: string, path = ""): string => `${protocol}://127.0.0.1:${CLOSED_PORT}${path}`;
const keyFile = (name: string): string => join(world.runDir, "keys", name);
const wrongPassword = (): string => {
  const url = new URL(world.stack.postgres.url);
  url.password = PLANTED;
  return url.href;
};

describe("start without what it needs", () => {
  it("names every variable and the rules together when nothing is configured", async () => {
    const faults = faultsOf(await runCli(["start"], { GLOVEBOX_RULES: join(folder, "absent.yaml") }));
    for (const name of ["DATABASE_URL", "VAULT_ADDR", "SLACK_BOT_TOKEN", "VAULT_GATE_SECRET_ID", "DIGEST_KEY_FILE"]) {
      expect(faults).toContain(`${name} is not set`);
    }
    expect(faults.at(-1)).toContain("absent.yaml: there is no such file");
  });

  it("names what is missing and what does not fit when half is configured", async () => {
    const run = await startWith("bot", {
      VAULT_GATE_SECRET_ID: undefined,
      SLACK_BOT_TOKEN: PLANTED,
      DATABASE_URL: PLANTED,
      HEALTH_PORT: PLANTED,
      LOG_LEVEL: PLANTED,
      APPROVAL_KEY_FILE: "",
    });
    expect(faultsOf(run).toSorted()).toEqual([
      "APPROVAL_KEY_FILE is not set",
      "DATABASE_URL must start with postgres:// or postgresql://",
      "HEALTH_PORT has a value that does not fit",
      "LOG_LEVEL has a value that does not fit",
      "SLACK_BOT_TOKEN must start with xoxb-",
      "VAULT_GATE_SECRET_ID is not set",
    ]);
  });

  it.each([
    ["YAML that is cut off", `approvals: [${PLANTED}, "`, /line 1: /],
    ["a key file by mistake", `-----BEGIN PRIVATE KEY-----\n${PLANTED}: "\n`, /is not YAML/],
    ["an alias that is not there", `approvals: *${PLANTED}\n`, /alias/],
    ["rules with a wrong kind and an unknown word", `targets: ${PLANTED}\ninstalation: x\n`, /instalation.*targets/s],
  ])("says where %s is wrong, and quotes none of it", async (_what, text, expected) => {
    const file = join(folder, "wrong.yaml");
    await writeFile(file, text);
    const run = await startWith("bot", { GLOVEBOX_RULES: file });
    faultsOf(run);
    expect(run.stderr).toMatch(expected);
  });

  it("wants it said that one process may both approve and move", async () => {
    expect(faultsOf(await startWith("all", {}))).toEqual([expect.stringContaining("`separation: off`")]);
  });
});

describe("start with wrong credentials or unreachable servers", () => {
  it("names every wrong credential of a bot together", async () => {
    const run = await startWith("bot", {
      DATABASE_URL: wrongPassword(),
      VAULT_GATE_SECRET_ID: PLANTED,
      VAULT_CATALOG_ROLE_ID: PLANTED,
      SLACK_BOT_TOKEN: `xoxb-${PLANTED}`,
      SLACK_APP_TOKEN: `xapp-${PLANTED}`,
      INTAKE_DLQ_URL: `${world.stack.aws.endpointUrl}/123456789012/${PLANTED}`,
      APPROVAL_KEY_FILE: keyFile("digest.key"),
      RECEIPT_PUBLIC_KEY_FILES: keyFile("absent.pub"),
    });
    expect(faultsOf(run)).toEqual([
      "DATABASE_URL: Postgres can't be used: it refuses the user or the password",
      "VAULT_CATALOG_ROLE_ID, VAULT_CATALOG_SECRET_ID: Vault refuses this login",
      "VAULT_GATE_ROLE_ID, VAULT_GATE_SECRET_ID: Vault refuses this login",
      "INTAKE_DLQ_URL: the dead-letter queue can't be used: there is no such queue",
      "SLACK_BOT_TOKEN, SLACK_API_URL: Slack does not take it (invalid_auth)",
      "SLACK_APP_TOKEN, SLACK_API_URL: Slack opens no connection for it (invalid_auth)",
      expect.stringMatching(/^APPROVAL_KEY_FILE names .*digest\.key, which holds no such key/),
      expect.stringMatching(/^RECEIPT_PUBLIC_KEY_FILES names .*absent\.pub, which can't be read/),
    ]);
  });

  it("names every wrong credential and key of a worker together", async () => {
    const empty = join(folder, "empty.key");
    await writeFile(empty, PLANTED);
    const run = await startWith("worker", {
      VAULT_ADMIN_SECRET_ID: PLANTED,
      REDIS_URL: inject("stack").redis.url.replace("127.0.0.1", `${PLANTED}.invalid`),
      DIGEST_KEY_FILE: empty,
      RECEIPT_KEY_FILE: keyFile("receipt.pub"),
      APPROVAL_PUBLIC_KEY_FILES: empty,
    });
    expect(faultsOf(run)).toEqual([
      expect.stringMatching(/^REDIS_URL: Redis can't be used: (there is no such host|the host's name can't)/),
      "VAULT_ADMIN_ROLE_ID, VAULT_ADMIN_SECRET_ID: Vault refuses this login",
      expect.stringContaining("APPROVAL_PUBLIC_KEY_FILES names a file that holds no Ed25519 public key"),
      expect.stringContaining("RECEIPT_KEY_FILE names"),
      expect.stringContaining("DIGEST_KEY_FILE: "),
    ]);
  });

  it("names every server that is not there together, each once", async () => {
    const run = await startWith("bot", {
      DATABASE_URL: dead("postgres", `/${PLANTED}`),
      REDIS_URL: dead("redis"),
      VAULT_ADDR: dead("http"),
      AWS_ENDPOINT_URL: dead("http"),
      SLACK_API_URL: dead("http", "/api/"),
    });
    expect(faultsOf(run)).toEqual([
      "DATABASE_URL: Postgres can't be used: nothing listens there",
      "REDIS_URL: Redis can't be used: nothing listens there",
      "VAULT_ADDR: Vault does not answer there",
      "INTAKE_QUEUE_URL: the intake queue can't be used: nothing listens there",
      "INTAKE_DLQ_URL: the dead-letter queue can't be used: nothing listens there",
      expect.stringMatching(/^SLACK_BOT_TOKEN, SLACK_API_URL: Slack does not take it \(/),
      expect.stringMatching(/^SLACK_APP_TOKEN, SLACK_API_URL: Slack opens no connection for it \(/),
    ]);
  });

  it("does not wait for ever on servers that take a connection and say nothing", async () => {
    const silent = createServer(() => {});
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    const { port } = silent.address() as { port: number };
    const run = await startWith("bot", {
      DATABASE_URL: `postgres://127.0.0.1:${port}/x`,
      REDIS_URL: `redis://127.0.0.1:${port}`,
      VAULT_ADDR: `http://127.0.0.1:${port}`,
      AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
      SLACK_API_URL: `http://127.0.0.1:${port}/api/`,
    });
    silent.close();
    const named = faultsOf(run).map((fault) => /^[A-Z_]+/.exec(fault)?.[0]);
    expect(named).toEqual([
      ...["DATABASE_URL", "REDIS_URL", "VAULT_ADDR", "INTAKE_QUEUE_URL", "INTAKE_DLQ_URL"],
      ...["SLACK_BOT_TOKEN", "SLACK_APP_TOKEN"],
    ]);
  });

  it("names HEALTH_PORT when the port is taken, and ends although the rest was up", async () => {
    const port = new URL(world.running.bot?.healthUrl ?? "").port;
    const run = await startWith("worker", { HEALTH_PORT: port, LOG_LEVEL: "error" });
    expect(faultsOf(run)).toEqual([expect.stringContaining(`HEALTH_PORT: ${port} can't be listened on (EADDRINUSE)`)]);
  });
});

describe("commands that need only the database", () => {
  it.each([["what", "secret/a"], ["status"], ["pause", "--reason", "x"], ["export"]])(
    "%s says which variable to look at",
    async (...args) => {
      const run = await runCli(args, { DATABASE_URL: wrongPassword() });
      expect(faultsOf(run)).toEqual(["DATABASE_URL: Postgres can't be used: it refuses the user or the password"]);
    },
  );

  it("says that a database is empty, and what fills it", async () => {
    const url = await world.stack.postgres.createDatabase("never_started");
    expect(faultsOf(await runCli(["status"], { DATABASE_URL: url }))).toEqual([
      expect.stringContaining("no tables of ours yet"),
    ]);
  });
});
