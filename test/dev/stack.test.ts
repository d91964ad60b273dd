import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { z } from "zod";
import { healLeftovers } from "../../dev/processes/leftovers.ts";
import { identityOf, isAlive, type ProcessIdentity } from "../../dev/processes/process-identity.ts";
import { type StackStep, startStack } from "../../dev/stack.ts";
import { startVault } from "../../dev/vault/start-vault.ts";
import { killHard, runFixture } from "./run-fixture.ts";

const Pids = z.object({ processes: z.array(z.object({ name: z.string(), pid: z.number(), startedAt: z.string() })) });

function newRunDir(): string {
  const runDir = mkdtempSync(join(tmpdir(), "glovebox-stack-"));
  onTestFinished(() => rmSync(runDir, { recursive: true, force: true }));
  return runDir;
}
function recorded(runDir: string): (ProcessIdentity & { name: string })[] {
  return Pids.parse(JSON.parse(readFileSync(join(runDir, "pids.json"), "utf8"))).processes;
}

describe("startStack", () => {
  it("starts every server, says so without passwords, tells Glovebox where they are, and stops them all", async () => {
    const runDir = newRunDir();
    const steps: StackStep[] = [];
    const stack = await startStack({ runDir, environment: {}, report: (step) => steps.push(step) });
    onTestFinished(stack.stop);
    expect(steps.map(({ service }) => service).sort()).toEqual(["aws", "postgres", "redis", "vault"]);
    for (const url of [stack.postgres.url, stack.redis.url]) {
      expect(JSON.stringify(steps)).not.toContain(new URL(url).password);
    }
    expect(stack.env).toMatchObject({
      VAULT_ADDR: stack.vault.address,
      AWS_ENDPOINT_URL: stack.aws.endpointUrl,
      DATABASE_URL: stack.postgres.url,
      REDIS_URL: stack.redis.url,
    });
    const started = recorded(runDir);
    expect(started.map(({ name }) => name).sort()).toEqual(["Postgres", "Redis", "Vault", "moto"]);
    await stack.stop();
    expect(started.filter(isAlive)).toEqual([]);
    expect(existsSync(join(runDir, "pids.json"))).toBe(false);
  });

  it("uses a service that the environment gives, and does not stop it", async () => {
    const runDir = newRunDir();
    const own = await startVault({ logTo: join(runDir, "own.log") });
    onTestFinished(own.stop);
    const environment = { VAULT_ADDR: own.address, VAULT_TOKEN: own.rootToken };
    const stack = await startStack({ runDir, only: ["vault"], environment });
    expect(stack.vault).toMatchObject({ address: own.address, rootToken: own.rootToken, isGiven: true });
    await stack.stop();
    expect((await fetch(`${own.address}/v1/sys/health`)).status).toBe(200);
  });

  it("names every given service that does not answer, and leaves nothing running", async () => {
    const runDir = newRunDir();
    const environment = {
      VAULT_ADDR: "http://127.0.0.1:1",
      DATABASE_URL: "postgresql://me:hidden-word@127.0.0.1:1/db",
    };
    const failing = startStack({ runDir, only: ["vault", "postgres", "redis"], environment });
    await expect(failing).rejects.toThrow(/VAULT_ADDR[\s\S]*DATABASE_URL/);
    await expect(failing).rejects.not.toThrow(/hidden-word/);
    expect(existsSync(join(runDir, "pids.json"))).toBe(false);
  });
});

describe("what a killed run leaves", () => {
  it("ends by itself: a guard outlives the run", async () => {
    const runDir = newRunDir();
    const { child } = await runFixture("stack-fixture.ts", runDir);
    const left = recorded(runDir);
    expect(left.filter(isAlive)).toHaveLength(2);
    await killHard(child);
    await expect.poll(() => left.filter(isAlive), { timeout: 10_000 }).toEqual([]);
  });

  it("is ended by the next start when the guard was killed too", async () => {
    const runDir = newRunDir();
    const { child, said } = await runFixture("stack-fixture.ts", runDir);
    const left = recorded(runDir);
    process.kill(z.object({ guardPid: z.number() }).parse(said).guardPid, "SIGKILL");
    await killHard(child);
    expect(left.filter(isAlive)).toHaveLength(2);
    expect((await healLeftovers(runDir)).sort()).toEqual(["Redis", "Vault"]);
    expect(left.filter(isAlive)).toEqual([]);
  });

  it("is left alone while its run lives", async () => {
    const runDir = newRunDir();
    await runFixture("stack-fixture.ts", runDir);
    await expect(startStack({ runDir, only: ["redis"], environment: {} })).rejects.toThrow(/Another run/);
    expect(recorded(runDir).filter(isAlive)).toHaveLength(2);
  });

  it.each([
    ["another process has got its number", { startedAt: "1" }],
    ["another program runs under its number", { command: "vault-server" }],
  ])("is not ended when %s", async (_because, changed) => {
    const runDir = newRunDir();
    const stranger = spawn("sleep", ["60"]);
    onTestFinished(() => void stranger.kill());
    const noted = { name: "Vault", command: "sleep", ...identityOf(stranger.pid ?? 0), ...changed };
    const owner = { pid: 4_000_000, startedAt: "1" };
    writeFileSync(join(runDir, "pids.json"), JSON.stringify({ owner, processes: [noted] }));
    expect(await healLeftovers(runDir)).toEqual([]);
    expect(isAlive(identityOf(stranger.pid ?? 0))).toBe(true);
  });
});
