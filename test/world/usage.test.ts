import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { PracticeWorld } from "../../dev/practice-world.ts";
import { FRIENDLY } from "../../dev/seed/generate-estate.ts";
import { ownWorld } from "./own-world.ts";
import { runCli } from "./run-cli.ts";

const FRIENDLY_PATH = `${FRIENDLY.mount}/${FRIENDLY.path}`;
const WAIT_MS = 20_000;

let world: PracticeWorld;
beforeAll(async () => {
  world = await ownWorld({ secrets: 60, pastDays: 6 });
});
afterAll(async () => {
  await world?.stop();
});

interface HotPath {
  readonly fullPath: string;
  readonly readCount: number;
}
const usage = (...args: string[]) => runCli(["usage", ...args], world.envOf("bot"));
const usageJson = async <T>(...args: string[]): Promise<T> => JSON.parse((await usage(...args, "--json")).stdout) as T;
const readsOf = async (path: string): Promise<number> =>
  (await usageJson<{ paths: HotPath[] }>("hot", "--limit", "1000")).paths.find(({ fullPath }) => fullPath === path)
    ?.readCount ?? 0;

describe("usage in a running world", () => {
  it("has the invented past, and counts what is read now as Vault logs it", async () => {
    expect(await readsOf(FRIENDLY_PATH)).toBeGreaterThanOrEqual(240);
    const before = await readsOf(FRIENDLY_PATH);
    const { address, rootToken } = world.stack.vault;
    const url = `${address}/v1/${FRIENDLY.mount}/data/${FRIENDLY.path}`;
    for (let time = 0; time < 3; time++) await fetch(url, { headers: { "x-vault-token": rootToken } });
    for (const deadline = Date.now() + WAIT_MS; Date.now() < deadline; await delay(200)) {
      if ((await readsOf(FRIENDLY_PATH)) >= before + 3) break;
    }
    expect(await readsOf(FRIENDLY_PATH)).toBe(before + 3);
  });

  it("answers at a terminal what is hot, unused and left behind, and what it rests on", async () => {
    const hot = await usage("hot", "--limit", "3");
    expect(hot).toMatchObject({ code: 0, stdout: expect.stringContaining(FRIENDLY_PATH) });
    expect(hot.stdout).toContain("Vault's audit log is read from");
    const unused = await usage("unused", "--since", "2020-01-01");
    expect(unused.stdout).toContain("Before that nothing is known");
    expect(unused.stdout).not.toContain(FRIENDLY_PATH);
    expect((await usage("stragglers")).stdout).toContain("Nobody reads what was moved from Vault any more.");
    const status = await usage("status");
    expect(status.stdout).toContain(world.stack.vault.auditLogPath);
    expect(status.stdout).toContain("past.log.gz");
  });

  it("imports a log once, names what it can't read, and goes on with the others", async () => {
    const { auditLogPath } = world.stack.vault;
    const missing = `${auditLogPath}.gone`;
    const outcome = await usage("import", missing, `${world.runDir}/past.log.gz`);
    expect(outcome).toMatchObject({ code: 1 });
    expect(outcome.stdout).toContain(`${missing}: There is no such file.`);
    expect(outcome.stdout).toContain("nothing new, it was read before");
    const json = await usageJson<{ files: { code: string | null; count: { countedCount: number } | null }[] }>(
      "import",
      missing,
      `${world.runDir}/past.log.gz`,
    );
    expect(json.files).toMatchObject([
      { code: "ENOENT", count: null },
      { code: null, count: { countedCount: 0 } },
    ]);
  });

  it.each([
    [["unused", "--since", "yesterday"], "--since takes a date"],
    [["hot", "--limit", "0"], "--limit takes 1 to 10000"],
    [["stragglers", "--offset", "-1"], "--offset 0 or more"],
  ])("refuses %j in words", async (args, words) => {
    expect(await usage(...args)).toMatchObject({ code: 1, stdout: expect.stringContaining(words) });
  });
});
